"""The judge of engines is tried on faults that were planted, and on changes that are none."""

import subprocess
import sys

import pytest

from parity.decoding import engines, judging, mutants
from parity.decoding.findings import Finding, Level
from parity.errors import BadSpec, UsageError

KNOWN = mutants.known()
FAULTS = [mutant.name for mutant in KNOWN if mutant.fault]
CHANGES = [mutant.name for mutant in KNOWN if not mutant.fault]

BEFORE = 6
"""Steps that a fault which waits must leave as they are."""


def needs_torch():
    """Skip what needs the libraries of the engine `faulty`, where they are not installed."""
    pytest.importorskip("torch", reason="there is no torch: pip install 'tokparity[decode]'")
    pytest.importorskip("transformers", reason="there is no transformers")


@pytest.fixture(scope="module")
def sides():
    """What the tiny model makes of the prompts, found once for all tests here."""
    needs_torch()
    return mutants.Sides("tiny")


@pytest.fixture(scope="module")
def rows(sides):
    """What comes of each mutant, by its name."""
    return {row.mutant.name: row for row in mutants.run(sides)}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_seen_and_never_called_noise(rows, name):
    """By other ids, or by log-probabilities that are apart by more than the reference's noise."""
    row = rows[name]

    assert row.wrong == ""
    assert row.ids or row.shifts
    assert "NEAR_TIE" not in row.kinds


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_that_is_none_passes_on_every_prompt(rows, name):
    """A gate that is too strict is switched off by who has to live with it."""
    row = rows[name]

    assert row.wrong == ""
    assert row.kinds == {"SAME": row.prompts}
    assert (row.ids, row.shifts) == (0, 0)


def test_some_faults_show_in_no_id(rows):
    """Why log-probabilities are compared: here greedy ids are the same on every prompt."""
    silent = {name for name in FAULTS if not rows[name].ids}

    assert {"output_scaled", "cache_as_bfloat16"} <= silent


def test_a_dropped_first_token_is_a_prompt_without_it(sides):
    """What is planted is what its name says: the model says the same of the rest of each."""
    rest = mutants.Sides("tiny")
    rest.prompts = [one._replace(payload=one.payload[1:]) for one in sides.prompts]
    asked = (sides.outcomes("fault=first_token_dropped"), rest.outcomes(""))
    dropped, without = ([side[one.id].generation.ids for one in rest.prompts] for side in asked)

    assert dropped == without


@pytest.mark.parametrize("name", ["padding_leaks", "right_padding"])
def test_a_fault_of_padding_spares_the_longest_prompt_of_each_batch(rows, name):
    """Nothing else is planted with it."""
    assert rows[name].kinds["SAME"] == 2


@pytest.mark.parametrize("name", ["stale_key", "cache_of_neighbour", "late_swap"])
def test_a_fault_that_waits_leaves_what_comes_before_bit_for_bit(sides, name):
    """All logits of the first ids are those of the reference; later ones are not."""
    asked = (sides.outcomes(""), sides.outcomes(f"fault={name}"))
    reference, candidate = (
        [[step.row for step in side[one.id].generation.steps] for one in sides.prompts]
        for side in asked
    )

    assert [rows[:BEFORE] for rows in reference] == [rows[:BEFORE] for rows in candidate]
    assert reference != candidate


def test_a_judge_that_sees_no_shifts_fails_the_table(sides):
    """The table can fail: what only shifts show is missed."""

    def blind(*sides):
        found = judging.judge(*sides)
        none = found.levels | {"shifts": Level("within")}
        kind = "SAME" if found.levels["ids"].outcome == "same" else found.kind
        return found._replace(levels=none, kind=kind)

    wrong = {row.mutant.name: row.wrong for row in mutants.run(sides, judge=blind) if row.wrong}

    assert wrong["output_scaled"] == "not seen on any prompt"
    assert set(wrong) <= set(FAULTS)


@pytest.mark.parametrize(("kind", "words"), [("SAME", "called the same"), ("TIE", "called a tie")])
def test_a_judge_that_has_one_word_for_everything_fails_the_table(kind, words):
    """What the levels show is not enough: the class has to say it, too."""
    findings = [Finding("mutants/3", kind, {"ids": Level("differs"), "shifts": Level("beyond")})]
    faults = [mutant for mutant in KNOWN if mutant.fault]
    wrong = {mutant.name: mutants.row(mutant, findings).wrong for mutant in faults}

    assert {name for name, said in wrong.items() if words not in said} <= {mutants.OF_TIES}


def test_a_budget_that_is_too_large_fails_the_table(sides):
    """The table can fail: what is within it is missed, or called a near-tie."""
    wrong = {row.mutant.name: row.wrong for row in mutants.run(sides, scale=1000) if row.wrong}

    assert any("near-tie" in reason for reason in wrong.values())
    assert any("not seen" in reason for reason in wrong.values())
    assert set(wrong) <= set(FAULTS)


def test_a_budget_that_is_too_small_fails_the_table(sides):
    """The table can fail on its other side: noise is called a fault."""
    wrong = {row.mutant.name: row.wrong for row in mutants.run(sides, scale=1e-3) if row.wrong}

    assert wrong
    assert set(wrong) <= set(CHANGES)


@pytest.mark.parametrize("kind", ["FAILED", "ABSENT", "UNEXPLAINED"])
def test_a_prompt_that_was_not_judged_is_neither_caught_nor_passed(kind):
    """A mutant that crashes on every prompt would else look like one that was found."""
    findings = [Finding("mutants/3", kind, {"ids": Level("differs"), "shifts": Level("absent")})]

    assert all(mutants.row(mutant, findings).wrong for mutant in KNOWN)


def test_no_prompt_at_all_proves_nothing():
    """Neither for a fault nor for a change that is none."""
    assert all(mutants.row(mutant, []).wrong for mutant in KNOWN)


def test_a_change_without_log_probabilities_is_not_let_pass():
    """Same ids are not enough: a fault may show in none."""
    findings = [Finding("mutants/3", "SAME", {"ids": Level("same"), "shifts": Level("absent")})]
    change = mutants.named([CHANGES[0]])[0]

    assert "without log-probabilities" in mutants.row(change, findings).wrong


def test_there_are_enough_mutants_and_each_says_what_it_is():
    """A table of a few easy faults would prove little."""
    assert len(FAULTS) >= 18
    assert len(CHANGES) >= 5
    assert all(mutant.about.endswith(".") for mutant in KNOWN)
    assert len({mutant.name for mutant in KNOWN}) == len(KNOWN)


def test_prompts_differ_in_length_within_each_batch(sides):
    """Else nothing is padded, and faults of padding could not show."""
    size = int(mutants.BATCH.partition("=")[2])
    batches = [
        mutants.LENGTHS[start : start + size] for start in range(0, len(sides.prompts), size)
    ]

    assert all(len(set(batch)) == size for batch in batches)


def test_an_unknown_mutant_is_told_with_those_that_there_are():
    """Before a model is loaded."""
    with pytest.raises(UsageError, match="position_off_by_one"):
        next(mutants.run(mutants.Sides("tiny"), ["position_of_by_one"]))


@pytest.mark.parametrize("option", ["fault", "equivalent"])
def test_an_unknown_fault_is_refused(option):
    """An engine that plants nothing would pass as its reference."""
    needs_torch()
    with pytest.raises(BadSpec, match=f"no {option} 'none_such'"):
        engines.load(f"faulty:tiny,{option}=none_such")


def test_the_identity_names_what_is_planted():
    """A run with a fault in it can never be taken for one without."""
    needs_torch()
    facts = engines.load("faulty:tiny,fault=wrong_eps").identity().facts

    assert facts["fault"] == "wrong_eps"
    assert facts["equivalent"] == "none"


def test_mutants_are_known_without_the_libraries_that_they_need():
    """Their names can be listed and completed at once."""
    code = (
        "import sys; from parity.decoding import mutants; mutants.known(); "
        "print({'torch', 'transformers'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)  # noqa: S603

    assert done.stdout == "set()\n"
