"""The footer of a run: what it says must follow from what was counted."""

from collections import Counter

import pytest
import tiktoken

from parity import evidence, run
from parity.canary import Canaries
from parity.compare import Verdict
from parity.concluding import PairResult
from parity.expected import Standing
from parity.tally import Tally

GOOD = Canaries(3, ())


def result(code=0, **counts):
    """A pair's result with one row."""
    row = Tally(Counter({Verdict(name): count for name, count in counts.items()}))
    return PairResult("toy", {("ids", "both"): row}, code=code)


@pytest.mark.parametrize(
    ("results", "canaries", "stopped", "code", "verdict"),
    [
        ([result()], GOOD, "", 0, "exact"),
        ([result(expected=1)], GOOD, "", 0, "as expected"),
        ([result(1), result(4)], GOOD, "", 1, "diverged"),
        ([result(4), result()], GOOD, "", 4, "golden or lock problem"),
        ([result(1), result(3)], GOOD, "", 3, "inconclusive"),
        ([result(1)], Canaries(3, ("a",)), "", 3, "inconclusive"),
        ([result(1)], GOOD, "interrupted", 3, "inconclusive"),
    ],
)
def test_pairs_canaries_and_the_end_make_the_verdict_of_a_run(
    results, canaries, stopped, code, verdict
):
    """The footer holds the verdict and the exit code."""
    found = evidence.footer(results, canaries, stopped)

    assert (found["exit"], found["verdict"], found["whole"]) == (code, verdict, not stopped)


def test_a_stale_entry_of_the_ledger_fails_the_run():
    """What the ledger excuses has to be there to be excused."""
    found = evidence.footer(
        [result(same=1)], GOOD, standing=Standing(stale=("expected.toml: entry 1",))
    )

    assert (found["exit"], found["verdict"]) == (1, "diverged")


LEDGER = """
[[expected]]
pair = "toy"
check = "ids"
select = "id:{}"
reason = "a test"
"""


@pytest.mark.parametrize(("flags", "code"), [([], 1), (["--checks", "ids"], 0)])
def test_an_entry_that_selects_no_case_fails_a_whole_run_and_no_partial_one(
    project, tokparity, flags, code
):
    """A ledger may not keep what nothing needs; part of a plan cannot tell."""
    project.plan()
    project.file("golden/expected.toml", LEDGER.format("t/gone-*"))

    assert tokparity("run", *flags).code == code


def test_a_corpus_that_changes_while_it_is_compared_proves_nothing(project, tokparity):
    """The header's digest has to be that of what was compared."""
    project.plan({"candidate": "py:mine:ChangesTheCorpus"})
    ran = tokparity("run")

    assert (ran.code, "a corpus changed while it was compared" in ran.out) == (3, True)


@pytest.mark.parametrize("name", ["HasNoIdentity", "CannotClose"])
def test_a_side_that_fails_to_say_what_it_is_or_to_end_is_its_pairs_problem(
    project, tokparity, name
):
    """Nobody sees a traceback for a backend's fault, and the other pairs go on."""
    project.plan({"candidate": f"py:mine:{name}"}, {"name": "other"})
    ran = tokparity("run")

    assert (ran.code, ran.err, "inconclusive" in ran.out) == (3, "", True)
    assert [pair["exit"] for pair in project.run_file()[-1]["pairs"]] == [3, 0]


def test_a_refusal_is_its_pairs_outcome_and_the_others_go_on(project, tokparity):
    """Neither divergence nor crash: nothing is proved of this pair, and the run file says why."""
    path = project.file("tokenizer.json", '{"model": {"type": "NoSuchModel"}}')
    project.plan({"candidate": f"hf:{path}"}, {"name": "other"})
    ran = tokparity("run")
    pairs = project.run_file()[-1]["pairs"]

    assert (ran.code, ran.err) == (3, "")
    assert f"REFUSED: tokenizers refuses {path}; its library says" in ran.out
    assert [(pair["refused"], pair["exit"]) for pair in pairs] == [(True, 3), (False, 0)]


def test_a_selection_that_fits_one_pair_only_is_no_problem_of_the_other(project, tokparity):
    """Selecting is a choice; only where nothing at all is selected there is nothing to say."""
    project.corpus("more.jsonl", "zzz")
    project.plan({}, {"name": "other", "corpora": ["more.jsonl"]})

    assert tokparity("run", "--select", "text:zzz").code == 0


ROWS = ("abc", "d e", "f g", "h i")


@pytest.mark.parametrize(
    ("pair", "says"),
    [
        ({"candidate": "py:mine:RefusesMost", "checks": ["ids"]}, "and answered the others"),
        (
            {"reference": "py:mine:FailsMost", "candidate": "py:mine:FailsMostToo",
             "checks": ["ids"]},
            "3 cases failed alike, 1 gave a value",
        ),
        ({"corpora": ["empty.jsonl"], "checks": ["vocabulary", "ids"]}, ""),
        ({"candidate": "py:mine:Lacks"}, "nothing was compared between the two sides"),
    ],
    ids=["refuses most", "fail alike", "an empty corpus", "lacks everything"],
)  # fmt: skip
def test_a_run_that_compared_hardly_anything_is_no_green(project, tokparity, pair, says):
    """One answer, or the vocabulary alone, does not stand for a corpus."""
    project.plan(pair, rows=ROWS)
    project.file("empty.jsonl", "")
    ran = tokparity("run")

    assert ran.code in (3, 5)
    assert says in ran.out


def test_laws_alone_are_not_called_exact(project, tokparity):
    """Each side agrees with itself; nothing was said of the two."""
    project.plan({"candidate": "py:mine:Wrong", "checks": ["repeatable"]}, rows=ROWS)
    ran = tokparity("run")

    assert (ran.code, "LAWS HOLD" in ran.out, "EXACT" in ran.out) == (0, True, False)


def test_a_side_that_exits_with_success_when_it_is_closed_stays_red(project, tokparity):
    """Nobody but the comparison decides the exit code."""
    project.plan({"candidate": "py:mine:ExitsAtTheEnd", "checks": ["ids"]}, rows=ROWS)

    assert tokparity("run").code == 3


def test_a_side_that_patches_the_comparison_is_found_by_the_canaries(
    project, tokparity, monkeypatch
):
    """They are released again when everything has run."""
    monkeypatch.setattr(run, "_unequal", run._unequal)
    project.plan({"candidate": "py:mine:PatchesTheComparison", "checks": ["ids"]}, rows=ROWS)
    ran = tokparity("run")

    assert (ran.code, "survived" in ran.out) == (3, True)


def test_two_sides_without_a_vocabulary_do_not_agree(project, tokparity):
    """None is no vocabulary, whoever says it."""
    both = "py:mine:ForgetsItsVocabulary"
    project.plan({"reference": both, "candidate": both, "self_check": True,
                  "checks": ["vocabulary", "ids"]}, rows=ROWS)  # fmt: skip

    assert tokparity("run").code == 1


def test_an_error_that_cannot_be_told_is_an_observation(project, tokparity):
    """An exception whose message raises is one still."""
    project.plan({"candidate": "py:mine:Speechless", "checks": ["ids"]}, rows=ROWS)
    ran = tokparity("run")

    assert (ran.code, "its message cannot be read" in ran.out) == (1, True)


def test_an_entry_of_the_ledger_excuses_its_own_kind_of_difference_only(project, tokparity):
    """A difference in a value is not a text that has no ids any more."""
    entry = LEDGER.format("t/*") + 'kind = "outcome"\n'
    project.plan({"candidate": "py:mine:Wrong", "checks": ["ids"]}, rows=ROWS)
    project.file("golden/expected.toml", entry)

    assert tokparity("run").code == 1


def test_a_ledger_that_is_a_folder_is_no_missing_ledger(project, tokparity):
    """What cannot be read is not nothing."""
    project.plan()
    project.file("golden/expected.toml/file", "")

    assert tokparity("run").code == 2


def test_one_library_with_another_way_to_show_text_is_one_thing(tokparity):
    """How bytes are shown makes no second implementation."""
    sides = ["--reference", "tiktoken:tiny:byte-bpe-600"]
    sides += ["--candidate", "tiktoken:tiny:byte-bpe-600,text=bytes", "--corpus", "digits"]
    ran = tokparity("run", *sides)

    assert (ran.code, "one and the same" in ran.out) == (3, True)


def test_a_patched_class_around_compiled_code_is_refused(tokparity, monkeypatch):
    """Tiktoken's Encoding calls the core, so it decides as much."""
    monkeypatch.setattr(tiktoken.Encoding, "encode", lambda *_, **__: [7])
    sides = ["--reference", "hf:tiny:byte-bpe-600", "--candidate", "tiktoken:tiny:byte-bpe-600"]
    ran = tokparity("run", *sides, "--corpus", "digits")

    assert (ran.code, "was replaced" in ran.out) == (3, True)
