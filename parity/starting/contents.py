"""What each file of a new project holds."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import tomlkit

from parity import backends, corpus, jsonl
from parity.backends import read_spec
from parity.errors import BadPlan
from parity.session import Loaded
from parity.starting.recording import CORPORA, GOLDEN, vocabulary_of
from parity.types import Case

HERE: Final = Path(__file__).parent
PROJECT: Final = Path("pyproject.toml")
CORPUS: Final = Path("corpora/own.jsonl")
LEDGER: Final = Path("golden/expected.toml")
WORKFLOW: Final = Path(".github/workflows/parity.yml")
GITLAB: Final = Path(".gitlab-ci.yml")
INCLUDED: Final = Path(".gitlab/parity.yml")
HOOKS: Final = Path(".pre-commit-config.yaml")
BYTES: Final = ("corpora/** -text", "golden/** -text")
README: Final = """\
Cases of our own, one JSON object a line, one trap a case; a text that once went wrong belongs here.
`tokparity corpus add` writes a line with its id, `tokparity golden update` records what it must be.
"""
EXPECTED: Final = """\
# What may differ, and must: each entry has a pair, a check, a selector and a reason, and every case
# that it selects has to differ still. `tokparity ledger add` writes one. Nothing differs yet.
"""
CASES: Final[Mapping[str, str]] = {
    "own/sentence": "The quick brown fox jumps over 13 lazy dogs, doesn't it?",
    "own/code": "def total(rows):\n    return sum(row[0] for row in rows)\n",
    "own/languages": "naïve café, Straße, 東京都, привет, مرحبا, नमस्ते",
    "own/emoji": "ship it 🚀 👩\u200d💻 👍🏽",
    "own/spaces": "  two before, two after  \n\n",
}
"""First cases: kinds of text that most projects have."""


def files(loaded: Loaded, checks: Sequence[str], ci: str, *, pre_commit: bool) -> dict[Path, bytes]:
    """Return every file but the goldens, as it would be; one that stays as it is is not there."""
    values = _values(loaded)
    wanted = {
        CORPUS: _cases(loaded),
        Path("corpora/README.md"): README,
        LEDGER: EXPECTED,
    }
    if ci == "github":
        wanted[WORKFLOW] = filled("github.yml", values)
    if ci == "gitlab":
        wanted[INCLUDED if GITLAB.exists() else GITLAB] = filled("gitlab.yml", values)
    if pre_commit:
        wanted[HOOKS] = filled("pre-commit.yaml", values)
    made = {PROJECT: appended(PROJECT, _table(loaded, checks), blank=True)}
    made |= {path: text.encode() for path, text in wanted.items() if not path.exists()}
    for path, lines in ((Path(".gitattributes"), BYTES), (Path(".gitignore"), (".parity/",))):
        here = path.read_bytes().decode("utf-8", "replace") if path.exists() else ""
        more = [line for line in lines if line not in here.splitlines()]
        if more:
            made[path] = appended(path, "".join(f"{line}\n" for line in more))
    return made


def advice(made: Mapping[Path, bytes], ci: str, *, pre_commit: bool) -> Iterator[str]:
    """Yield what is left to the user: files that are there and stay as they are."""
    for path in (CORPUS, LEDGER):
        if path not in made:
            yield f"\nstays as it is: {path.as_posix()}"
    if ci == "github" and WORKFLOW not in made:
        yield f"\nstays as it is: {WORKFLOW.as_posix()}; it may not run the plan"
    if ci == "gitlab" and GITLAB not in made:
        yield f"\nadd to {GITLAB}: include: [{{local: {INCLUDED.as_posix()}}}]"
    if pre_commit and HOOKS not in made:
        lines = filled("pre-commit.yaml", {"FILES": r"^(corpora|golden)/"}).splitlines()[1:]
        yield "\n".join([f"\nadd to {HOOKS}:", *lines])


def has_table(path: Path) -> bool:
    """Say whether a pyproject.toml has a [tool.parity], be it without pairs."""
    if not path.exists():
        return False
    tool = tomllib.loads(path.read_text(encoding="utf-8")).get("tool", {})
    return isinstance(tool, dict) and "parity" in tool


def appended(path: Path, text: str, *, blank: bool = False) -> bytes:
    """Return a file's bytes with lines at their end; what was there stays, byte for byte.

    Raises BadPlan where what comes out is a pyproject.toml that says anything else than it did.
    """
    before = path.read_bytes() if path.exists() else b""
    ends = "\r\n" if b"\r\n" in before else "\n"
    between = "" if not before or before.endswith(b"\n") else ends
    between += ends if before and blank else ""
    after = before + (between + text.replace("\n", ends)).encode()
    if path == PROJECT:
        _check(before, after)
    return after


def _check(before: bytes, after: bytes) -> None:
    try:
        old, new = (tomllib.loads(data.decode()) for data in (before, after))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadPlan(f"{PROJECT}: no table can be added at its end: {error}") from error
    del new["tool"]["parity"]
    if new != {"tool": {}, **old}:
        raise BadPlan(f"{PROJECT}: no table can be added at its end; write [tool.parity] yourself")


def _table(loaded: Loaded, checks: Sequence[str]) -> str:
    """Return the plan as TOML."""
    pair = tomlkit.table()
    for key in ("name", "reference", "candidate"):
        pair.add(key, getattr(loaded.pair, key))
    pair.add("checks", list(checks))
    pair.add("golden", [check for check in GOLDEN if check in checks])
    pairs = tomlkit.aot()
    pairs.append(pair)
    table = tomlkit.table()
    table.add(tomlkit.comment("Texts and ids that tokparity ships, and your own."))
    table.add("corpora", list(CORPORA))
    table.add("pairs", pairs)
    document = tomlkit.document()
    tool = tomlkit.table(is_super_table=True)
    tool.add("parity", table)
    document.add("tool", tool)
    return tomlkit.dumps(document)


def _cases(loaded: Loaded) -> str:
    added = next((text for text in vocabulary_of(loaded) if text.strip()), "")
    texts = dict(CASES) | ({"own/added-token": f"before {added} after"} if added else {})
    rows = (corpus.as_line(Case("", "text", text), name) for name, text in texts.items())
    return "".join(f"{jsonl.dump(row)}\n" for row in rows)


def filled(name: str, values: Mapping[str, Any]) -> str:
    """Return a template with its @NAMES@ filled in."""
    text = (HERE / name).read_text(encoding="utf-8")
    for key, value in values.items():
        text = text.replace(f"@{key}@", str(value))
    return text


def _values(loaded: Loaded) -> Mapping[str, str]:
    specs = [read_spec(text) for text in (loaded.pair.reference, loaded.pair.candidate)]
    targets = dict.fromkeys(spec.target for spec in specs if Path(spec.target).exists())
    places = "".join(
        f"|{re.escape(target)}" for target in targets if not Path(target).is_absolute()
    )
    return {
        "VERSION": version("tokparity"),
        "REQUIREMENT": requirement([spec.kind for spec in specs]),
        "FILES": rf"^(pyproject\.toml|corpora/|golden/{places})".replace("'", "''"),
    }


def requirement(kinds: Sequence[str]) -> str:
    """Return what pip installs for a plan of these kinds, with our version.

    >>> requirement(["hf", "reference"]).partition("==")[0]
    'tokparity[pytest]'
    """
    wanted = {row.install for row in backends.known() if row.kind in kinds and row.needs}
    ours = {found[1] for one in wanted if (found := re.fullmatch(r"tokparity\[(\w+)\]", one))}
    extras = ",".join(sorted({"pytest", *(ours - {"hf"})}))
    return f"tokparity[{extras}]=={version('tokparity')}"
