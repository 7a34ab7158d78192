"""Terminals: colour only where it is wanted, every count at 40 columns, no code outside of one."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios

import pytest

ESCAPE = "\x1b"
CURSOR = re.compile(r"\x1b\[\??[0-9;]*[A-HJKSTfhl]")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
CLEARED = ("CI", "NO_COLOR", "FORCE_COLOR", "COLUMNS", "TERM", "CLICOLOR_FORCE", "COLORTERM",
           "TTY_COMPATIBLE", "TTY_INTERACTIVE", "PYTEST_ADDOPTS")  # fmt: skip


def surroundings(**more):
    """The environment without what decides about colour, and with what a test says."""
    return {name: text for name, text in os.environ.items() if name not in CLEARED} | more


def on_a_terminal(folder, *words, columns=100, **env):
    """What a command writes to a pseudo terminal of so many columns, and its exit code."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    process = subprocess.Popen(  # noqa: S603 (ourselves)
        [sys.executable, "-m", "parity", *words], cwd=folder, stdin=theirs, stdout=theirs,
        stderr=theirs, env=surroundings(**({"TERM": "xterm-256color"} | env)),
    )  # fmt: skip
    os.close(theirs)
    read = bytearray()
    try:
        while part := os.read(ours, 4096):
            read += part
    except OSError:  # Linux ends a pseudo terminal so
        pass
    os.close(ours)
    return process.wait(), read.decode()


def without_terminal(folder, *words, **env):
    """What a command writes where there is no terminal: code, stdout, stderr."""
    done = subprocess.run(  # noqa: S603 (ourselves)
        [sys.executable, "-m", "parity", *words], cwd=folder, capture_output=True, text=True,
        check=False, env=surroundings(**env),
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def red(project):
    """A plan that diverges."""
    return project.plan({"candidate": "mock:drops_last_id"})


def test_a_run_on_a_terminal_has_colour_and_a_bar(red):
    """The bar moves the cursor, and is gone at the end."""
    code, out = on_a_terminal(red, "run")

    assert code == 1
    assert COLOUR.search(out)
    assert CURSOR.search(out)
    assert "comparing" in out


@pytest.mark.parametrize("value", ["1", "0", "false"])
def test_no_color_means_no_colour(red, value):
    """Any value that is not empty."""
    code, out = on_a_terminal(red, "run", NO_COLOR=value)

    assert code == 1
    assert {found for found in COLOUR.findall(out) if re.search(r"\[(3|4|9|10)\d", found)} == set()
    assert "DIVERGED" in out


def test_an_empty_no_color_is_none(red):
    """As no-color.org has it."""
    assert COLOUR.search(on_a_terminal(red, "run", NO_COLOR="")[1])


@pytest.mark.parametrize("term", ["dumb", "unknown"])
def test_a_dumb_terminal_gets_text_alone(red, term):
    """No colour, no bar, no movement of a cursor."""
    code, out = on_a_terminal(red, "run", TERM=term)

    assert code == 1
    assert ESCAPE not in out
    assert "\r" not in out.replace("\r\n", "")
    assert "comparing" not in out
    assert "DIVERGED" in out


@pytest.mark.parametrize("words", [["run"], ["demo"], ["doctor"], ["backends"], ["show", "t/case"]])
def test_what_is_no_terminal_gets_no_escape_code(project, words):
    """A file, a pipe, a log of CI: on neither stream."""
    project.plan({"candidate": "mock:drops_last_id"}, rows=["abc"])
    _, out, err = without_terminal(project.folder, *words, TERM="xterm-256color")

    assert ESCAPE not in out + err
    assert "\r" not in out + err
    assert "comparing" not in err


def test_colour_can_be_forced(red):
    """Into a log that shows it; the bar is not: there is no terminal to move in."""
    _, out, err = without_terminal(red, "run", FORCE_COLOR="1", TERM="xterm-256color")

    assert COLOUR.search(out)
    assert not CURSOR.search(out + err)


def test_an_error_has_no_colour_where_none_is_wanted(project):
    """On a dumb terminal too."""
    project.file("pyproject.toml", "[tool")
    for env in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        code, out = on_a_terminal(project.folder, "run", **env)

        assert code == 2
        assert ESCAPE not in out


COUNTS = "ids: 2 compared, 0 same, 2 diverged"


@pytest.mark.parametrize("term", ["xterm-256color", "dumb"])
def test_no_count_of_a_run_is_cut_at_40_columns(red, term):
    """A line a check, where no table fits."""
    code, out = on_a_terminal(red, "run", "--checks", "ids", columns=40, TERM=term)

    assert code == 1
    assert COUNTS in COLOUR.sub("", out)
    assert "…" not in COLOUR.sub("", out).replace("… and", "")


NARROW = {
    "show": (["show", "t/case"], ["reference", "candidate"]),
    "explain": (["explain", "t/case"], ["differs in"]),
    "golden": (["golden", "check"], ["1 goldens checked, 1 differ"]),
    "backends": (["backends"], ["reference", "tokenizers"]),
    "doctor": (["doctor"], ["[ok]   tokparity: ", "1 FAIL"]),
    "demo": (["demo"], ["Found: added-token-strip", "13 of 1,022 differ"]),
}


@pytest.mark.parametrize("name", NARROW)
def test_a_command_can_be_read_at_40_columns(project, name):
    """Every name that it tells is there, whatever is folded."""
    words, said = NARROW[name]
    project.plan({"candidate": "mock:drops_last_id", "golden": ["ids"]}, rows=["abc"])
    _, out, err = without_terminal(project.folder, *words, COLUMNS="40")
    text = " ".join(out.split())

    assert not err
    assert [one for one in said if " ".join(one.split()) not in text] == []


def test_help_imports_nothing_that_it_does_not_need():
    """`--help` and completion are what people wait for most often."""
    code = (
        "import sys\nfrom parity import cli\n"
        "cli.cli.main(['--help'], standalone_mode=False)\n"
        "heavy = {'rich', 'orjson', 'tokenizers', 'transformers', 'torch', 'numpy', 'tomlkit', "
        "'parity.session', 'parity.backends', 'parity.demo', 'parity.doctor', 'parity.starting'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603

    assert done.stdout.splitlines()[-1] == "[]"
