"""A line that shows an example again: pasted into a shell, it shows it."""

import shlex
import subprocess
import sys

import pytest

from parity.survey.reproducing import line, quoted
from parity.types import Case

REAL = "hf:tiny:byte-bpe-600"


def pasted(text, folder):
    """What a bash makes of a line, in which tokparity is this one, in a locale that knows ASCII."""
    ours = f'tokparity() {{ {shlex.quote(sys.executable)} -m parity "$@"; }}\n'
    environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "PYTHONPATH": ":".join(sys.path)}
    command = ["bash", "-c", ours + text]
    done = subprocess.run(command, check=False, capture_output=True, cwd=folder, env=environment)  # noqa: S603
    return done.returncode, done.stdout.decode()


@pytest.mark.parametrize(
    "text", ["it's", "a\\b\n", " \U0001d2c9 ", "$HOME `x`", "\x1b[0m\u200b", "-a", "caf\u00e91", ""]
)
def test_a_quoted_text_is_one_word_of_bash(text, tmp_path):
    """Byte for byte, whatever is in it, and in ASCII."""
    command = ["bash", "-c", f"printf %s {quoted(text)}"]
    options = {"cwd": tmp_path, "env": {"LC_ALL": "C"}}
    done = subprocess.run(command, check=True, capture_output=True, **options)  # noqa: S603

    assert done.stdout == text.encode()
    assert quoted(text).isascii()


@pytest.mark.parametrize(
    ("check", "case", "fault", "shows"),
    [
        ("ids", Case("", "text", "It's a\n\u200b"), "reads_lower_case", "differs in  ids"),
        ("ids", Case("", "text", "A\0", {"specials": "plain"}), "reads_lower_case", "DIVERGED"),
        ("text", Case("", "ids", (220, 64)), "strips_decoded_text", "DIVERGED"),
    ],
)
def test_a_line_shows_a_planted_fault(check, case, fault, shows, tmp_path):
    """By explain, or by a file beside where no argument can hold the case."""
    code, printed = pasted(line(check, [case], REAL, f"mock:{fault},of={REAL}"), tmp_path)

    assert shows in printed
    assert code == (1 if shows == "DIVERGED" else 0)


def test_several_cases_of_one_call_go_together(tmp_path):
    """Two that are alike, too."""
    cases = [Case("", "text", "a"), Case("", "text", "a"), Case("", "text", "word's")]
    again = line("batch_is_single", cases, REAL, f"mock:pads_batches,of={REAL}")
    code, printed = pasted(again, tmp_path)

    assert (code, "DIVERGED" in printed) == (1, True)


def test_the_lines_of_a_matrix_show_what_it_found(matrix, here):
    """As they stand in it."""
    (cell,) = matrix("reads", checks=("ids",)).cells
    code, printed = pasted(cell.checks["ids"].examples[0].reproduce, here)

    assert "differs in  ids" in printed
    assert code == 0
