"""Tokenizer.json files with components drawn at random: any that the format has, in any order."""

from __future__ import annotations

import json
from pathlib import Path

UNIGRAM = Path(__file__).parents[2] / "corpora" / "tokenizers" / "unigram" / "tokenizer.json"
CHARSMAP = json.loads(UNIGRAM.read_text("utf-8"))["normalizer"]["normalizers"][0][
    "precompiled_charsmap"
]
BEHAVIOURS = ("Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous")
SCHEMES = ("always", "first", "never")
STRINGS = (" ", "a", "--", "\u2581", "\xe9")
REGEXES = (
    *(r"\s+", r" {2,}", r"^", r"$", r"a*", r"\p{L}+|\p{N}", r".", r"\b", r"[^\w]"),
    r"(?i)HELLO|a\w",
)
SPECIAL = {
    "<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]},
    "</s>": {"id": "</s>", "ids": [2, 3], "tokens": ["</s>", "x"]},
}
BYTES = [f"<0x{byte:02X}>" for byte in range(256)]


class Drawn:
    """Draws components with a `random.Random`, of texts that it is given."""

    def __init__(self, draw, texts):
        self.draw = draw
        self.texts = texts

    def document(self):
        """A whole tokenizer.json."""
        return {
            "version": "1.0",
            "truncation": self.truncation(),
            "padding": self.padding(),
            "added_tokens": self.added_tokens(),
            "normalizer": self.component(self.normalizers()),
            "pre_tokenizer": self.component(self.pre_tokenizers()),
            "post_processor": self.component(self.post_processors()),
            "decoder": self.component(self.decoders()),
            "model": getattr(
                self, self.draw.choice(["bpe", "unigram", "word_piece", "word_level"])
            )(),
        }

    def text(self):
        """A text of up to eight of the given ones."""
        return "".join(self.draw.choice(self.texts) for _ in range(self.draw.randint(0, 8)))

    def flag(self):
        return self.draw.random() < 0.5

    def component(self, kinds, depth=0):
        """null, a component, or a Sequence of some; of `kinds` the last says how it is spelt."""
        *simple, items = kinds.items()
        kind = self.draw.choice(
            [*simple, *([items] if depth < 2 else []), *([None] * (depth == 0))]
        )
        if kind is None:
            return None
        if kind is not items:
            return {"type": kind[0], **{key: value() for key, value in kind[1].items()}}
        count = self.draw.randint(0, 3)
        return {
            "type": "Sequence",
            items[1]: [self.component(kinds, depth + 1) for _ in range(count)],
        }

    def one_of(self, *values):
        return lambda: self.draw.choice(values)

    def pattern(self):
        if self.flag():
            return {"String": self.draw.choice(STRINGS)}
        return {"Regex": self.draw.choice(REGEXES)}

    def normalizers(self):
        plain = ("NFC", "NFD", "NFKC", "NFKD", "Lowercase", "StripAccents", "Nmt", "ByteLevel")
        return {
            **{kind: {} for kind in plain},
            "Strip": {"strip_left": self.flag, "strip_right": self.flag},
            "Prepend": {"prepend": self.one_of("\u2581", "ab", "\xe9", " ")},
            "Replace": {"pattern": self.pattern, "content": self.one_of("\u2581", "", " ")},
            "Precompiled": {"precompiled_charsmap": lambda: CHARSMAP},
            "BertNormalizer": {
                "clean_text": self.flag,
                "handle_chinese_chars": self.flag,
                "strip_accents": self.one_of(None, True, False),
                "lowercase": self.flag,
            },
            "Sequence": "normalizers",
        }

    def byte_level(self):
        return dict.fromkeys(("add_prefix_space", "trim_offsets", "use_regex"), self.flag)

    def metaspace(self):
        return {
            "replacement": self.one_of("\u2581", "_"),
            "prepend_scheme": self.one_of(*SCHEMES),
            "split": self.flag,
        }

    def pre_tokenizers(self):
        behaviour = self.one_of(*BEHAVIOURS)
        return {
            **{kind: {} for kind in ("Whitespace", "WhitespaceSplit", "BertPreTokenizer")},
            "UnicodeScripts": {},
            "ByteLevel": self.byte_level(),
            "Metaspace": self.metaspace(),
            "Punctuation": {"behavior": behaviour},
            "Digits": {"individual_digits": self.flag},
            "Split": {"pattern": self.pattern, "behavior": behaviour, "invert": self.flag},
            "CharDelimiterSplit": {"delimiter": self.one_of(" ", "a", "\u6f22")},
            "FixedLength": {"length": lambda: self.draw.randint(1, 6)},
            "Sequence": "pretokenizers",
        }

    def decoders(self):
        return {
            "ByteFallback": {},
            "Fuse": {},
            "ByteLevel": self.byte_level(),
            "Metaspace": self.metaspace(),
            "WordPiece": {"prefix": lambda: "##", "cleanup": self.flag},
            "BPEDecoder": {"suffix": lambda: "</w>"},
            "CTC": {
                "pad_token": self.one_of("a", "<unk>"),
                "word_delimiter_token": lambda: "|",
                "cleanup": self.flag,
            },
            "Replace": {"pattern": self.pattern, "content": self.one_of("\u2581", "", " ")},
            "Strip": {
                "content": lambda: " ",
                "start": lambda: self.draw.randint(0, 2),
                "stop": lambda: self.draw.randint(0, 1),
            },
            "Sequence": "decoders",
        }

    def post_processors(self):
        ends = {"sep": lambda: ["s", 5], "cls": lambda: ["c", 6]}
        roberta = {**ends, "trim_offsets": self.flag, "add_prefix_space": self.flag}
        single = self.template()
        pair = [*single, {"Sequence": {"id": "B", "type_id": 1}}, *self.specials()]
        return {
            "BertProcessing": ends,
            "RobertaProcessing": roberta,
            "ByteLevel": self.byte_level(),
            "TemplateProcessing": {
                "single": lambda: single,
                "pair": lambda: pair,
                "special_tokens": lambda: SPECIAL,
            },
            "Sequence": "processors",
        }

    def template(self):
        text = {"Sequence": {"id": "A", "type_id": self.draw.randint(0, 1)}}
        return [*self.specials(), text, *self.specials()]

    def specials(self):
        return [
            {
                "SpecialToken": {
                    "id": self.draw.choice([*SPECIAL]),
                    "type_id": self.draw.randint(0, 2),
                }
            }
            for _ in range(self.draw.randint(0, 2))
        ]

    def added_tokens(self):
        flags = ("single_word", "lstrip", "rstrip", "normalized", "special")
        contents = self.draw.sample(self.texts, self.draw.randint(0, 4))
        return [
            {"id": 1_000_000, "content": content, **{flag: self.flag() for flag in flags}}
            for content in contents
        ]

    def truncation(self):
        if self.draw.random() < 0.7:
            return None
        return {
            "direction": self.draw.choice(["Right", "Left"]),
            "max_length": self.draw.randint(0, 12),
            "strategy": self.draw.choice(["LongestFirst", "OnlyFirst", "OnlySecond"]),
            "stride": self.draw.choice([0, 0, 1]),
        }

    def padding(self):
        if self.draw.random() < 0.8:
            return None
        return {
            "strategy": self.draw.choice(["BatchLongest", {"Fixed": self.draw.randint(0, 15)}]),
            "direction": self.draw.choice(["Right", "Left"]),
            "pad_to_multiple_of": self.draw.choice([None, 4]),
            "pad_id": 7,
            "pad_type_id": self.draw.randint(0, 2),
            "pad_token": "P",
        }

    def tokens(self, *first, prefix="", suffix=""):
        """Some characters and texts, each also behind the prefix, the former before the suffix."""
        chars = sorted(set("".join(self.texts)))
        share = self.draw.choice([0.5, 0.9, 1])
        found = [char for char in chars if self.draw.random() < share]
        found += [prefix + char for char in chars if prefix and self.draw.random() < share]
        found += [char + suffix for char in chars if suffix and self.draw.random() < share]
        for text in self.draw.sample(self.texts, 30):
            found += [text, prefix + text]
        self.draw.shuffle(found)
        return dict.fromkeys([*first, *found])

    def word_level(self):
        return {"type": "WordLevel", "unk_token": "?", "vocab": _numbered(self.tokens("?"))}

    def word_piece(self):
        return {
            "type": "WordPiece",
            "unk_token": "?",
            "continuing_subword_prefix": "##",
            "max_input_chars_per_word": self.draw.choice([5, 100]),
            "vocab": _numbered(self.tokens("?", prefix="##")),
        }

    def some_bytes(self):
        return BYTES if self.flag() else [byte for byte in BYTES if self.draw.random() < 0.9]

    def unigram(self):
        digits = self.draw.choice([0, 1, 12])
        tokens = self.tokens("<unk>", *self.some_bytes())
        return {
            "type": "Unigram",
            "unk_id": 0,
            "byte_fallback": self.flag(),
            "vocab": [[token, -round(self.draw.uniform(0, 12), digits)] for token in tokens],
        }

    def bpe(self):
        prefix, suffix = self.draw.choice(["", "", "##"]), self.draw.choice(["", "", "</w>"])
        tokens = self.tokens("<unk>", *self.some_bytes(), prefix=prefix, suffix=suffix)
        merges = []
        parts = [token for token in tokens if 0 < len(token) < 5]
        for _ in range(2000):
            left, right = self.draw.choice(parts), self.draw.choice(parts)
            joined = left + right.removeprefix(prefix)
            known = joined in tokens or self.draw.random() < 0.08
            if right.startswith(prefix) and len(joined) < 8 and known:
                tokens[joined] = None
                merges.append([left, right])
                parts.append(joined)
        return {
            "type": "BPE",
            "unk_token": self.draw.choice(["<unk>", None]),
            "fuse_unk": self.flag(),
            "byte_fallback": self.flag() and not prefix and not suffix,
            "ignore_merges": self.flag(),
            "continuing_subword_prefix": prefix or None,
            "end_of_word_suffix": suffix or None,
            "vocab": _numbered(tokens),
            "merges": merges,
            "dropout": None,
        }


def _numbered(tokens):
    return {token: id_ for id_, token in enumerate(tokens)}
