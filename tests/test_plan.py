"""Plans: what is wrong in one is said before anything is loaded, with what was meant."""

from pathlib import Path

import pytest

from parity import plan
from parity.errors import BadPlan, ParityError
from parity.plan import EVERYTHING, checks_for

PAIR = '[[tool.parity.pairs]]\nname = "a"\nreference = "mock:honest"\ncandidate = "mock:panics"\n'
BAD = {
    "no TOML": ("[tool", "Expected"),
    "no pairs": ("[tool.parity]", r"has no \[\[tool.parity.pairs"),
    "empty pairs": ("[tool.parity]\npairs = []", "has no"),
    "pairs of text": ('[tool.parity]\npairs = ["a"]', "pair 1 is a table, not 'a'"),
    "not a table": ('[tool]\nparity = "a"', r"\[tool.parity\] is a table, not 'a'"),
    "unknown key": (f'[tool.parity]\ncorpus = "a"\n{PAIR}', "'corpus'; did you mean 'corpora'"),
    "a key like nothing": (f"[tool.parity]\nzzz = 1\n{PAIR}", "'zzz'; known: golden, corpora"),
    "unknown key of a pair": (f"{PAIR}referenze = 1", "did you mean 'reference'"),
    "golden of numbers": (f"[tool.parity]\ngolden = 1\n{PAIR}", "golden: a folder's name, not 1"),
    "no name": (PAIR.replace("name", "#"), "pair 1: the key 'name' is wanted"),
    "no candidate": (PAIR.replace("candidate", "#"), r"pair 1.*: the key 'candidate' is wanted"),
    "name of numbers": (PAIR.replace('"a"', "1"), "name is a str, not 1"),
    "name with a slash": (PAIR.replace('"a"', '"../a"'), "a name is lower-case letters"),
    "two of a name": (PAIR + PAIR, "two pairs have the name 'a'"),
    "a spec without a kind": (PAIR.replace("mock:honest", "honest"), "kind:target"),
    "an option twice": (PAIR.replace("mock:honest", "mock:a,b=1,b=2"), "an option comes twice"),
    "unknown check": (f'{PAIR}checks = ["offset"]', r"pair 1 \('a'\).*did you mean 'offsets'"),
    "unknown check of the plan": (f'[tool.parity]\nchecks = ["a"]\n{PAIR}', "no check or law 'a'"),
    "a number of checks": (f"{PAIR}checks = 3", "checks is a list, not 3"),
    "a text of checks": (f'{PAIR}checks = "ids"', "checks is a list, not 'ids'"),
    "no checks": (f"{PAIR}checks = []", "no check is named"),
    "a check in a list": (f'{PAIR}checks = [["ids"]]', "no check or law"),
    "no corpora": (f"{PAIR}corpora = []", "corpora: a list of names"),
    "corpora of numbers": (f"{PAIR}corpora = [1]", "corpora: a list of names"),
    "a text of corpora": (f'{PAIR}corpora = "all"', "corpora is a list"),
    "a number of goldens": (f"{PAIR}golden = 1", "golden is a list, not 1"),
    "unknown golden": (f'{PAIR}golden = ["idz"]', "no check or law 'idz'"),
    "golden of a law": (f'{PAIR}golden = ["repeatable"]', "'repeatable' is a law; only checks"),
    "golden of all": (f'{PAIR}golden = ["all"]', "is a law; only checks"),
    "unknown specials": (f'{PAIR}specials = "raw"', "parse, plain, template, not 'raw'"),
    "bad select": (f'{PAIR}select = "("', "a term is missing"),
    "self_check of numbers": (f"{PAIR}self_check = 1", "self_check is a bool, not 1"),
}  # fmt: skip


def written(folder, content):
    """A pyproject.toml."""
    path = folder / "pyproject.toml"
    path.write_text(content, encoding="utf-8")
    return path


@pytest.mark.parametrize(("content", "says"), BAD.values(), ids=BAD)
def test_a_bad_plan_is_said_to_be_so(tmp_path, content, says):
    """With the pair, the key and the nearest key that is known; it is exit code 2."""
    path = written(tmp_path, content)

    with pytest.raises(ParityError, match=says) as caught:
        plan.read(path)
    assert caught.value.exit_code == 2


def test_a_plan_that_cannot_be_read_is_no_empty_plan(tmp_path):
    """Neither for reading nor for asking whether there is one."""
    path = tmp_path / "pyproject.toml"
    path.write_bytes(b"\xff")

    with pytest.raises(ParityError):
        plan.has_plan(path)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("", False),
        ("[tool.ruff]", False),
        ("tool = 1", False),
        ("[tool.parity.presets.a]", False),
        ("[tool.parity]", True),
        ("tool.parity = 1", True),
        (f"[tool.parity.presets.a]\n{PAIR}", True),
        (PAIR, True),
    ],
)
def test_a_plan_is_there_or_not(tmp_path, content, found):
    """A project without one is another project."""
    assert plan.has_plan(written(tmp_path, content)) is found


@pytest.mark.parametrize("key", ["paritty", "Parity", "PARITY", "partiy", "parity_"])
@pytest.mark.parametrize("beside", ["", PAIR])
def test_a_key_that_is_nearly_ours_is_no_missing_plan(tmp_path, key, beside):
    """The built-in plan, or half of the plan, would run in its stead and be green."""
    path = written(tmp_path, f"{beside}[[tool.{key}.pairs]]\n")

    with pytest.raises(BadPlan, match=rf"tool.{key}\] is no plan; did you mean \[tool.parity\]"):
        plan.has_plan(path)


@pytest.mark.parametrize("key", ["pyright", "poetry", "pytest", "pants", "security"])
def test_another_tool_is_another_tool(tmp_path, key):
    """Its name is not taken for a slip of ours."""
    assert not plan.has_plan(written(tmp_path, f"[tool.{key}]\n"))


def test_no_file_is_no_plan(tmp_path):
    """The built-in one is used then."""
    assert not plan.has_plan(tmp_path / "pyproject.toml")


def test_what_a_pair_does_not_say_the_plan_says(tmp_path):
    """The pair's own word is the last."""
    top = '[tool.parity]\ngolden = "g"\ncorpora = ["cjk"]\nchecks = ["ids"]\n'
    own = PAIR.replace('"a"', '"b"') + 'corpora = ["edge"]\nchecks = ["text"]\n'
    found = plan.read(written(tmp_path, top + PAIR + own))

    assert [(pair.corpora, pair.checks) for pair in found.pairs] == [
        (("cjk",), ("ids",)),
        (("edge",), ("text",)),
    ]
    assert found.ledger == Path("g/expected.toml")


def test_a_pair_that_says_nothing_compares_everything(tmp_path):
    """All checks and laws, on all corpora; none of them is named."""
    (pair,) = plan.read(written(tmp_path, PAIR)).pairs

    assert (pair.checks, pair.named, pair.corpora) == (EVERYTHING, False, ("all",))


@pytest.mark.parametrize(
    ("names", "checks", "named"),
    [
        ("all", EVERYTHING, False),
        (["ids"], ("ids",), True),
        (["ids", "ids"], ("ids",), True),
        (["ids", "all"], ("ids", *EVERYTHING[1:]), False),
    ],
)
def test_checks_are_named_or_all(names, checks, named):
    """A check that is named must compare; `all` names none."""
    assert checks_for(names, "here") == (checks, named)


def test_the_built_in_plan_compares_two_implementations():
    """Never one thing with itself."""
    for pair in plan.built_in().pairs:
        assert pair.reference.partition(":")[0] != pair.candidate.partition(":")[0]
