"""A document is run as a reader would: its commands in order, in one bash, in a folder of its own.

A page has three kinds of blocks, and no other:

* `sh`: commands, one a line, or continued by a backslash. Each must end with exit code 0, or with
  the one that its line says in a comment: `# it goes red: exit code 1`.
* `text`, behind commands: what they print, all of it. `…` stands for anything, within a line or as
  a line of its own.
* any other language, with `# file: NAME` in its first line: a file that the reader writes.

`pip` is a function there: what it is asked for must be this distribution with extras that exist,
and what those install must be here. Nothing is published, so nothing is fetched.
"""

import os
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"(?:#!.*\n)?# file: (\S+)\n")
CODE = re.compile(r"#.*\bexit code (\d+)$")
LIMIT = 300
"""Seconds for all commands of a page: far more than any takes, so that none hangs a job."""
PIP = """\
pip() { "$PAGE_PYTHON" "$PAGE_MACHINE" "$@"; }
"""
STEP = """\
{{
{command}
}} >"$PAGE_OUT/{number}" 2>&1 </dev/null
code=$?
echo "$code" >"$PAGE_OUT/{number}.code"
[ "$code" = {code} ] || exit 1
"""


class Command(NamedTuple):
    """A command: its line in the page, what bash reads, and the exit code that it must have."""

    line: int
    text: str
    code: int


class Block(NamedTuple):
    """A fenced block: its language, its first line in the page, and what is in it."""

    language: str
    line: int
    text: str


class Wrong(AssertionError):
    """What a page says is not so."""


def blocks(page: str) -> list[Block]:
    """Return the fenced blocks of a page, in order."""
    return [
        Block(found[1], page.count("\n", 0, found.start()) + 2, found[2])
        for found in FENCE.finditer(page)
    ]


def commands(block: Block) -> list[Command]:
    """Return the commands of a block; a line that ends in a backslash goes on in the next."""
    found, begun = [], []
    for number, line in enumerate(block.text.splitlines(), block.line):
        begun.append(line)
        if line.endswith("\\"):
            continue
        text, code = "\n".join(begun), CODE.search(line)
        if text.strip():
            found.append(Command(number - len(begun) + 1, text, int(code[1]) if code else 0))
        begun = []
    return found


class Page(NamedTuple):
    """What a page does: the script for bash, its commands, and what each block must print."""

    script: str
    commands: list[Command]
    printed: list[tuple[Block, list[int]]]


def read(text: str, out: Path) -> Page:
    """Return what a page does; its files are put into `out`. Raises Wrong for what nobody runs."""
    parts, steps, printed, last = [PIP, "set -u\n"], [], [], []
    for block in blocks(text):
        if block.language == "sh":
            last = []
            for command in commands(block):
                last.append(len(steps))
                steps.append(command)
                values = {"command": command.text, "number": last[-1], "code": command.code}
                parts.append(STEP.format(**values))
        elif block.language == "text":
            if not last:
                raise Wrong(f"line {block.line}: a block of text that no command printed")
            printed.append((block, last))
            last = []
        else:
            parts.append(_file(block, out))
            last = []
    return Page("".join(parts), steps, printed)


def _file(block: Block, out: Path) -> str:
    named = FILE.match(block.text)
    if not named:
        raise Wrong(
            f"line {block.line}: a block of {block.language or 'no language'} is neither run nor"
            " written: its first line is not '# file: NAME'"
        )
    kept = out / f"file-{block.line}"
    kept.write_text(block.text, encoding="utf-8")
    return f'mkdir -p "$(dirname {named[1]})" && cp "$PAGE_OUT/{kept.name}" {named[1]} || exit 1\n'


def run(path: Path, folder: Path, **variables: str) -> None:
    """Run a page in `folder`, a new git repository. Raises Wrong with the first thing not so."""
    out, here = folder / "out", folder / "project"
    for place in (out, here):
        place.mkdir(parents=True)
    text = path.read_text(encoding="utf-8")
    page = read(text, out)
    if not page.commands:
        raise Wrong(f"{path.name}: it has no commands")
    around = environment(out, folder) | variables
    command = ["bash", "-c", f"git init -q -b main . || exit 1\n{page.script}"]
    ended = subprocess.run(  # noqa: S603 (bash of the desk, and a page of ours)
        command, cwd=here, env=around, check=False, timeout=LIMIT, stdin=subprocess.DEVNULL
    )
    check(path.name, page, out)
    if ended.returncode:
        raise Wrong(f"{path.name}: a file of the page could not be written")


def environment(out: Path, folder: Path) -> dict[str, str]:
    """Return the variables of a desk: no CI, 100 columns, a home and a git name of its own."""
    dropped = re.compile(r"CI$|GITHUB_|GITLAB_|PYTEST_|COV_|COVERAGE_|NO_COLOR$|FORCE_COLOR$|PIP_")
    kept = {name: value for name, value in os.environ.items() if not dropped.match(name)}
    who = {f"GIT_{role}_{what}": "reader@example.org" if what == "EMAIL" else "reader"
           for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}  # fmt: skip
    return kept | who | {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "HOME": str(folder), "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull,
        "COLUMNS": "100", "PYTHONUTF8": "1", "LC_ALL": "C.UTF-8",
        "PAGE_OUT": str(out), "PAGE_PYTHON": sys.executable, "PAGE_MACHINE": __file__,
    }  # fmt: skip


def check(name: str, page: Page, out: Path) -> None:
    """Compare what commands did with what the page says. Raises Wrong."""
    for number, command in enumerate(page.commands):
        ended = out / f"{number}.code"
        code = ended.read_text().strip() if ended.exists() else "none"
        if code != str(command.code):
            raise Wrong(
                f"{name}:{command.line}: exit code {code}, the page says {command.code}:"
                f" {command.text}\n{_said(out, [number])}"
            )
    for block, numbers in page.printed:
        said = _said(out, numbers)
        lacks = missing(block.text, said)
        if lacks:
            raise Wrong(f"{name}:{block.line}: no such line: {lacks!r}; what was printed:\n{said}")


def _said(out: Path, numbers: list[int]) -> str:
    return "".join(
        (out / str(number)).read_text(encoding="utf-8", errors="backslashreplace")
        for number in numbers
        if (out / str(number)).exists()
    )


def missing(wanted: str, said: str) -> str:
    """Return the first line of a page that was not printed where the page has it, or ""."""
    rows = [line.rstrip() for line in said.strip("\n").splitlines()]
    at, free = 0, False
    for line in wanted.strip("\n").splitlines():
        if line.strip() == "…":
            free = True
            continue
        like = re.compile(".*".join(re.escape(part) for part in line.rstrip().split("…")))
        places = range(at, len(rows)) if free else range(at, min(at + 1, len(rows)))
        place = next((number for number in places if like.fullmatch(rows[number])), None)
        if place is None:
            return line
        at, free = place + 1, False
    return "" if free or at == len(rows) else f"the end; the page lacks {rows[at]}"


def pip(arguments: list[str], project: Path = ROOT / "pyproject.toml") -> str:
    """Return why `pip install …` would not do what a page says, or ""."""
    about = tomllib.loads(project.read_text(encoding="utf-8"))["project"]
    extras = about["optional-dependencies"]
    verb, *wanted = arguments
    if verb != "install" or not wanted:
        return f"pip {' '.join(arguments)}: only `pip install` of this distribution is known here"
    for one in wanted:
        named = re.fullmatch(r"([\w-]+)(?:\[([\w,-]+)\])?", one)
        if not named or named[1] != about["name"]:
            return f"{one!r} is not {about['name']}, with extras or without"
        for extra in filter(None, (named[2] or "").split(",")):
            if extra not in extras:
                return f"{one!r}: there is no extra {extra!r}"
            if lacking := _lacking(extra, extras, about["name"]):
                return f"{one!r}: {lacking} is not installed here, so the page proves nothing"
    return ""


def _lacking(extra: str, extras: dict[str, list[str]], own: str) -> str:
    for requirement in extras[extra]:
        name, inner = re.match(r"([\w.-]+)(?:\[([\w,-]+)\])?", requirement).groups()
        if name == own:
            found = "".join(_lacking(one, extras, own) for one in inner.split(","))
        else:
            try:
                metadata.distribution(name)
                found = ""
            except metadata.PackageNotFoundError:
                found = name
        if found:
            return found
    return ""


if __name__ == "__main__":
    sys.exit(pip(sys.argv[1:]) or 0)
