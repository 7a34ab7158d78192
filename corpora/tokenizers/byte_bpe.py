"""Byte-level BPE in the style of Qwen2, and the same tokenizer as a tiktoken rank file.

Theory: text is put in NFC, split by a pattern, turned into UTF-8, and neighbouring pieces of a
chunk are merged, the pair that was learned first going first. The 256 bytes are ids 0 to 255, in
the order of the characters that GPT-2 prints them as, so id 0 is the byte `!` and not the byte 0.
An entry's id is the order in which it was learned, which is why a rank file needs no merges:
tiktoken merges whatever pair makes the entry with the least rank.

Origin: GPT-2 (byte-level BPE), Qwen2 (NFC and this pattern), tiktoken (ranks instead of merges).
Where it is wrong: `tokenizers` has NFC tables of an old Unicode, so tiktoken after Python's NFC
differs on characters that came later; tiktoken has no notion of lstrip, rstrip, single_word or
normalized, so its special tokens agree only where those flags make no difference.
"""

import base64
import json

from added import HOSTILE, add_hostile, folder
from tokenizers import (
    Regex,
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)

PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}|"
    r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
BOS = "<|endoftext|>"


def byte_of_character() -> dict[str, int]:
    """GPT-2's disguise: printable bytes stand for themselves, the others for U+0100 and up."""
    plain = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in plain]
    characters = [chr(byte) for byte in plain] + [chr(256 + row) for row in range(len(others))]
    return dict(zip(characters, plain + others, strict=True))


def trained(text: list[str], size: int) -> Tokenizer:
    """A byte-level BPE of `size` entries; no added tokens, no post-processor."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PATTERN), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(text, trainer)
    if tokenizer.get_vocab_size() != size:
        message = f"the text gives {tokenizer.get_vocab_size()} entries, {size} are wanted"
        raise ValueError(message)
    return tokenizer


def ranks(tokenizer: Tokenizer) -> bytes:
    """The model's entries as tiktoken writes them: base64 of the bytes, a space, the rank."""
    byte_of = byte_of_character()
    entries = sorted(tokenizer.get_vocab(with_added_tokens=False).items(), key=lambda item: item[1])
    lines = (
        base64.b64encode(bytes(byte_of[character] for character in token)) + b" %d\n" % id
        for token, id in entries
    )
    return b"".join(lines)


def build(text: list[str], size: int, *, bos: bool) -> dict[str, bytes]:
    """The folder's files: file name -> contents.

    size: entries of the model; added tokens come after.
    bos: whether a template puts BOS before every text.
    """
    tokenizer = trained(text, size)
    ids = add_hostile(tokenizer)
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=not bos)
    if bos:
        template = processors.TemplateProcessing(
            single=f"{BOS} $A", pair=f"{BOS} $A $B:1", special_tokens=[(BOS, ids[BOS])]
        )
        tokenizer.post_processor = processors.Sequence([tokenizer.post_processor, template])
    companion = {
        "ranks": "ranks.tiktoken",
        "pattern": PATTERN,
        "special_tokens": {content: ids[content] for content, _ in HOSTILE},
        "normalization": "NFC",
        "bos": [ids[BOS]] if bos else [],
        "eos": [],
    }
    roles = {"eos_token": "<|im_end|>", "pad_token": "<|pad|>"}
    return {
        **folder(tokenizer, {"bos_token": BOS, **roles} if bos else roles),
        "ranks.tiktoken": ranks(tokenizer),
        "tiktoken.json": (json.dumps(companion, indent=2) + "\n").encode(),
    }
