"""Goldens of generations: what holds a run to them, and what keeps them from judging another."""

import json

import pytest
from sides import BUDGET, KEY, PROMPT, changed, failed, outcome, step, with_step

from parity import jsonl
from parity.decoding.goldens import check, header, parse, place, read, render, write
from parity.decoding.levels import set_signature
from parity.decoding.records import Prompt, Step
from parity.errors import GoldenError, Inconclusive
from parity.fingerprint import Fingerprint
from parity.signature import of_id_lists
from parity.types import Failure

MADE_BY = Fingerprint(
    "transformers:/somewhere/tiny", "toys.Counting", "/somewhere/toys.py", "00" * 32,
    {"model.safetensors": "11" * 32}, {"toys": "1.0"}, {"attention": "eager"},
)  # fmt: skip
HEAD = header("tiny", "short", "22" * 32, MADE_BY, BUDGET)
PROMPTS = [PROMPT, Prompt("toy/two", "ids", (4,), 8)]
ONE = with_step(outcome(tuple(range(10, 80, 10)), text="\u00e9\n\u2028"), 4, step(50, 0.0625, 51))
OUTCOMES = {"toy/one": ONE, "toy/two": outcome(prompt="toy/two", prompt_ids=(4,), finish="eos")}
TEXT = render(HEAD, PROMPTS, OUTCOMES)


def golden(text=TEXT):
    """A golden, parsed."""
    return parse(text.encode(), "g.jsonl")


def parted(at, margin):
    """A run that chose otherwise at a step, where its own margin is another."""
    ids = ONE.generation.ids
    here = with_step(ONE, at, step(ids[at] + 1, margin, ids[at]))
    return changed(here, ids=(*ids[:at], ids[at] + 1, *[1] * (len(ids) - at - 1)))


def test_a_golden_is_ascii_with_a_line_a_prompt():
    """So that a diff names the prompts that changed, and no line says when or where."""
    lines = TEXT.split("\n")

    assert TEXT.isascii()
    assert len(lines) == 1 + len(PROMPTS) + 1
    assert "somewhere" not in TEXT
    assert render(HEAD, PROMPTS, dict(reversed(OUTCOMES.items()))) == TEXT


def test_a_golden_is_read_as_it_was_written():
    """Ids, text, end, margins, budget."""
    found = golden()

    assert found.budget == BUDGET
    assert found.said["toy/one"].ids == ONE.generation.ids
    assert found.said["toy/one"].text == "\u00e9\n\u2028"
    assert found.said["toy/one"].margins == (2.0, 2.0, 2.0, 2.0, 0.0625, 2.0, 2.0)
    assert found.said["toy/two"].finish == "eos"


def test_a_golden_has_both_signatures_of_its_set():
    """Ours, and that of other parity tools."""
    signatures = golden().header["signatures"]

    assert signatures["id_lists"] == set_signature(OUTCOMES.values())
    assert signatures["id_lists"] == of_id_lists([one.generation.ids for one in OUTCOMES.values()])
    assert signatures["ours"] != signatures["id_lists"]


@pytest.mark.parametrize(
    ("margin", "kept"),
    [
        (0.0019999, "0.00199"), (12.345, "12.3"), (1239.9, "1230"), (0.0, "0"),
        (2**-22, "0.000000238"),
        (2.0, "2"),
    ],
)  # fmt: skip
def test_a_margin_is_rounded_down(margin, kept):
    """Rounding up would certify a step that noise can change."""
    one = outcome((10,), steps=(Step(((10, 0.0), (11, -margin))),))
    text = render(HEAD, PROMPTS[:1], {"toy/one": one})

    assert json.loads(text.split("\n")[1])["margins"] == kept
    assert golden(text).said["toy/one"].margins == (float(kept),)


def test_a_margin_that_is_unknown_stays_unknown():
    """It certifies nothing."""
    text = render(HEAD, PROMPTS[:1], {"toy/one": with_step(ONE, 2, Step())})

    assert golden(text).said["toy/one"].margins[2] is None
    found = check(golden(text), PROMPTS[:1], OUTCOMES, KEY)[0]
    assert (found.certified, found.steps) == (2, 7)


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (None, "no ids"),
        (failed(Failure("Crashed")), "Crashed"),
        (changed(ONE, ids=None, steps=None), "no ids"),
        (changed(ONE, steps=None), "no margin"),
        (changed(ONE, steps=ONE.generation.steps[1:]), "6 steps"),
        (ONE._replace(prompt_ids=None), "no ids"),
    ],
)
def test_a_golden_holds_no_failure_and_no_prompt_without_margins(one, words):
    """It would hold nobody to anything."""
    with pytest.raises(Inconclusive, match=words):
        render(HEAD, PROMPTS[:1], {"toy/one": one} if one else {})
    with pytest.raises(Inconclusive, match="empty"):
        render(HEAD, [], {})


@pytest.mark.parametrize(
    ("one", "kind"),
    [
        (ONE, "SAME"),
        (changed(ONE, steps=None), "SAME"),
        (None, "ABSENT"),
        (failed(Failure("Crashed")), "FAILED"),
        (ONE._replace(prompt_ids=(1, 2)), "INPUT"),
        (changed(ONE, text="?"), "DETOK"),
        (changed(ONE, finish="eos"), "STOP"),
        (outcome(ONE.generation.ids[:3]), "STOP"),
        (parted(2, 0.01), "LOCAL"),
        (changed(parted(2, 0.01), steps=None), "LOCAL"),
        (parted(4, 0.01), "NEAR_TIE"),
        (parted(4, 0.0), "TIE"),
        (parted(4, 0.2), "LOCAL"),
        (changed(parted(4, 0.01), steps=None), "NEAR_TIE"),
        (parted(6, 0.01), "LOCAL"),
    ],
)
def test_a_run_is_held_to_a_golden_by_its_margins(one, kind):
    """Where its margin is above the budget, no noise explains another id, behind a narrow one too.

    A golden keeps no log-probabilities; what a run says of its own margin counts.
    """
    outcomes = {"toy/two": OUTCOMES["toy/two"], **({"toy/one": one} if one else {})}
    found = check(golden(), PROMPTS, outcomes, KEY)

    assert [each.kind for each in found] == [kind, "SAME"], found[0].note
    assert kind in ("ABSENT", "FAILED", "INPUT") or (found[0].certified, found[0].steps) == (4, 7)


@pytest.mark.parametrize(
    ("key", "words"),
    [
        (KEY._replace(device="cuda"), "device 'cpu', this run has 'cuda'"),
        (KEY._replace(dtype="bfloat16"), "dtype 'float32', this run has 'bfloat16'"),
        (KEY._replace(model="cd" * 32), "model 'abab"),
    ],
)
def test_a_golden_of_another_device_dtype_or_model_judges_nothing(key, words):
    """Not even where all ids are the same."""
    with pytest.raises(GoldenError, match=words):
        check(golden(), PROMPTS, OUTCOMES, key)


def test_a_prompt_without_a_golden_is_no_pass():
    """It is named; a golden may have more prompts than a run asks."""
    with pytest.raises(GoldenError, match="first toy/three"):
        check(golden(), [*PROMPTS, Prompt("toy/three", "ids", (4,))], OUTCOMES, KEY)
    assert [one.kind for one in check(golden(), PROMPTS[1:], OUTCOMES, KEY)] == ["SAME"]


def edited(line, **said):
    """The golden with something else in a line."""
    lines = TEXT.splitlines()
    lines[line] = jsonl.dump({**json.loads(lines[line]), **said})
    return "\n".join([*lines, ""])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (edited(1, ids=[1] * 7), "g.jsonl:2: was edited by hand"),
        (edited(1, text="?"), "g.jsonl:2: was edited by hand"),
        (edited(1, finish=""), "g.jsonl:2: was edited by hand"),
        (edited(1, prompt_ids=[]), "g.jsonl:2: was edited by hand"),
        (edited(1, id="toy/else"), "g.jsonl:2: was edited by hand"),
        (edited(1, margins="0 0 0 0 0 0 0"), "g.jsonl:2: was edited by hand"),
        (edited(1, margins="2.0 2 2 2 0.0625 2 2"), "g.jsonl:2: was edited by hand"),
        (edited(1, margins="2 2"), "g.jsonl:2: 2 margins for 7 ids"),
        (edited(1, margins="x"), "g.jsonl:2: its margins cannot be read"),
        (edited(1, margins=[2.0] * 7), "g.jsonl:2: the line.margins has another type"),
        (edited(1, more=1), "g.jsonl:2: no such key: more"),
        (edited(2, id="toy/one"), "g.jsonl:3: the id 'toy/one' comes twice"),
        (edited(0, generations=2), "g.jsonl:1: schema 2"),
        (edited(0, signature=9), "version 9"),
        (edited(0, budget={**HEAD["budget"], "nats": 9.0}), "g.jsonl:1: was edited by hand"),
        (edited(0, model=1), "g.jsonl:1: the header.model"),
        ("\n".join([*TEXT.splitlines()[:2], ""]), "g.jsonl:1: its lines are not those"),
        ("\n".join([*TEXT.splitlines()[:1], ""]), "no prompt in it"),
        ("<<<<<<< ours\n" + TEXT, "g.jsonl:1: a conflict"),
        ("", "g.jsonl:1: the header has no generations"),
        ('{"golden": 1}\n', "has no generations"),
        (TEXT + "{", "g.jsonl:4: "),
    ],
)
def test_a_golden_that_was_damaged_is_caught(text, words):
    """By the place of what is wrong."""
    with pytest.raises(GoldenError, match=words):
        golden(text)


def test_a_golden_is_written_whole_and_never_in_ci(tmp_path):
    """A run there must not make what it is held to."""
    path = place(tmp_path, "tiny", "short", KEY)

    with pytest.raises(GoldenError, match="CI is set"):
        write(path, TEXT, {"CI": "1"})
    assert list(tmp_path.iterdir()) == []

    write(path, TEXT, {})
    assert path.relative_to(tmp_path).as_posix() == "decode/tiny/short.cpu.float32.jsonl"
    assert read(path) == golden()
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_a_golden_that_is_not_there_is_named(tmp_path):
    """With its path."""
    with pytest.raises(GoldenError, match="no such golden"):
        read(tmp_path / "none.jsonl")
