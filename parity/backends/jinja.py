"""Jinja2 with a chat template, set up as transformers sets it up.

    jinja:models/qwen                     the folder's template
    jinja:template.jinja                  a template alone
    jinja:model.gguf                      the one in a GGUF file, with its special tokens
    jinja:style:chatml_tools_thinking     one of those that tokparity ships
    jinja:none                            for templates that bring their variables
    jinja:models/qwen,tojson=own,trim=no  Jinja2 as it comes: its `tojson` is for HTML

What is done to a conversation before is what transformers does; with `through=transformers` it does
it itself, by apply_chat_template. Each habit can be another: nulls, absent, arguments, content,
specials, keys, wrapper, reasoning, turn, continued, odd.
"""

from __future__ import annotations

from typing import Any

from parity import chat_template
from parity.backend import Backend
from parity.errors import BadSpec
from parity.renderers.shaping import TRANSFORMERS, Shaping, shaped
from parity.rendering import Renderer, switch


def make(
    target: str,
    trim: str = "yes",
    lstrip: str = "yes",
    tojson: str = "python",
    through: str = "jinja",
    **options: str,
) -> Backend:
    """Return the backend for a folder, a template file, style:NAME or none."""
    if tojson not in ("python", "own"):
        raise BadSpec(f"jinja: tojson is python or own, not {tojson!r}")
    settings: dict[str, Any] = {
        "trim": switch("trim", trim), "lstrip": switch("lstrip", lstrip), "tojson": tojson,
    }  # fmt: skip
    if through == "jinja":
        return Renderer("jinja", target, options, shaping=TRANSFORMERS, settings=settings)
    if through != "transformers":
        raise BadSpec(f"jinja: through is jinja or transformers, not {through!r}")
    if settings != {"trim": True, "lstrip": True, "tojson": "python"}:
        raise BadSpec("jinja: transformers sets trim, lstrip and tojson itself")
    folder = chat_template.tokenizer_folder(target)
    return _Transformers(
        "transformers", target, options, shaping=Shaping(), settings={"folder": folder}
    )


class _Transformers(Renderer):
    """transformers' apply_chat_template: what is done around the template is its own.

    Of a folder with a tokenizer, so are the template that wins and the special tokens.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        about = self.worker.about
        if about:
            self.chat = self.chat._replace(named=about["templates"], tokens=about["tokens"])

    def snippet(self, messages: Any, options: Any) -> dict[str, Any]:
        source = self.chat.source(tools=options.get("tools") is not None)
        shaping = TRANSFORMERS._replace(continued="tagged")
        return {
            "source": source, "variables": shaped(messages, options, self.chat.tokens, shaping)[0],
        }  # fmt: skip

    def shaped(self, messages: Any, options: Any) -> Any:
        named = {key: value for key, value in options.items() if key != "variables"}
        return {"messages": messages, **named, **options.get("variables", {})}, str
