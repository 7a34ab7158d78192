"""Shapes of servers: what each engine is asked over HTTP and what it answers. One file a shape.

A shape is data and pure functions. `server` sends what one says and gives it what came, over
`client`; `address` is what a spec says of where it is. Those three need httpx2. `embedded` is for a
server that compiled code runs in this process.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from parity.servers import llama_cpp, openai, sglang, tgi, vllm
from parity.servers.completing import Completing
from parity.servers.llama_cpp import LLAMA_CPP
from parity.servers.sglang import SGLANG
from parity.servers.shape import Shape
from parity.servers.smg import SMG
from parity.servers.tgi import TGI
from parity.servers.vllm import VLLM

SHAPES: Final[Mapping[str, Shape]] = {
    shape.name: shape for shape in (SMG, SGLANG, VLLM, TGI, LLAMA_CPP)
}
"""By the name that a spec gives: shape=NAME."""


class Dialect(NamedTuple):
    """A shape of server, and how it completes prompts."""

    shape: Shape
    completing: Completing


DIALECTS: Final[Mapping[str, Dialect]] = {
    "vllm": Dialect(VLLM, vllm.COMPLETING),
    "sglang": Dialect(SGLANG, sglang.COMPLETING),
    "tgi": Dialect(TGI, tgi.COMPLETING),
    "llama-server": Dialect(LLAMA_CPP, llama_cpp.COMPLETING),
    "smg": Dialect(SMG, openai.COMPLETING._replace(takes_ids=False)),
    "openai": Dialect(openai.OPENAI, openai.COMPLETING),
}
"""By the name that a spec of a decoding engine gives: dialect=NAME."""
