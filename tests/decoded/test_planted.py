"""The table of mutants, printed: its exit code is what a gate looks at."""

import io
import json

import pytest
from click.testing import CliRunner
from rich.console import Console

from parity.cli_decode import decode
from parity.decoded import planted
from parity.decoding import mutants
from parity.decoding.budgets import Budget, Key
from parity.errors import UsageError

FAULT, CHANGE = mutants.named(["output_scaled", "heads_permuted"])
FOUND = mutants.Row(FAULT, 8, 0, 8, {"SYSTEMIC": 8}, 0.025, "")
PASSES = mutants.Row(CHANGE, 8, 0, 0, {"SAME": 8}, 2e-6, "")
BUDGET = Budget(2e-5, Key("0" * 64, "float32", "cpu"), ("batch=1", "dtype=float64"), 512, 2e-6)


@pytest.fixture
def told(monkeypatch):
    """What is printed of rows that a run gives, and the exit code."""

    def tell(*rows, to=None):
        monkeypatch.setattr(planted, "run", lambda sides, names: iter(rows))  # noqa: ARG005
        monkeypatch.setattr(mutants.Sides, "budget", lambda self: BUDGET)  # noqa: ARG005
        console = Console(file=io.StringIO(), width=100)
        return planted.table(console, (), to), console.file.getvalue()

    return tell


def test_a_table_that_is_as_it_must_be_exits_with_0(told):
    """Each mutant stands there with what it is, where it was seen so, and the classes."""
    code, text = told(FOUND, PASSES)

    assert code == 0
    assert "output_scaled" in text
    assert "Logits are 2 % too large" in text
    assert "SYSTEMIC 8" in text
    assert "1 of 1 faults found" in text
    assert "faults that show in no id: output_scaled" in text
    assert "2.00e-05 nats" in text


@pytest.mark.parametrize(
    ("row", "reason"),
    [(FOUND, "not seen on any prompt"), (PASSES, "called a fault: mutants/3")],
)
def test_what_is_not_as_it_must_be_exits_with_1(told, row, reason):
    """And says why, in words."""
    code, text = told(FOUND, PASSES, row._replace(wrong=reason))

    assert code == 1
    assert reason in " ".join(text.split())


def test_json_has_every_row_and_the_budget(told, tmp_path):
    """The document can be read without the program that wrote it."""
    file = tmp_path / "mutants.json"
    told(FOUND, PASSES._replace(wrong="called a fault: mutants/3"), to=file)
    found = json.loads(file.read_bytes())

    assert found["exit"] == 1
    assert found["budget"]["nats"] == BUDGET.nats
    assert [(row["name"], row["must_be_found"], row["wrong"]) for row in found["mutants"]] == [
        ("output_scaled", True, ""),
        ("heads_permuted", False, "called a fault: mutants/3"),
    ]
    assert found["mutants"][0]["seen"] == "vllm-project/vllm#52158"


def test_the_command_plants_what_is_asked_for():
    """One fault and one change, on the model itself."""
    pytest.importorskip("transformers", reason="there is no transformers")
    done = CliRunner().invoke(
        decode, ["mutants", "output_scaled", "constant_added"], standalone_mode=False
    )

    assert done.return_value == 0, done.output
    assert "0/8" in done.output
    assert "8/8" in done.output


def test_the_command_knows_the_names_of_mutants():
    """A name that is none is told before a model is loaded."""
    with pytest.raises(UsageError, match="no mutant 'output_scale'"):
        CliRunner().invoke(
            decode, ["mutants", "output_scale"], standalone_mode=False, catch_exceptions=False
        )
