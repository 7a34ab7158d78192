"""Small models for tests: a Llama and a Qwen2 in folders, of numbers that look like none."""

from __future__ import annotations

import json
import math
import shutil
import struct
import sys

from parity.artefact import shipped

TINY = shipped() / "models" / "tiny"
sys.path.insert(0, str(TINY.parent))
import build  # noqa: E402 (the builder that is shipped)

LLAMA = {
    "architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": 640,
    "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2, "head_dim": 8, "max_position_embeddings": 128, "hidden_act": "silu",
    "rms_norm_eps": 1e-5, "rope_theta": 20000.0, "tie_word_embeddings": True, "eos_token_id": 602,
    "dtype": "float32",
}  # fmt: skip
TOKENIZER = ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja")


def llama(folder, **changes):
    """A Llama with grouped heads, tied embeddings, and more embeddings than tokens."""
    from parity.decoding.architectures import of_config

    config = {**LLAMA, **changes}
    shapes = of_config({**LLAMA, **{key: changes[key] for key in changes if key in LLAMA}}).shapes()
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "model.safetensors").write_bytes(packed(shapes))
    for name in TOKENIZER:
        shutil.copyfile(TINY / name, folder / name)
    return folder


def packed(shapes):
    """A safetensors file of drawn numbers, in the order that they are named."""
    header, parts, end = {"__metadata__": {"format": "pt"}}, [], 0
    for name, shape in shapes.items():
        count = math.prod(shape)
        numbers = [number / math.sqrt(shape[-1]) for number in build.normal(name, count)]
        parts.append(struct.pack(f"<{count}f", *numbers))
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [end, end + 4 * count]}
        end += 4 * count
    head = json.dumps(header).encode()
    return struct.pack("<Q", len(head)) + head + b"".join(parts)


def copied(source, folder):
    """A copy of a folder, to be changed."""
    shutil.copytree(source, folder)
    return folder


def cut(path, keep):
    """A file with only its first bytes left."""
    path.write_bytes(path.read_bytes()[:keep])
