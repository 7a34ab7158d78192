"""Full decoding in a plan: what an entry may say, and its items in pytest."""

import pytest

from parity.decoded import entries
from parity.errors import BadPlan, MissingAsset

ENTRY = """
[[tool.parity.decode]]
name = "toys"
reference = "callable:noisy:Noisy"
prompts = ["p.jsonl"]
"""


@pytest.fixture
def plan(decode_project):
    """A function that writes a pyproject.toml with one entry, and what more is said of it."""

    def write(*lines, text=ENTRY):
        path = decode_project / "pyproject.toml"
        path.write_text("\n".join([text, *lines]))
        return path

    return write


@pytest.fixture
def items(ran, plan, engines_here):  # noqa: ARG001 (where it runs)
    """A function that runs the items of an entry, in this process."""

    def run(*lines, args=(), reference="Noisy"):
        plan(*lines, text=ENTRY.replace("Noisy", reference))
        return ran("-m", "parity", "-p", "no:cacheprovider", "-rs", "-v", *args)

    return run


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (['candidate = "x"'], "did you mean 'candidates'"),
        (['candidates = "x"'], "candidates is a list of texts"),
        (["max_tokens = true"], "max_tokens is a int"),
        (['optional = "yes"'], "optional is a bool"),
        (['name = "Toys"'], "invalid|Cannot overwrite"),
        ([ENTRY], "two entries of decode have the name 'toys'"),
        (["[[tool.parity.decode]]", 'name = "b"'], "the key 'reference' is wanted"),
    ],
)
def test_what_an_entry_cannot_mean_is_told_with_its_place(plan, lines, words):
    """By the name of the key."""
    with pytest.raises(BadPlan, match=words):
        entries.read(plan(*lines))


def test_each_candidate_is_an_item_and_so_is_the_reference_against_itself(items):
    """A pair that agrees passes; the line at the end says what ran where."""
    found = items('candidates = ["callable:noisy:Other", "callable:noisy:Noisy,batch=2"]')

    found.assert_outcomes(passed=3)
    found.stdout.fnmatch_lines(["*decode:toys::repeat PASSED*", "*batch=2 PASSED*"])
    found.stdout.fnmatch_lines(["parity: decode parity ran on cpu (float32)"])


def test_a_divergence_fails_its_item_alone_with_the_place_that_differs(items):
    """The message is the report."""
    found = items('candidates = ["callable:noisy:Other", "callable:noisy:SkipsOneAtX"]')

    found.assert_outcomes(passed=2, failed=1)
    found.stdout.fnmatch_lines(["*LOCAL in p/axc at step 2*", '*reference: id 102 "f" at 2*'])
    found.stdout.no_fnmatch_line("*Traceback*")


def test_what_cannot_run_fails_unless_it_is_optional(items):
    """A green run has compared something."""
    strict = items('candidates = ["callable:noisy:needs_a_package"]')
    lenient = items('candidates = ["callable:noisy:needs_a_package"]', "optional = true")

    strict.assert_outcomes(passed=1, failed=1)
    strict.stdout.fnmatch_lines(["*inconclusive: engine 'toys' needs the package bricks*"])
    lenient.assert_outcomes(passed=1, skipped=1)
    lenient.stdout.fnmatch_lines(["*1 cell skipped: engine 'toys' needs the package bricks*"])


def test_a_device_that_is_required_is_not_skipped(items):
    """CI with a device says so."""
    lines = ['candidates = ["callable:noisy:needs_cuda"]', "optional = true"]
    found = items(*lines)
    required = items(*lines, args=["--parity-require", "cuda"])

    found.assert_outcomes(passed=1, skipped=1)
    found.stdout.fnmatch_lines(["*1 cuda cell skipped: no CUDA device (toys)"])
    required.assert_outcomes(passed=1, failed=1)
    required.stdout.fnmatch_lines(["*cuda is required: no CUDA device (toys)*"])


def test_a_reference_that_does_not_repeat_itself_fails_every_item(items):
    """Nothing is concluded of the candidates."""
    found = items('candidates = ["callable:noisy:Other"]', reference="Dithers")

    found.assert_outcomes(failed=2)
    found.stdout.fnmatch_lines(["*inconclusive: the reference does not agree with itself*"])


def test_an_entry_that_waits_runs_where_it_is_asked_for(items):
    """And the run says that it waits."""
    lines = ['candidates = ["callable:noisy:Other"]', "waits = true"]
    waits = items(*lines)
    asked = items(*lines, args=["-m", "parity and (model or not model)"])

    waits.stdout.fnmatch_lines(["*decode toys waits until it is asked for*"])
    asked.assert_outcomes(passed=2)


def test_an_entry_can_be_run_by_the_command(tokparity, plan, engines_here):  # noqa: ARG001 (where it runs)
    """And its golden is written so, without its candidates."""
    plan('candidates = ["callable:noisy:Other"]', "golden = true")
    written = tokparity("decode", "--entry", "toys", "--update")
    found = tokparity("decode", "--entry", "toys")
    unknown = tokparity("decode", "--entry", "toy")

    assert (written.code, found.code, unknown.code) == (0, 0, 2), written.err + found.out
    assert "Other" not in written.out
    assert "known: toys" in unknown.err


@pytest.mark.parametrize(
    ("more", "outcomes"),
    [([], {"passed": 2, "failed": 1}), (["optional = true"], {"passed": 2, "skipped": 1})],
)
def test_an_entry_whose_model_is_not_here_is_one_item(items, monkeypatch, more, outcomes):
    """It is one item, which fails, or is skipped where it may be; nothing stops the collection."""

    def size(model):
        if model == "absent":
            raise MissingAsset("the model 'absent' is not prepared")
        return 1000

    monkeypatch.setattr("parity.decoded.asked.vocabularies.size", size)
    absent = [
        "[[tool.parity.decode]]", 'name = "absent"', 'model = "absent"',
        'reference = "callable:noisy:Noisy"', 'candidates = ["callable:noisy:Other"]',
        'prompts = ["p.jsonl"]', *more,
    ]  # fmt: skip
    found = items('candidates = ["callable:noisy:Other"]', *absent)

    found.assert_outcomes(**outcomes)


def test_a_mark_that_leaves_models_out_does_not_ask_for_them(items):
    """It names them, and does not take them."""
    found = items(
        'candidates = ["callable:noisy:Other"]', "waits = true",
        args=["-m", "parity and not model"],
    )  # fmt: skip

    found.stdout.fnmatch_lines(["*decode toys waits until it is asked for*"])
