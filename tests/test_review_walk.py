"""The review at a terminal: one change after the other, one key each."""

import json
import os
import pty
import sys

import pytest
from rich.console import Console

from parity import golden, reviewing


@pytest.fixture
def changed(project, tokparity):
    """A project of which three cases changed, two of them in the same way."""
    rows = ("abc", "xyzc", "d e")
    project.plan({"golden": ["ids"], "checks": ["ids"]}, rows=rows)
    tokparity("golden", "update")
    pair = {"golden": ["ids"], "checks": ["ids"], "reference": "mock:drops_last_id"}
    project.plan(pair, rows=rows)
    tokparity("golden", "check")
    return project


@pytest.fixture
def walked(capsys):
    """A function that answers what is asked, and then ends the input."""

    def walk(*answers):
        given = iter(answers)

        def ask(_):
            answer = next(given, None)
            if answer is None:
                raise EOFError
            return answer

        return reviewing.walk(Console(highlight=False, width=80), ask), capsys.readouterr().out

    return walk


def accepted(project):
    """The reasons in the golden, by case."""
    found = golden.read(project.folder / "golden/toy/texts.ids.jsonl").accepted
    return {id: one.reason for id, one in found.items()}


def test_each_change_is_decided_with_a_key(changed, walked):
    """Accepted with its reason, rejected, skipped; what was skipped is still pending."""
    code, out = walked("a", "it drops one", "r", "s")

    assert code == 4
    assert accepted(changed) == {changed.ids()[0]: "it drops one"}
    assert "[1 of 3]" in out
    assert "[3 of 3]" in out
    assert out.endswith("1 still pending\n")


def test_a_capital_letter_is_for_all_of_the_class(changed, walked):
    """And asks for one reason."""
    code, out = walked("A", "c is dropped", "a", "e too")

    assert code == 0
    assert accepted(changed) == dict(
        zip(changed.ids(), ["c is dropped", "c is dropped", "e too"], strict=True)
    )
    assert "2 like it" in out
    assert out.endswith("0 still pending\n")


@pytest.mark.parametrize(("key", "left"), [("R", 1), ("S", 3)])
def test_a_class_is_rejected_or_skipped_as_one(changed, walked, key, left):
    """What is rejected is off the list; what is skipped is not."""
    _, out = walked(key, "q")

    assert accepted(changed) == {}
    assert out.endswith(f"{left} still pending\n")


def test_an_empty_reason_is_refused_and_asked_again(changed, walked):
    """A golden says why."""
    code, out = walked("a", "  ", "a", "it is so", "q")

    assert code == 4
    assert "a reason is wanted" in out
    assert list(accepted(changed).values()) == ["it is so"]


@pytest.mark.usefixtures("changed")
def test_another_key_is_asked_again(walked):
    """And decides nothing."""
    _, out = walked("x", "", "accept", "q")

    assert out.endswith("3 still pending\n")


def test_a_change_is_explained_by_a_command(changed, walked):
    """Which loads the two sides; a review does not."""
    _, out = walked("e", "q")

    assert f"tokparity explain {changed.ids()[0]} --pair toy" in out


@pytest.mark.usefixtures("changed")
def test_an_input_that_ends_is_a_quit(walked):
    """With what is left."""
    code, out = walked()

    assert code == 4
    assert out.endswith("3 still pending\n")


def test_what_cannot_be_accepted_alone_is_said_and_asked_again(project, tokparity, walked):
    """A line of other files, before the header is accepted."""
    project.file("model.bin", "first")
    pair = {"golden": ["ids"], "checks": ["ids"], "reference": "py:mine:Artefact"}
    project.plan(pair)
    tokparity("golden", "update")
    project.file("model.bin", "second")
    project.plan(pair, rows=("abc", "d e", "new"))
    tokparity("golden", "check")
    code, out = walked("s", "a", "x", "q")

    assert code == 4
    assert "first, the header" in out
    assert accepted(project) == {}


def test_nothing_pending_asks_nothing(project, walked):
    """Exit code 0, in words."""
    project.plan()

    assert walked() == (0, f"{reviewing.NOTHING}\n")


@pytest.mark.parametrize("columns", ["40", "100"])
def test_a_real_terminal_is_walked_through(changed, columns):
    """From `tokparity review` to the last key, whatever its width: no line is longer than that."""
    code, out = at_terminal(columns, {"(q)uit": ["a", "S", "s"], "reason:": ["typed"]})
    found = [line for line in out.splitlines() if '"<0x61>"' in line]

    assert code == 4
    assert accepted(changed) == {changed.ids()[0]: "typed"}
    assert found
    assert all(len(line) <= int(columns) for line in found)
    assert "2 still pending" in out


def at_terminal(columns, answers):
    """Run the review at a pseudo terminal; answer each prompt; return its exit code and output."""
    child, terminal = pty.fork()
    if child == 0:
        os.environ.update(COLUMNS=columns, TERM="dumb")
        os.execv(sys.executable, [sys.executable, "-m", "parity", "review"])  # noqa: S606
    out, seen = b"", 0
    while True:
        try:
            data = os.read(terminal, 65536)
        except OSError:  # Linux says so that the other end is closed
            break
        if not data:
            break
        out += data
        for prompt, given in answers.items():
            if given and out[seen:].rstrip().endswith(prompt.encode()):
                seen = len(out)
                os.write(terminal, f"{given.pop(0)}\n".encode())
    os.close(terminal)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status), out.decode()


def test_a_list_as_json_is_what_a_script_goes_on_with(changed, tokparity):
    """Every identity that it names is accepted."""
    found = json.loads(tokparity("review", "list", "--json").out)["changes"]
    names = [one["identity"] for one in found]

    assert tokparity("review", "accept", *names, "--reason", "x").code == 0
    assert len(accepted(changed)) == 3
