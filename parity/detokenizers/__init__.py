"""Streaming detokenizers, each under the name of the engine that it comes from.

One file an algorithm; this folder is the registry. The first line of a file says what it does.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from parity.detokenizers.decode_stream import DecodeStream
from parity.detokenizers.detokenizer import Detokenizer
from parity.detokenizers.llama_cpp import LlamaCpp
from parity.detokenizers.llm_tokenizer_sequence import LLMTokenizerSequence
from parity.detokenizers.llm_tokenizer_stream import LLMTokenizerStream
from parity.detokenizers.minisgl import Minisgl
from parity.detokenizers.redecode import Redecode
from parity.detokenizers.sglang import SGLang
from parity.detokenizers.text_streamer import TextStreamer
from parity.detokenizers.tgi import TGI
from parity.detokenizers.vllm import VLLM, VLLMSuffix
from parity.detokenizers.vllm_slow import VLLMSlow

DETOKENIZERS: Final[Mapping[str, type[Detokenizer]]] = MappingProxyType(
    {
        "redecode": Redecode,
        "minisgl": Minisgl,
        "sglang": SGLang,
        "decode_stream": DecodeStream,
        "vllm": VLLM,
        "vllm_suffix": VLLMSuffix,
        "vllm_slow": VLLMSlow,
        "tgi": TGI,
        "text_streamer": TextStreamer,
        "llm_tokenizer_stream": LLMTokenizerStream,
        "llm_tokenizer_sequence": LLMTokenizerSequence,
        "llama_cpp": LlamaCpp,
    }
)
"""Name -> what makes a stream of it (`detokenizer.Make`)."""


def summary(name: str) -> str:
    """Return what an algorithm does: its module's first line, its class's where two share one.

    >>> summary("redecode")
    'The oracle: decode all ids so far, every time, and send what cannot change any more.'
    """
    made = DETOKENIZERS[name]
    module = sys.modules[made.__module__]
    alone = [other.__module__ for other in DETOKENIZERS.values()].count(made.__module__) == 1
    return _first_line(module.__doc__ if alone else made.__doc__)


def _first_line(text: str | None) -> str:
    return (text or "").partition("\n")[0]
