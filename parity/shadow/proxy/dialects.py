"""Which requests are compared: by method, path and type; and whether an answer could be another.

A request that draws its tokens has many right answers: only a greedy one is compared exactly. What
a server does by its defaults is not known here, so greedy is what the request says: temperature 0
and one completion; for Text Generation Inference, whose default is greedy, that nothing is drawn.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from parity.shadow.proxy.headers import Headers, media_type

OTHER: Final = "other"
"""Whatever is not compared."""
PATHS: Final[Mapping[str, str]] = {
    "/v1/completions": "complete",
    "/completion": "complete",
    "/completions": "complete",
    "/generate": "complete",
    "/generate_stream": "complete",
    "/v1/chat/completions": "chat",
    "/chat/completions": "chat",
    "/tokenize": "tokenize",
    "/v1/tokenize": "tokenize",
    "/chat_tokenize": "tokenize",
    "/detokenize": "detokenize",
    "/v1/detokenize": "detokenize",
    "/apply-template": "render",
}
"""The surface of each path of OpenAI, vLLM, SGLang, TGI and llama.cpp."""
SURFACES: Final = (*dict.fromkeys(PATHS.values()), OTHER)
DRAWING: Final = ("temperature", "top_k", "top_p", "typical_p")
"""What makes TGI draw, beside `do_sample`."""


def surface_of(method: str, path: str, headers: Headers) -> str:
    """Return the surface of a request: JSON that is posted to a path that is known, or OTHER."""
    kind = media_type(headers)
    is_json = kind == "application/json" or kind.endswith("+json")
    return PATHS.get(path, OTHER) if method == "POST" and is_json else OTHER


def is_greedy(surface: str, body: Mapping[str, Any]) -> bool:
    """Say whether a request has one right answer.

    >>> is_greedy("complete", {"prompt": "a", "temperature": 0})
    True
    >>> is_greedy("chat", {"messages": []}), is_greedy("complete", {"temperature": 0, "n": 2})
    (False, False)
    """
    if surface not in ("complete", "chat"):
        return True
    if "inputs" in body:
        return _draws_nothing(body.get("parameters") or {})
    sampling = body.get("sampling_params", body)
    rows = sampling if isinstance(sampling, list) else [sampling]
    return all(isinstance(row, Mapping) and _is_zero(row) for row in rows)


def _is_zero(row: Mapping[str, Any]) -> bool:
    one = all(row.get(name) in (None, 1) for name in ("n", "best_of"))
    temperature = row.get("temperature")
    return one and type(temperature) in (int, float) and temperature == 0


def _draws_nothing(parameters: Any) -> bool:
    if not isinstance(parameters, Mapping):
        return False
    drawn = any(parameters.get(name) is not None for name in DRAWING)
    return not parameters.get("do_sample") and not drawn and parameters.get("best_of") in (None, 1)
