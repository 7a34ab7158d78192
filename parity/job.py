"""The job that blocks a merge: compare, check the goldens, write every report, say what is next.

What compares runs in a process of its own, so that its end, whatever it is, is seen and told:

    run, golden check  ──exit codes──▶ verdict ──▶ reports, summary, outputs, one line, exit code

Nothing is read of the environment: the command line says where a service wants what.
"""

from __future__ import annotations

import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, Final, NamedTuple, TextIO

from parity import reports, runfile
from parity.errors import EvidenceLost, NothingSelected, ParityError
from parity.reports.standing import PLAN
from parity.reports.visible import printable
from parity.runfile import RunFile

FILES: Final = {
    "json": "run.json", "junit": "junit.xml", "sarif": "parity.sarif", "html": "parity.html",
    "badge": "badge.json", "markdown": "summary.md", "github": "annotations.txt",
    "gitlab": "codequality.json", "text": "run.txt",
}  # fmt: skip
"""Where in the folder of reports each format goes."""
MARKING: Final = frozenset({"github", "gitlab", "sarif"})
"""Formats that mark a line of a file."""
RUN, LOG, GOLDENS, CODE = "run.jsonl", "log.txt", "golden.txt", "exit-code"
OURSELVES: Final = (sys.executable, "-P", "-m", "parity")
"""What runs a command of ours; -P: a folder that is called `parity` and lies here is not us."""
SHOWN: Final = 60
"""Lines of a command's output that the summary has; the files in the folder have all."""
WORST: Final = (2, 3, 1, 4, 5)
"""Which exit code stands where several apply; before all of them, any that we do not know."""
NONE: Final = NothingSelected.exit_code
INTERNAL: Final = ParityError.exit_code
NOTHING: Final = "nothing to compare"
VERDICTS: Final = {
    0: "passed", 1: "diverged", 2: "wrong usage", 3: "inconclusive",
    4: "golden or lock problem", 5: "nothing selected", INTERNAL: "no result",
}  # fmt: skip
NEXT: Final = {
    "passed": "nothing is to be done",
    "diverged": "replay it (`tokparity replay --run parity-reports/run.jsonl`), have one explained "
    "(`tokparity explain ID`); what is meant goes into the ledger (`tokparity ledger add`)",
    "wrong usage": "the plan or an argument cannot be meant; the log says which",
    "inconclusive": "nothing was proved; the log says what was not compared, and why",
    "golden or lock problem": "goldens or locked files are not what they should be: see `tokparity "
    "golden check`, and record them on a branch, not in CI",
    "nothing selected": "no case fits the selection; look at --select, --shard and the corpora",
    "no result": "tokparity came to no result; the log has its last words, and nothing is proved",
    NOTHING: "nothing that the plan depends on has changed; nothing was compared",
}
CHANGED: Final = (
    "goldens changed: look at each (`tokparity golden check`, then `tokparity review`), and accept "
    "what is meant with a reason"
)


class Wanted(NamedTuple):
    """What the command line wants of the job; its options explain them."""

    reports: Path
    pairs: tuple[str, ...] = ()
    select: str = ""
    shard: str = ""
    since: str = ""
    merge: str = ""
    goldens: bool = True
    summary: Path | None = None
    outputs: Path | None = None
    annotate: str = "none"
    fetch: str = ""
    under: str = ""
    arguments: tuple[str, ...] = ()


class Came(NamedTuple):
    """What the job came to.

    code: the exit code. words: what is to be done next, in one line.
    """

    code: int
    verdict: str
    words: str


def main(wanted: Wanted, out: TextIO) -> int:
    """Do the job, telling all of it on `out`; return the exit code."""
    _prepare(wanted.reports)
    ran = _merged(wanted, out) if wanted.merge else _ran(wanted, out)
    came = decide([ran, _goldens(wanted, out)], since=wanted.since)
    run, problem = _read(wanted.reports / RUN)
    if came.verdict == NOTHING and not _nothing_changed(run):
        came = Came(NONE, VERDICTS[NONE], NEXT[VERDICTS[NONE]])
    if ran in (0, 1):
        said = problem or f"its run file says {run.footer.get('exit') if run else None!r}"
        if said != f"its run file says {ran}":
            came = _no_result(f"it ended with exit code {ran}, and {said}")
    _put(wanted.reports / CODE, f"{ran}\n")
    if run:
        _report(run, wanted, out)
    out.write(_last(came, wanted))
    if wanted.outputs:
        _put(wanted.outputs, "".join(_named(came, wanted.reports)))
    if wanted.summary:
        _put(wanted.summary, "".join(_summary(came, run, wanted)))
    return came.code


def _nothing_changed(run: RunFile | None) -> bool:
    """Say whether a run says itself that nothing changed, in its shard: not of a selection."""
    if run is None or not run.whole or run.footer.get("exit") != NONE:
        return False
    since, lock = run.header.get("since") or {}, run.header.get("lock") or {}
    of_a_shard = "cases" in since and run.header.get("shard") is not None
    return (since.get("cases") == 0 or of_a_shard) and not lock.get("select")


def decide(codes: Sequence[int], since: str = "") -> Came:
    """Return what the exit codes of the run and of the goldens come to.

    >>> decide([0, 1]).verdict, decide([1, 3]).code, decide([0, -9]).verdict
    ('diverged', 3, 'no result')
    >>> decide([5, 0], since="main").code, decide([5, 0]).code
    (0, 5)
    """
    run, goldens = codes
    if run == NONE and goldens == 0 and since:
        return Came(0, NOTHING, NEXT[NOTHING])
    strange = [code for code in codes if code not in (0, *WORST)]
    if strange:
        return _no_result(_end(strange[0]))
    code = next((code for code in WORST if code in codes), 0)
    words = CHANGED if code == 1 != run else NEXT[VERDICTS[code]]
    return Came(code, VERDICTS[code], words)


def _no_result(why: str) -> Came:
    verdict = VERDICTS[INTERNAL]
    return Came(INTERNAL, verdict, f"{why}: {NEXT[verdict]}")


def _end(code: int) -> str:
    """Say how a process ended that has no exit code of ours.

    >>> _end(-9), _end(70)
    ('it was ended by SIGKILL', 'it ended with exit code 70')
    """
    if code < 0:
        return f"it was ended by {signal.Signals(-code).name}"
    return f"it ended with exit code {code}"


def _prepare(folder: Path) -> None:
    """Make the folder, which git passes over; remove what an earlier job left as this one's."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in (RUN, LOG, GOLDENS, CODE, *FILES.values()):
            (folder / name).unlink(missing_ok=True)
        (folder / ".gitignore").write_text("*\n", encoding="ascii")  # no change of the project
    except OSError as error:
        raise EvidenceLost(
            f"{folder}: the reports cannot be written there: {error.strerror}"
        ) from error


def _ran(wanted: Wanted, out: TextIO) -> int:
    options = {"select": wanted.select, "shard": wanted.shard, "since": wanted.since}
    arguments = ["run", f"--output=jsonl={wanted.reports / RUN}", *_pairs(wanted)]
    arguments += [f"--{name}={text}" for name, text in options.items() if text]
    return _ask([*arguments, *wanted.arguments], wanted, LOG, out)


def _goldens(wanted: Wanted, out: TextIO) -> int:
    """Return what checking the goldens ended with; 0 where that is not this job's."""
    first = not wanted.shard or wanted.shard.startswith("1/")
    if not wanted.goldens or wanted.merge or not first:
        return 0
    return _ask(["golden", "check", *_pairs(wanted)], wanted, GOLDENS, out)


def _pairs(wanted: Wanted) -> list[str]:
    return [f"--pair={name}" for name in wanted.pairs]


def _merged(wanted: Wanted, out: TextIO) -> int:
    """Merge what the shards left; return the exit code of the whole run."""
    folder = Path(wanted.merge)
    found = sorted(str(path) for path in folder.rglob(RUN))
    if not found:
        raise EvidenceLost(f"{folder}: there is no {RUN} of a shard in it; download them first")
    output = f"--output={wanted.reports / RUN}"
    return _ask(["report", "merge", output, "--", *found], wanted, LOG, out)


def _ask(arguments: Sequence[str], wanted: Wanted, log: str, out: TextIO) -> int:
    """Run a command of ours, its output shown and kept; return how it ended.

    What a corpus holds may look like a command to GitHub's runner, which obeys what is printed:
    between two lines with a word that nobody can guess it does not.
    """
    guard = secrets.token_hex(16) if wanted.annotate == "github" else ""
    out.write(f"::stop-commands::{guard}\n" if guard else "")
    out.write(f"$ tokparity {printable(' '.join(arguments))}\n")
    with (
        (wanted.reports / log).open("a", encoding="utf-8", errors="backslashreplace") as kept,
        subprocess.Popen(  # noqa: S603
            [*OURSELVES, *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            encoding="utf-8", errors="backslashreplace",
        ) as child,
    ):  # fmt: skip
        for line in child.stdout or ():
            out.write(line)
            kept.write(line)
    out.write(f"\n::{guard}::\n" if guard else "")
    out.flush()
    return child.returncode


def _read(path: Path) -> tuple[RunFile | None, str]:
    """Return the run file, and why it is no evidence, or ""."""
    if not path.is_file():
        return None, "it left no run file"
    try:
        run = runfile.read(path)
    except (ParityError, OSError) as error:
        return None, f"its run file cannot be read: {error}"
    return run._replace(path=Path(RUN)), "" if run.whole else "its run file is not whole"


def _report(run: RunFile, wanted: Wanted, out: TextIO) -> None:
    """Write the run in every format; print its annotations."""
    marking = _from_the_top(run, PurePosixPath(wanted.under))
    for name, file in FILES.items():
        reports.write(name, marking if name in MARKING else run, wanted.reports / file)
    if wanted.annotate == "github":
        out.write((wanted.reports / FILES["github"]).read_text(encoding="utf-8"))


def _from_the_top(run: RunFile, folder: PurePosixPath) -> RunFile:
    """Return a run whose files are named from the top of the repository, as services do."""

    def moved(row: dict[str, Any]) -> dict[str, Any]:
        place = row.get("place") or {}
        file = place.get("file")
        return {**row, "place": {**place, "file": str(folder / file)}} if file else row

    plan = run.header["plan"]
    plan = plan if plan.endswith(".toml") else PLAN
    return run._replace(
        header={**run.header, "plan": str(folder / plan)},
        divergences=[moved(row) for row in run.divergences],
    )


def _summary(came: Came, run: RunFile | None, wanted: Wanted) -> Iterator[str]:
    """Yield the summary: the verdict and what is next, the report, the goldens' words."""
    part = f" of shard {wanted.shard}" if wanted.shard else ""
    words = printable(f"{came.words[0].upper()}{came.words[1:]}").replace("\n", " ")
    yield f"## tokparity job{part}: {came.verdict}\n\n{words}.\n\n"
    if wanted.fetch:
        more = "; `--run parity-reports/run.jsonl` is for the commands below" if run else ""
        yield f"All that the job left: `{wanted.fetch}`{more}\n\n"
    if run:
        yield (wanted.reports / FILES["markdown"]).read_text(encoding="utf-8")
    else:
        yield from _quoted("What it said", wanted.reports / LOG)
    yield from _quoted("Goldens", wanted.reports / GOLDENS)


def _quoted(title: str, path: Path) -> Iterator[str]:
    """Yield the end of a file, if it is there, as a block that nothing in it can leave."""
    if path.is_file():
        lines = printable(path.read_text(encoding="utf-8")).splitlines()
        yield f"\n### {title}\n\n"
        if len(lines) > SHOWN:
            yield f"{len(lines) - SHOWN:,} lines before these are in {path.name}.\n\n"
        yield from (f"    {line}\n" for line in lines[-SHOWN:])


def _named(came: Came, folder: Path) -> Iterator[str]:
    yield f"exit-code={came.code}\nverdict={came.verdict}\n"
    for name, file in (("run-file", RUN), ("sarif-file", FILES["sarif"])):
        place = (folder / file).absolute()
        yield f"{name}={place if place.is_file() else ''}\n"


def _last(came: Came, wanted: Wanted) -> str:
    text = printable(f"{came.verdict}: {came.words}").replace("\n", " ")
    if wanted.annotate != "github":
        return f"\ntokparity job: {text}\n"
    if came.verdict == VERDICTS[0]:
        return f"tokparity job: {text}\n"
    level = "notice" if came.code == 0 else "error"
    return f"::{level} title=tokparity::{text.replace('%', '%25')}\n"


def _put(path: Path, text: str) -> None:
    """Append to a file. Raises EvidenceLost."""
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise EvidenceLost(f"{path}: cannot be written: {error.strerror}") from error
