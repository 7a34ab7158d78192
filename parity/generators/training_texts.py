"""Training cases: a few short texts of few letters, so that nearly every count is a tie.

Trainers of byte pairs part on ties, on runs of one letter and on what a pattern cuts; long texts of
many letters show none of that before a thousand merges.
"""

from __future__ import annotations

from typing import Final

from parity.grammar import Changed, Choose, Fields, Grammar, Many, OneOf, Pick
from parity.training import BYTES

LETTERS: Final = (
    ("ab", 4), ("abc", 3), ("aab ", 4), ("ab cd", 3), ("01 a", 2), ("aA'stl", 2), ("日本 語", 2),
    ("aé\u0301 ñ", 2), ("\U0001f469\u200d\U0001f4bb ", 1), ("a \n\t", 2), ("a!.\r\n", 2),
    ("\x00\x1c\x7f\x85 a", 1), ("مرحبا ١", 1), ("คำ ไทย", 1), ("\U00010940\U00011db0\u1c89a", 1),
)  # fmt: skip
"""What the texts of a case are made of, and how often."""
LONGEST: Final = 24
"""Letters of a text, at most."""
MERGES: Final = 16
"""Merges that are asked for, at most: sometimes more than there are."""


def grammar() -> Grammar:
    """Return training cases, each of one set of letters."""
    cases = [_of(letters) for letters, _ in LETTERS]
    return OneOf(cases, [often for _, often in LETTERS])


def _of(letters: str) -> Grammar:
    text = Pick(letters, 0, LONGEST)
    return Fields(
        {
            "texts": OneOf((Many(text, 1, 1), Many(text, 0, 4)), (1, 2)),
            "size": Changed(Choose(range(MERGES + 1)), lambda merges: BYTES + merges),
            "held_out": Many(text, 1, 2),
        },
        maybe=("held_out",),
    )
