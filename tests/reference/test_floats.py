"""Decimals as tokenizers reads them, to the last bit."""

import json
import random

import tokenizers

from parity import reference
from parity.reference.floats import read_float


def unigram(scores):
    """A tokenizer.json whose scores are spelt as given: json.dumps would spell them anew."""
    vocab = ",".join(f"[{json.dumps(token)},{score}]" for token, score in scores.items())
    return f'{{"version":"1.0","model":{{"type":"Unigram","unk_id":0,"vocab":[{vocab}]}}}}'


def literals():
    """Decimals of all lengths and sizes, the same ones every time."""
    draw = random.Random(20261124)  # noqa: S311 (numbers, not secrets)
    for _ in range(5_000):
        whole, digits = draw.getrandbits(draw.choice((10, 60, 64, 66, 90))), draw.randint(1, 30)
        sign, power = draw.choice(("e", "E+", "e-")), draw.randint(0, 285)
        yield repr(-draw.uniform(0, 30))
        yield f"{whole}." + "".join(draw.choices("0123456789", k=digits))
        yield f"-{draw.getrandbits(64)}.5{sign}{power}"


def test_a_decimal_is_the_double_that_tokenizers_reads():
    """It rounds twice: one decimal in five is off by a bit, and the reference with it."""
    made = list(literals())
    native = tokenizers.Tokenizer.from_str(unigram({str(at): one for at, one in enumerate(made)}))
    seen = [score for _, score in json.loads(native.to_str())["model"]["vocab"]]

    assert [read_float(one) for one in made] == seen
    assert sum(float(one) != score for one, score in zip(made, seen, strict=True)) > 1_000


def test_a_decimal_too_large_is_infinite():
    """It is refused where a finite number is wanted, as Python's infinity is."""
    assert [read_float("1e309"), read_float("-1.5e999"), read_float("0e999")] == [
        float("inf"),
        float("-inf"),
        0.0,
    ]


def test_of_two_cuts_the_last_bit_of_a_score_decides(tmp_path):
    """Scores of a real vocabulary: read exactly, 000000 would come first."""
    text = unigram(
        {
            "?": "-20.0",
            "x": "-165.54762146230578",
            "0": "-10.111962085456556",
            "000000": "-13.843325008003077",
        }
    )
    (tmp_path / "tokenizer.json").write_text(text, encoding="utf-8")
    native = tokenizers.Tokenizer.from_str(text).encode("x0000000")

    assert reference.load(tmp_path).encode("x0000000").ids == native.ids == [1, 2, 3]
