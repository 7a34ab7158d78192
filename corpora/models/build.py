"""Builds the tiny model that is committed beside this file, or checks that it is ours.

    python corpora/models/build.py                     write tiny/ with the seed that was chosen
    python corpora/models/build.py --check             build again, compare every bit
    python corpora/models/build.py --seed 7 --into DIR another seed, elsewhere

A Qwen2 of two layers on the vocabulary of corpora/tokenizers/byte-bpe-600. It knows nothing; it is
there so that positions, masks, caches, batches and stops can be tested in no time. Its numbers are
of unit variance: embeddings N(0, 1), matrices N(0, 1 / fan-in), so that attention attends and the
logits are far apart. With the usual deviation of 0.02 most faults change nothing that one sees.
Norms differ from 1, and RoPE's base and the norms' epsilon from the usual ones, so that who ignores
them is seen.

No framework decides a bit: a number is the sum of 12 integers of 16 bits, from SHAKE-256 of the
seed and the tensor's name; the sum of 12 uniform numbers is all but normal, and is exact. Scaling
is one IEEE multiplication, and the file is written here. Licence: CC0-1.0.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
TINY: Final = HERE / "tiny"
TOKENIZER: Final = HERE.parent / "tokenizers" / "byte-bpe-600"
TOKENIZER_FILES: Final = ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja")
READ_AS_A_BYTE: Final = (b'"Caf\xc3\xa9"', b'"Cafe"')
"""An added token of that tokenizer, and what it is here: the decoder of tokenizers takes its last
letter for a byte, llama.cpp does not, and that is no difference between engines that complete."""
SEED: Final = 9
"""The best of 48 by search.py: the smallest margin, 5.1e-4, is 193 times the noise, 2.6e-6."""
VOCABULARY, HIDDEN, INNER, LAYERS = 620, 64, 128, 2
HEADS, KV_HEADS, HEAD = 4, 2, 16
SHARPNESS: Final = 1.0
"""What queries and keys are multiplied by, each."""
BIAS: Final = 0.125
"""The deviation of biases, and that of norms around 1: a power of two, as every factor here is but
the square root of a fan-in, which IEEE rounds in one way."""
CONFIG: Final = {
    "architectures": ["Qwen2ForCausalLM"],
    "model_type": "qwen2",
    "vocab_size": VOCABULARY,
    "hidden_size": HIDDEN,
    "intermediate_size": INNER,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": HEADS,
    "num_key_value_heads": KV_HEADS,
    "max_position_embeddings": 1024,
    "max_window_layers": LAYERS,
    "hidden_act": "silu",
    "rms_norm_eps": 2.0**-10,
    "rope_theta": 50000.0,
    "tie_word_embeddings": False,
    "use_sliding_window": False,
    "attention_dropout": 0.0,
    "bos_token_id": None,
    "eos_token_id": 602,
    "pad_token_id": 604,
    "dtype": "float32",
}
GENERATION: Final = {"do_sample": False, "eos_token_id": [602, 600], "pad_token_id": 604}
"""Both end a completion, as in Qwen2.5: llama.cpp takes both, by their spelling, for ends."""
Shape = tuple[int, ...]


def shapes() -> Iterator[tuple[str, Shape]]:
    """Yield each tensor's name and shape."""
    yield "model.embed_tokens.weight", (VOCABULARY, HIDDEN)
    yield "model.norm.weight", (HIDDEN,)
    yield "lm_head.weight", (VOCABULARY, HIDDEN)
    outputs = {"q": HEADS * HEAD, "k": KV_HEADS * HEAD, "v": KV_HEADS * HEAD}
    for layer in range(LAYERS):
        at = f"model.layers.{layer}"
        yield f"{at}.input_layernorm.weight", (HIDDEN,)
        yield f"{at}.post_attention_layernorm.weight", (HIDDEN,)
        for name, size in outputs.items():
            yield f"{at}.self_attn.{name}_proj.weight", (size, HIDDEN)
            yield f"{at}.self_attn.{name}_proj.bias", (size,)
        yield f"{at}.self_attn.o_proj.weight", (HIDDEN, HEADS * HEAD)
        yield f"{at}.mlp.gate_proj.weight", (INNER, HIDDEN)
        yield f"{at}.mlp.up_proj.weight", (INNER, HIDDEN)
        yield f"{at}.mlp.down_proj.weight", (HIDDEN, INNER)


def normal(text: str, count: int) -> list[float]:
    """Return numbers of variance 1 and mean 0, between -6 and 6, that only the text decides."""
    data = hashlib.shake_256(text.encode()).digest(24 * count)
    numbers = iter(struct.unpack(f"<{12 * count}H", data))
    return [(sum(twelve) - 12 * 65535 / 2) / 65536 for twelve in zip(*[numbers] * 12, strict=True)]


def tensor(seed: int, name: str, shape: Shape, sharpness: float = SHARPNESS) -> bytes:
    """Return a tensor's little-endian float32 numbers."""
    numbers = normal(f"tokparity tiny {seed} {name}", math.prod(shape))
    if "norm" in name:
        numbers = [1 + BIAS * number for number in numbers]
    elif name.endswith("bias"):
        numbers = [BIAS * number for number in numbers]
    elif "embed" not in name:
        sharp = sharpness if ".q_proj." in name or ".k_proj." in name else 1.0
        scale = sharp / math.sqrt(shape[1])
        numbers = [scale * number for number in numbers]
    return struct.pack(f"<{len(numbers)}f", *numbers)


def safetensors(seed: int, sharpness: float = SHARPNESS) -> bytes:
    """Return the file of all tensors, by name."""
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    parts: list[bytes] = []
    end = 0
    for name, shape in sorted(shapes()):
        parts.append(tensor(seed, name, shape, sharpness))
        start, end = end, end + len(parts[-1])
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [start, end]}
    head = json.dumps(header, separators=(",", ":")).encode()
    head += b" " * (-len(head) % 8)
    return b"".join([struct.pack("<Q", len(head)), head, *parts])


def files(seed: int = SEED, sharpness: float = SHARPNESS) -> dict[str, bytes]:
    """Return the files of the folder."""
    return {
        "config.json": _json(CONFIG),
        "generation_config.json": _json(GENERATION),
        "model.safetensors": safetensors(seed, sharpness),
        **{
            name: (TOKENIZER / name).read_bytes().replace(*READ_AS_A_BYTE)
            for name in TOKENIZER_FILES
        },
    }


def _json(content: object) -> bytes:
    return (json.dumps(content, indent=2) + "\n").encode()


def write(folder: Path, made: dict[str, bytes]) -> None:
    """Write the files of a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in made.items():
        (folder / name).write_bytes(data)


def main(arguments: list[str] | None = None) -> int:
    """Exit status: 0, or 1 where --check found a difference."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--seed", type=int, default=SEED)
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--check", action="store_true", help="compare with the committed files")
    where.add_argument("--into", type=Path, metavar="DIR", default=TINY)
    options = parser.parse_args(arguments)

    made = files(options.seed)
    if options.check:
        there = {path.name: path.read_bytes() for path in TINY.iterdir()}
        found = [name for name in sorted({*made, *there}) if made.get(name) != there.get(name)]
        print("\n".join(f"differs: tiny/{name}" for name in found) or "same bits: tiny")
        return 1 if found else 0
    write(options.into, made)
    return 0


if __name__ == "__main__":
    sys.exit(main())
