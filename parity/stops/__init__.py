"""Stop decoders, each under the name of the engine that it comes from.

One file an algorithm; this folder is the registry. The first line of a file says what it does, its
class says by which tie rule (`tie`) and what it counts when it holds text back (`unit`).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from parity.stops.llama_cpp import LlamaCpp
from parity.stops.llm_tokenizer import LLMTokenizer
from parity.stops.llm_tokenizer_2025_10 import LLMTokenizer202510
from parity.stops.minisgl import Minisgl
from parity.stops.sglang import SGLang
from parity.stops.stop_decoder import StopDecoder, run_stops
from parity.stops.tgi import TGI
from parity.stops.vllm import VLLM, VLLMListOrder

__all__ = ["STOP_DECODERS", "run_stops"]

STOP_DECODERS: Final[Mapping[str, type[StopDecoder]]] = MappingProxyType(
    {
        "llm_tokenizer": LLMTokenizer,
        "llm_tokenizer_2025_10": LLMTokenizer202510,
        "vllm": VLLM,
        "vllm_list_order": VLLMListOrder,
        "sglang": SGLang,
        "tgi": TGI,
        "llama_cpp": LlamaCpp,
        "minisgl": Minisgl,
    }
)
"""Name -> what makes a stop decoder of it (`stop_decoder.Make`)."""
