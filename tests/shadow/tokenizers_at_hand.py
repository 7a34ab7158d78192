"""Tokenizers of each kind on one tiny vocabulary, fakes of them, and what comes of a call."""

import copy

import tiktoken
import tiktoken.load
import tokenizers
import transformers

from parity.artefact import read_json, resolve

FOLDER = resolve("tiny:byte-bpe-600")
TEXT = "Grüße, 世界! <|im_start|>user 🌶️"
CHAT = [{"role": "user", "content": "hello"}]


def raw(name="byte-bpe-600"):
    return tokenizers.Tokenizer.from_file(str(resolve(f"tiny:{name}") / "tokenizer.json"))


def fast(name="byte-bpe-600"):
    return transformers.AutoTokenizer.from_pretrained(str(resolve(f"tiny:{name}")))


def openai():
    config = read_json(FOLDER / "tiktoken.json")
    return tiktoken.Encoding(
        "tiny",
        pat_str=config["pattern"],
        mergeable_ranks=tiktoken.load.load_tiktoken_bpe(str(FOLDER / config["ranks"])),
        special_tokens=config["special_tokens"],
    )


MAKE = {"transformers": fast, "tokenizers": raw, "tiktoken": openai}


def came(thing, name, args, named):
    """The answer as text that shows its types, or the exception."""
    try:
        value = getattr(thing, name)(*copy.deepcopy(args), **named)
    except BaseException as error:  # noqa: BLE001
        return type(error), str(error)
    return type(value), shown(value)


def shown(value):
    if isinstance(value, tokenizers.Encoding):
        parts = ("ids", "offsets", "tokens", "attention_mask", "type_ids")
        return [getattr(value, part) for part in parts] + [shown(one) for one in value.overflowing]
    if isinstance(value, list):
        return [shown(one) for one in value]
    if isinstance(value, transformers.BatchEncoding):
        return {name: (type(part), repr(part)) for name, part in value.items()}
    return repr(value)


def answers(change):
    """A candidate whose every answer is changed."""

    class Fake:
        def __init__(self, inner):
            self.inner = inner

        def __getattr__(self, name):
            if name == "inner":
                raise AttributeError(name)
            found = getattr(self.inner, name)
            return (
                (lambda *args, **named: change(found(*args, **named))) if callable(found) else found
            )

        def __call__(self, *args, **named):
            return change(self.inner(*args, **named))

    return Fake


def drops_last_id(value):
    if isinstance(value, list):
        return value[:-1]
    if isinstance(value, tokenizers.Encoding):
        value.truncate(len(value) - 1)
    if isinstance(value, transformers.BatchEncoding):
        value["input_ids"] = value["input_ids"][:-1]
    return value[:-1] if isinstance(value, str | bytes) else value


def raw_cut():
    found = raw()
    found.enable_truncation(4)
    return found
