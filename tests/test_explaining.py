"""`tokparity explain`: each planted fault is traced to its stage and its class."""

import copy
import json
import re
from pathlib import Path

import pytest

from parity import cli
from parity.artefact import resolve
from parity.backends.hf import HF
from parity.backends.mock import FAULTS
from parity.explanation import LONG

TINY = "tiny:byte-bpe-600"
EXAMPLES = re.findall(r"^ *(tokparity explain \w*/.*)$", cli.explain.help, re.MULTILINE)


def _without_normalizer(spec):
    spec["normalizer"] = None


def _with_a_space_at_the_start(spec):
    spec["pre_tokenizer"]["pretokenizers"][1]["add_prefix_space"] = True


def _without_split(spec):
    del spec["pre_tokenizer"]["pretokenizers"][0]


def _without_the_last_merge(spec):
    spec["model"]["merges"].pop()


def _without_lstrip(spec):
    for token in spec["added_tokens"]:
        token["lstrip"] = False


def _with_a_template(spec):
    spec["post_processor"] = {
        "type": "TemplateProcessing",
        "single": [
            {"Sequence": {"id": "A", "type_id": 0}},
            {"SpecialToken": {"id": "<|pad|>", "type_id": 0}},
        ],
        "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 0}}],
        "special_tokens": {"<|pad|>": {"id": "<|pad|>", "ids": [604], "tokens": ["<|pad|>"]}},
    }


def _with_a_stripped_start(spec):
    strip = {"type": "Strip", "content": " ", "start": 1, "stop": 0}
    spec["decoder"] = {"type": "Sequence", "decoders": [spec["decoder"], strip]}


def _with_truncation(spec):
    spec["truncation"] = {
        "direction": "Right", "max_length": 5, "strategy": "LongestFirst", "stride": 0,
    }  # fmt: skip


def _with_padding(spec):
    spec["padding"] = {
        "strategy": {"Fixed": 20}, "direction": "Left", "pad_to_multiple_of": None,
        "pad_id": 0, "pad_type_id": 0, "pad_token": "<|pad|>",
    }  # fmt: skip


OUTSIDE = "normalizer or pre-tokenizer"
EDITS = {
    "no normalizer": (_without_normalizer, "xy e\u0301 z", "normalizer", "normalisation"),
    "no split": (_without_split, "some text  a", "pre-tokenizer", "pre-token split"),
    "space": (_with_a_space_at_the_start, "text", "pre-tokenizer", "leading-space"),
    "no last merge": (_without_the_last_merge, "go trip on", "model", "merge"),
    "no lstrip": (_without_lstrip, "a <mask> b", "added tokens", "special-token"),
    "template": (_with_a_template, "word", "post-processor", "special-token"),
    "truncation": (_with_truncation, "more words than five", "truncation", "truncation"),
    "padding": (_with_padding, "few words", "padding", "padding"),
    "strip": (_with_a_stripped_start, " word", "decoder", "leading-space"),
}
"""What is changed in a tokenizer.json, a text that shows it, its stage, its class."""


@pytest.fixture
def edited(tmp_path):
    """Return the folder of a tokenizer.json with one change."""
    whole = json.loads((resolve(TINY) / "tokenizer.json").read_text(encoding="utf-8"))

    def edit(change):
        spec = copy.deepcopy(whole)
        change(spec)
        (tmp_path / "tokenizer.json").write_text(json.dumps(spec), encoding="utf-8")
        return str(tmp_path)

    return edit


@pytest.fixture
def explain(tokparity):
    """Return what the command says of a text on two sides, as data."""

    def ask(text, reference, candidate, *more):
        sides = "--reference", reference, "--candidate", candidate
        ran = tokparity("explain", "--json", "--text", text, *sides, *more)

        assert ran.code == 0, ran.err
        return json.loads(ran.out)["pairs"][0]

    return ask


def _mode(edit):
    return ("--specials", "template") if edit == "template" else ()


@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize("kinds", [("hf", "hf"), ("hf", "reference"), ("reference", "hf")])
def test_one_change_of_a_file_is_found_at_its_stage(edited, explain, edit, kinds):
    """By open stages on both sides, of either implementation."""
    change, text, stage, kind = EDITS[edit]
    found = explain(text, f"{kinds[0]}:{TINY}", f"{kinds[1]}:{edited(change)}", *_mode(edit))

    assert (found["stage"], found["class"]) == (stage, kind)


@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize("opened", [True, False])
def test_one_change_is_found_from_outside(edited, explain, edit, opened):
    """Where the candidate has no stages, and where neither has."""
    change, text, stage, kind = EDITS[edit]
    closed = "mock:renames_a_token,of=hf:"
    reference = f"hf:{TINY}" if opened else f"mock:forgets_a_special_flag,of=hf:{TINY}"
    found = explain(text, reference, f"{closed}{edited(change)}", *_mode(edit))

    wanted = OUTSIDE if edit == "space" else stage
    assert (found["stage"], found["class"]) == (wanted, kind)


FAULT_ROWS = [
    ("drops_last_id", "some words", "parse", "unknown", "unknown"),
    ("repeats_last_id", "some words", "parse", "unknown", "unknown"),
    ("swaps_neighbours", "some words", "parse", "unknown", "unknown"),
    ("answers_nothing", "some words", "parse", "unknown", "unknown"),
    ("differs_late", "some words " * 20, "parse", "unknown", "unknown"),
    ("forgets_special_tokens", "a<|im_start|>b", "parse", "added tokens", "special-token"),
    ("parses_plain_text", "a<|im_start|>b", "plain", "added tokens", "special-token"),
    ("strips_text", "  some words ", "parse", "normalizer", "normalisation"),
    ("folds_newlines", "some\r\nwords", "parse", "normalizer", "normalisation"),
    ("shifts_offsets", "some words", "parse", "offsets", "offsets"),
    ("counts_offsets_in_bytes", "\u00e9 words", "parse", "offsets", "offsets"),
    ("strips_decoded_text", " words", "parse", "decoder", "leading-space"),
    ("keeps_special_tokens", "a<|im_start|>b", "parse", "decoder", "special-token"),
    ("skips_special_tokens", "a<|im_start|>b", "parse", "decoder", "special-token"),
    ("swallows_errors", "a\ud800", "parse", "unknown", "unknown"),
]


@pytest.mark.parametrize(("fault", "text", "mode", "stage", "kind"), FAULT_ROWS)
def test_a_fault_is_traced_from_outside(explain, fault, text, mode, stage, kind):
    """The fakes have no stages: what they answer tells, or it is unknown."""
    found = explain(text, f"hf:{TINY}", f"mock:{fault},of=hf:{TINY}", "--specials", mode)

    assert (found["stage"], found["class"]) == (stage, kind)


SMALLEST = {
    "forgets_special_tokens": ("ab<|im_start|>cd", "<|im_start|>"),
    "folds_newlines": ("some\r\nwords", "\r\n"),
    "drops_last_id": ("some words", None),
}


@pytest.mark.parametrize("fault", SMALLEST)
def test_the_smallest_input_still_differs_and_is_smallest(explain, fault):
    """No character of it can go."""
    text, wanted = SMALLEST[fault]
    found = explain(text, f"hf:{TINY}", f"mock:{fault},of=hf:{TINY}")["smallest"]

    assert found == wanted if wanted else len(found) == 1


@pytest.mark.parametrize("fault", FAULTS)
def test_no_fault_crashes_an_explanation(project, tokparity, fault):
    """Whatever a side answers, it is explained, and the exit code is 0."""
    project.plan({"candidate": f"mock:{fault}"}, rows=["ab<s> \r\n\ud83d", [256, 97, 300]])

    assert [tokparity("explain", id).code for id in project.ids()] == [0, 0]


def test_both_sides_stand_side_by_side(tokparity):
    """Stages, tokens with what is the same in one row, the find, and what was tried."""
    sides = "--reference", f"hf:{TINY}", "--candidate", f"mock:folds_newlines,of=hf:{TINY}"
    ran = tokparity("explain", "--text", "a\r\nb", *sides)

    assert "no stages" in ran.out
    assert "class       normalisation" in ran.out
    assert 'smallest    "\\u000d\\n"  U+000D U+000A' in ran.out
    assert "tried       with CR LF as LF, for the reference only" in ran.out


def test_sides_that_agree_have_nothing_to_explain(explain):
    """It is said, and no stage is named."""
    found = explain("some words", f"hf:{TINY}", f"reference:{TINY}")

    assert (found["differs"], found["stage"], found["class"]) == (None, None, None)


@pytest.mark.parametrize("arguments", [(), ("t/case", "--text", "a")])
def test_a_case_or_a_text_is_wanted(project, tokparity, arguments):
    """One of the two."""
    project.plan(rows=["ab"])
    ran = tokparity("explain", *arguments)

    assert ran.code == 2
    assert "name a CASE, or give --text TEXT" in ran.err


def test_an_unknown_case_is_exit_code_5(project, tokparity):
    """No case is selected."""
    project.plan()

    assert tokparity("explain", "nowhere/").code == 5


def test_a_case_of_another_kind_is_refused(tokparity):
    """Streams and their like have no stages."""
    ran = tokparity("explain", "streams/han-two-and-one", "--built-in")

    assert ran.code == 2
    assert "explained are text and ids" in ran.err


@pytest.mark.parametrize("line", EXAMPLES)
def test_an_example_of_the_help_explains_a_case(tokparity, line):
    """It names a case that is there."""
    assert tokparity(*line.split()[1:]).code == 0


@pytest.mark.parametrize("kinds", [("hf", "hf"), ("hf", "reference")])
def test_spans_that_the_post_processor_trims_are_found_there(edited, explain, kinds):
    """The ids are the same: nothing but the final offsets differs."""

    def trims(spec):
        spec["post_processor"] = {
            "type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True,
            "use_regex": True,
        }  # fmt: skip

    def keeps(spec):
        spec["post_processor"] = None

    one = edited(trims)
    whole = (Path(one) / "tokenizer.json").read_text(encoding="utf-8")
    other = Path(one) / "other"
    edited(keeps)
    other.mkdir()
    (other / "tokenizer.json").write_text(whole, encoding="utf-8")
    found = explain("a word", f"{kinds[0]}:{other}", f"{kinds[1]}:{one}")

    assert (found["stage"], found["class"]) == ("post-processor (spans only)", "offsets")
    assert found["differs"] == "offsets"


def test_a_long_text_is_cut_by_its_ids_before_stages_are_asked(monkeypatch, edited, explain):
    """Stages of the whole text are looked at a few times, not at every cut of it."""
    asked = []
    whole = HF.stages

    def counted(self, text, specials="parse"):
        asked.append(len(text))
        return whole(self, text, specials)

    monkeypatch.setattr(HF, "stages", counted)
    text = "some words " * 2000 + "e\u0301" + " more words" * 2000
    found = explain(text, f"hf:{TINY}", f"hf:{edited(_without_normalizer)}")

    assert (found["class"], found["smallest"]) == ("normalisation", "a\u0301")
    assert 0 < sum(size > LONG for size in asked) < 12
