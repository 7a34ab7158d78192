"""Llama and Qwen2 in two spellings: config.json with names of transformers, and GGUF's metadata.

Theory. Both formats hold the same matrices; they differ in the names, and for the architecture
`llama` in the order of the rows of queries and keys: llama.cpp turns neighbouring numbers by RoPE's
angles, transformers the two halves of a head, so each head's rows are interleaved there. `qwen2` in
llama.cpp turns halves too. Origin: llama.cpp's `convert_hf_to_gguf.py` and its `llama-model.cpp`.
Where this is narrower: scaled RoPE, sliding windows, biases of a Llama and mixtures of experts are
refused by name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from struct import pack
from typing import Any, Final, NamedTuple

from parity.errors import Refused
from parity.gguf_vocabulary import PREFIX

CLASSES: Final = {"llama": "LlamaForCausalLM", "qwen2": "Qwen2ForCausalLM"}
KNOWN: Final = "only llama and qwen2 are converted"
INSTEAD: Final = "give it to an engine that reads it as it is"
COUNTS: Final = {
    "context_length": "max_position_embeddings",
    "embedding_length": "hidden_size",
    "block_count": "num_hidden_layers",
    "feed_forward_length": "intermediate_size",
    "attention.head_count": "num_attention_heads",
    "attention.head_count_kv": "num_key_value_heads",
    "vocab_size": "vocab_size",
}
"""Whole numbers: GGUF's key, below the architecture's name, and that of config.json."""
EPSILON: Final = "attention.layer_norm_rms_epsilon"
BASE: Final = "rope.freq_base"
OUTSIDE: Final = {
    "token_embd": "model.embed_tokens",
    "output_norm": "model.norm",
    "output": "lm_head",
}
IN_A_LAYER: Final = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}


class Architecture(NamedTuple):
    """What both spellings say of a model. `tied`: the embeddings are the output's weights, too."""

    kind: str
    counts: Mapping[str, int]
    head: int
    epsilon: float
    base: float
    tied: bool

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the shape of each tensor, by transformers' names."""
        words, hidden = self.counts["vocab_size"], self.counts["hidden_size"]
        inner = self.counts["intermediate_size"]
        queries = self.counts["num_attention_heads"] * self.head
        keys = self.counts["num_key_value_heads"] * self.head
        found: dict[str, tuple[int, ...]] = {
            "model.embed_tokens.weight": (words, hidden),
            "model.norm.weight": (hidden,),
        }
        if not self.tied:
            found["lm_head.weight"] = (words, hidden)
        own = {
            "input_layernorm": (hidden,), "post_attention_layernorm": (hidden,),
            "self_attn.q_proj": (queries, hidden), "self_attn.k_proj": (keys, hidden),
            "self_attn.v_proj": (keys, hidden), "self_attn.o_proj": (hidden, queries),
            "mlp.gate_proj": (inner, hidden), "mlp.up_proj": (inner, hidden),
            "mlp.down_proj": (hidden, inner),
        }  # fmt: skip
        for layer in range(self.counts["num_hidden_layers"]):
            at = f"model.layers.{layer}"
            found |= {f"{at}.{name}.weight": shape for name, shape in own.items()}
            if self.kind == "qwen2":
                found |= {f"{at}.self_attn.{name}_proj.bias": (keys,) for name in "kv"}
                found[f"{at}.self_attn.q_proj.bias"] = (queries,)
        return found

    def heads_turned(self, name: str) -> int:
        """Return how many heads' rows lie in another order in GGUF: 0 where none do."""
        if self.kind != "llama":
            return 0
        heads = {"q_proj": "num_attention_heads", "k_proj": "num_key_value_heads"}
        return next((self.counts[key] for part, key in heads.items() if f".{part}." in name), 0)


def of_config(config: Mapping[str, Any]) -> Architecture:
    """Return what a config.json says. Raises Refused for what is not converted, with its name."""
    kind = str(config.get("model_type"))
    if kind not in CLASSES:
        raise Refused(f"the model_type is {kind!r}, and {KNOWN}; {INSTEAD}")
    rope = config.get("rope_parameters") or config.get("rope_scaling") or {}
    _refuse_others(config, rope)
    counts = {name: int(config[name]) for name in COUNTS.values() if config.get(name) is not None}
    counts.setdefault("num_key_value_heads", counts.get("num_attention_heads", 0))
    missing = sorted(set(COUNTS.values()) - set(counts))
    if missing:
        raise Refused(f"the config.json says no {', '.join(missing)}")
    return Architecture(
        kind,
        counts,
        int(config.get("head_dim") or counts["hidden_size"] // counts["num_attention_heads"]),
        float(config.get("rms_norm_eps", 1e-6)),
        float(config.get("rope_theta") or rope.get("rope_theta") or 10000.0),
        bool(config.get("tie_word_embeddings", False)),
    )


def _refuse_others(config: Mapping[str, Any], rope: Mapping[str, Any]) -> None:
    scaled = rope.get("rope_type", rope.get("type", "default"))
    found = {
        f"RoPE scaled as {scaled}": scaled != "default",
        f"the activation {config.get('hidden_act')}": config.get("hidden_act", "silu") != "silu",
        "a sliding window": bool(config.get("use_sliding_window")),
        "biases": bool(config.get("attention_bias") or config.get("mlp_bias")),
        "quantised weights": bool(config.get("quantization_config")),
    }
    for what, is_there in found.items():
        if is_there:
            raise Refused(f"it has {what}, which is not converted; {INSTEAD}")


def of_metadata(metadata: Mapping[str, Any], words: int, *, tied: bool) -> Architecture:
    """Return what a GGUF file's metadata says; `words` is the number of rows of its embeddings.

    Raises Refused for what is not converted, with its name.
    """
    kind = str(metadata.get("general.architecture"))
    if kind not in CLASSES:
        raise Refused(f"the architecture is {kind!r}, and {KNOWN}; {INSTEAD}")

    def value(key: str, default: Any = None) -> Any:
        found = metadata.get(f"{kind}.{key}", default)
        if found is None:
            raise Refused(f"the file says no {kind}.{key}")
        return found

    scaled = value("rope.scaling.type", "none")
    if scaled != "none" or value("expert_count", 0):
        what = f"RoPE scaled as {scaled}" if scaled != "none" else "experts"
        raise Refused(f"it has {what}, which is not converted; {INSTEAD}")
    defaults = {"vocab_size": words, "attention.head_count_kv": value("attention.head_count")}
    counts = {name: int(value(key, defaults.get(key))) for key, name in COUNTS.items()}
    counts["vocab_size"] = words
    head = value("attention.key_length", counts["hidden_size"] // counts["num_attention_heads"])
    epsilon, base = (shortest(value(key)) for key in (EPSILON, BASE))
    return Architecture(kind, counts, int(head), epsilon, base, tied)


def shortest(number: float) -> float:
    """Return the number with the fewest digits that is the same float32: what a config.json had.

    >>> shortest(9.999999747378752e-06)
    1e-05
    """
    wanted = pack("<f", number)
    tried = (float(f"{number:.{digits}g}") for digits in range(1, 10))
    return next(one for one in tried if pack("<f", one) == wanted)


def as_config(model: Architecture, metadata: Mapping[str, Any], dtype: str) -> dict[str, Any]:
    """Return the content of a config.json, with the special ids of a GGUF file's metadata."""
    return {
        "architectures": [CLASSES[model.kind]],
        "model_type": model.kind,
        **model.counts,
        "head_dim": model.head,
        "hidden_act": "silu",
        "rms_norm_eps": model.epsilon,
        "rope_theta": model.base,
        "tie_word_embeddings": model.tied,
        **special_ids(metadata),
        "dtype": dtype,
    }


def special_ids(metadata: Mapping[str, Any]) -> dict[str, int | None]:
    """Return the ids that begin, end and pad a text, by the names of config.json."""
    roles = {"bos": "bos", "eos": "eos", "padding": "pad"}
    return {
        f"{name}_token_id": metadata.get(f"{PREFIX}{role}_token_id") for role, name in roles.items()
    }


def as_metadata(model: Architecture) -> dict[str, Any]:
    """Return a GGUF file's metadata of the model, without its tokenizer, by full keys."""
    own: dict[str, Any] = {key: model.counts[name] for key, name in COUNTS.items()}
    own |= {EPSILON: model.epsilon, BASE: model.base, "rope.dimension_count": model.head}
    own |= {"attention.key_length": model.head, "attention.value_length": model.head}
    return {f"{model.kind}.{key}": value for key, value in own.items()}


def gguf_name(name: str) -> str:
    """Return what GGUF calls a tensor of transformers' name. Raises Refused.

    >>> gguf_name("model.layers.3.self_attn.q_proj.weight"), gguf_name("lm_head.weight")
    ('blk.3.attn_q.weight', 'output.weight')
    """
    return _renamed(name, r"model\.layers\.", "blk.", _turned(OUTSIDE), _turned(IN_A_LAYER))


def config_name(name: str) -> str:
    """Return what transformers calls a tensor of GGUF's name. Raises Refused.

    >>> config_name("blk.3.ffn_up.weight"), config_name("token_embd.weight")
    ('model.layers.3.mlp.up_proj.weight', 'model.embed_tokens.weight')
    """
    return _renamed(name, r"blk\.", "model.layers.", OUTSIDE, IN_A_LAYER)


def _turned(names: Mapping[str, str]) -> dict[str, str]:
    return {theirs: ours for ours, theirs in names.items()}


def _renamed(
    name: str, layers: str, made: str, outside: Mapping[str, str], inside: Mapping[str, str]
) -> str:
    found = re.fullmatch(rf"(?:{layers}(\d+)\.)?(.+)\.(weight|bias)", name)
    number, own, kind = found.groups() if found else (None, name, "")
    names = outside if number is None else inside
    if own not in names:
        raise Refused(f"there is a tensor {name!r}, which no Llama or Qwen2 has; {INSTEAD}")
    at = "" if number is None else f"{made}{number}."
    return f"{at}{names[own]}.{kind}"
