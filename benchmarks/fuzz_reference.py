"""The reference against tokenizers on many generated texts: ids, offsets, decoded text.

    python -m benchmarks.fuzz_reference 100000                     on the five tiny tokenizers
    python -m benchmarks.fuzz_reference 100000 asset:qwen          on others

Half of the texts are joined from pieces of the shipped corpus, half are characters: of all blocks,
of the borders between classes, and the tokenizer's own tokens. Each is read in one of the three
modes, and its ids are decoded; so are ids at random. Prints each difference (16 at most), exits
with 1 if there is one.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, Final

import tokenizers

from benchmarks import finish, say, texts
from parity import artefact, reference
from parity.types import SPECIALS

SHOWN: Final = 16
SURROGATES: Final = range(0xD800, 0xE000)
JOINTS: Final = (
    *(" ", "  ", "\n", "\r\n", "\t", "\u3000", "\x85", "\u200b", "\u200d", "\ufeff", "\u2581"),
    *(
        "e\u0301",
        "\u0301",
        "\u0323\u0307",
        "\u1100\u1161\u11a8",
        "\u0345",
        "\xdf",
        "\u0130",
        "\u017f",
    ),
    *(
        "'s",
        "'LL",
        "12",
        "3",
        "\xb2",
        "\u0663",
        "\u6f22",
        "\u30ab",
        "\uff76\uff9e",
        "\U0001f600\u200d",
    ),
    *("\U0001f1e9\U0001f1ea", "a", "A", "_", "-", ".", "<", ">", "##", "<0x41>", "</w>", "hello"),
    *("\u07fd", "\u32ff", "\U00011938", "\U0001fac9", "\u088f", "\u0897", "\u2028", "\x1c", "\x00"),
)
"""What stands on the borders of character classes, normal forms and Unicode versions."""


def characters(draw: random.Random, tokens: Sequence[str]) -> Iterator[str]:
    """Yield texts of single characters, joints and tokens without end."""
    while True:
        base = draw.randrange(0x110000 - 256)
        parts: list[str] = []
        for _ in range(draw.randint(0, 12)):
            kind = draw.random()
            if kind < 0.4:  # noqa: PLR2004 - two fifths
                parts.append(draw.choice(JOINTS))
            elif kind < 0.6:  # noqa: PLR2004 - one fifth
                parts.append(draw.choice(tokens))
            else:
                low = draw.choice((0, 0, base, draw.randrange(0x3000), draw.randrange(0x20000)))
                point = low + draw.randrange(256)
                parts.append("" if point in SURROGATES else chr(point))
        yield "".join(parts)


def differences(target: str, count: int, seed: int) -> Iterator[str]:
    """Yield what differs, one line each, of `count` texts on one tokenizer."""
    path, _ = artefact.tokenizer_json(target)
    rust, ours = tokenizers.Tokenizer.from_file(str(path)), reference.load(path)
    draw = random.Random(seed)  # noqa: S311 - texts, not secrets
    tokens = sorted(rust.get_vocab())
    made = characters(draw, tokens)
    shipped = texts(seed)
    for number in range(count):
        text = next(made) if number % 2 else next(shipped)
        mode = SPECIALS[draw.randrange(3)]
        yield from different(rust, ours, text, mode)
        ids = [draw.randrange(len(tokens)) for _ in range(draw.randint(0, 8))]
        yield from differently_decoded(rust, ours, ids)


def different(rust: Any, ours: reference.Tokenizer, text: str, mode: Any) -> Iterator[str]:
    """Yield what differs of one text."""
    rust.encode_special_tokens = mode == "plain"
    seen = rust.encode(text, add_special_tokens=mode == "template")
    found = ours.encode(text, mode)
    if (seen.ids, seen.offsets) != (found.ids, found.offsets):
        yield f"{mode} {text!a}: {seen.ids} {seen.offsets}, ours {found.ids} {found.offsets}"
    yield from differently_decoded(rust, ours, seen.ids)


def differently_decoded(rust: Any, ours: reference.Tokenizer, ids: list[int]) -> Iterator[str]:
    """Yield what differs of the text of some ids."""
    for skip in (True, False):
        if rust.decode(ids, skip_special_tokens=skip) != ours.decode(ids, skip):
            yield f"decode {ids} skip={skip}"


def main(count: int, targets: Sequence[str]) -> None:
    """Compare on each target; see the module."""
    found: dict[str, int] = {}
    for target in targets:
        lines = list(islice(differences(target, count, 20261122), SHOWN))
        for line in lines:
            say(f"{target}: {line}")
        found[target] = len(lines)
        say(f"{target}: {len(lines)} differences on {count} texts")
    finish("fuzz_reference", ["tokenizers", "regex"], texts=count, differences=found)
    sys.exit(any(found.values()))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:] or [f"tiny:{name}" for name in artefact.tiny()])
