"""What every tiny tokenizer has beside its model: hostile added tokens, a config, a chat template.

Each added token is one trap that bit somebody: one token inside another, stripping of the white
space around it, matching on normalised text, whole words only, a space within, letters that are not
ASCII. They take the ids right after the model's entries, in this order.

A token with normalized=true is itself normalised before it is looked for. So under NFKC (unigram)
the ligature's token takes every `fix`, also in `prefix`, and under BertNormalizer (wordpiece) the
other one takes every `cafe`, also in `decafe`.
"""

import json
from collections.abc import Mapping

from tokenizers import AddedToken, Tokenizer

SPECIAL = {"special": True, "normalized": False}
PLAIN = {"special": False, "normalized": False}
HOSTILE: tuple[tuple[str, Mapping[str, bool]], ...] = (
    ("<|endoftext|>", SPECIAL),
    ("<|im_start|>", SPECIAL),
    ("<|im_end|>", SPECIAL),
    ("<|im|>", SPECIAL),
    ("<|pad|>", SPECIAL),
    ("<tool_call>", PLAIN),
    ("</tool_call>", PLAIN),
    ("<think>", PLAIN),
    ("</think>", PLAIN),
    ("<mask>", {**SPECIAL, "lstrip": True}),
    ("<sep>", {**SPECIAL, "rstrip": True}),
    ("<both>", {**SPECIAL, "lstrip": True, "rstrip": True}),
    ("Kleene", {**PLAIN, "single_word": True}),
    ("\ufb01x", {**PLAIN, "normalized": True}),  # the ligature fi: NFKC undoes it, NFC does not
    ("<a b>", PLAIN),
    ("<|\u6d4b\u8bd5|>", SPECIAL),
    ("my_token_1", PLAIN),
    ("my_token_12", PLAIN),
    ("my_token_123", PLAIN),
    ("Caf\u00e9", {**PLAIN, "normalized": True}),  # must also match e + U+0301 under NFC
)

CHAT_TEMPLATE = """\
{%- if tools %}
{{- '<|im_start|>system\\n' }}
{%- if messages[0].role == 'system' %}{{- messages[0].content + '\\n\\n' }}{% endif %}
{{- 'You may call these functions:' }}
{%- for tool in tools %}{{- '\\n' + tool | tojson }}{% endfor %}
{{- '\\nTo call one, answer with <tool_call>{"name": ..., "arguments": ...}</tool_call>' }}
{{- '<|im_end|>\\n' }}
{%- endif %}
{%- for message in messages %}
{%- if not (tools and loop.first and message.role == 'system') %}
{{- '<|im_start|>' + message.role + '\\n' }}
{%- if message.content %}{{- message.content }}{% endif %}
{%- for call in message.tool_calls or [] %}
{%- set function = call.function or call %}
{{- '<tool_call>{"name": "' + function.name + '", "arguments": ' }}
{{- function.arguments | tojson }}
{{- '}</tool_call>' }}
{%- endfor %}
{{- '<|im_end|>\\n' }}
{%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
{{- '<|im_start|>assistant\\n' }}
{%- endif %}
"""


def add_hostile(tokenizer: Tokenizer) -> dict[str, int]:
    """Adds HOSTILE after the model's entries; returns content -> id.

    Raises ValueError where the model already has an entry of that spelling, because the token
    would then take that entry's id.
    """
    first = tokenizer.get_vocab_size(with_added_tokens=False)
    tokenizer.add_tokens([AddedToken(content, **flags) for content, flags in HOSTILE])
    ids = {content: first + row for row, (content, _) in enumerate(HOSTILE)}
    for content, id in ids.items():
        if tokenizer.token_to_id(content) != id:
            message = f"{content!a} got the id {tokenizer.token_to_id(content)}, expected {id}"
            raise ValueError(message)
    return ids


def folder(tokenizer: Tokenizer, roles: Mapping[str, str]) -> dict[str, bytes]:
    """The files that Hugging Face's loaders read: file name -> contents.

    roles: what tokenizer_config.json says besides, e.g. `eos_token`.
    """
    config = {
        # This class takes tokenizer.json as it is; a model's own class would rebuild the pipeline.
        "tokenizer_class": "PreTrainedTokenizerFast",
        **roles,
        "model_max_length": 2048,
        "clean_up_tokenization_spaces": False,
    }
    return {
        "tokenizer.json": tokenizer.to_str(pretty=False).encode(),
        "tokenizer_config.json": (json.dumps(config, indent=2) + "\n").encode(),
        "chat_template.jinja": CHAT_TEMPLATE.encode(),
    }
