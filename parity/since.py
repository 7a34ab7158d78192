"""Changed-files mode: which cases a change could make differ, by what git says is changed.

What counts is everything between the merge base of a revision and HEAD, and what is not committed,
untracked files too. Each changed file is one of these:

    a corpus of the plan       its cases whose lines are not in that file at the merge base are run
    what cannot matter         documents, licences, goldens, what tokparity keeps in `.parity`
    anything else              everything is run, because it could matter

A ledger, the plan, code, lock files and tokenizer files are "anything else". What git does not
track and was told to ignore could have changed without a word: an ignored corpus is run whole, and
an ignored file that a spec names runs everything. Where in doubt, more is run, never less.
"""

from __future__ import annotations

import fnmatch
import gzip
import hashlib
import os
import subprocess
import zlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from parity import artefact, corpus, files
from parity.backends import read_spec
from parity.errors import UsageError
from parity.plan import Plan
from parity.select import Predicate
from parity.types import Case

DOCUMENTS: Final = (
    "*.md", "LICENSE", "LICENSE.txt", "LICENSES/*.txt",
    *(f"docs/*.{kind}" for kind in ("rst", "adoc", "html", "css", "png", "jpg", "gif", "svg")),
)  # fmt: skip
"""Files that no comparison reads, unless a spec names them: globs from the top of the repository,
where `*` is any number of folders too. Of `docs` only what is a document: a program is none."""
_KEPT: Final = ("runs/*", "findings/*", "fuzz/*", "job/*", "crash.txt")
OURS: Final = tuple(f".parity/{name}" for name in _KEPT)
"""What tokparity writes and no run reads."""


class Since(NamedTuple):
    """What is run because of a change.

    rev: as the user named it. commit: the merge base with HEAD.
    ids: of the cases that are run, or None where everything is.
    because: why everything is run, or what is left out, in words.
    changed: the files that changed, absolute and behind links.
    """

    rev: str
    commit: str
    ids: frozenset[str] | None
    because: str
    changed: frozenset[Path] = frozenset()

    def takes(self, case: Case) -> bool:
        """Say whether a case is run."""
        return self.ids is None or case.id in self.ids

    @property
    def wanted(self) -> Predicate | None:
        """What selects the cases, or None where everything is run."""
        return None if self.ids is None else self.takes

    def as_data(self) -> dict[str, Any]:
        """Return what a run file says of it."""
        cases = None if self.ids is None else len(self.ids)
        return {"rev": self.rev, "commit": self.commit, "because": self.because, "cases": cases}

    def locked(self) -> str:
        """Return what the parts of one run have in common of it."""
        ids = "everything" if self.ids is None else "\n".join(sorted(self.ids))
        return f"{self.commit} {hashlib.sha256(ids.encode()).hexdigest()}"


class Git:
    """What we ask git, from one folder. Raises UsageError, with what to do."""

    def __init__(self, here: Path) -> None:
        self.here = here
        self.top = files.real(Path(os.fsdecode(self._top().removesuffix(b"\n"))))

    def _top(self) -> bytes:
        try:
            return self.ask("rev-parse", "--show-toplevel")
        except _Failed as failed:
            raise UsageError(
                f"--since asks git what changed, and {str(self.here)!r} is in no working tree that "
                f"git reads: {failed}"
            ) from failed

    def merge_base(self, rev: str) -> str:
        """Return the commit that HEAD and a revision have in common."""
        commit = self._commit(rev, f"--since {rev!a}: git knows no such revision")
        head = self._commit("HEAD", "--since: HEAD is no commit yet")
        try:
            return self.ask("merge-base", commit, head).decode().strip()
        except _Failed as failed:
            raise UsageError(
                f"--since {rev!a}: it and HEAD have no commit in common here{self._shallow()}"
            ) from failed

    def _commit(self, rev: str, problem: str) -> str:
        # `--end-of-options`: what looks like an option of git is the name of a revision.
        asked = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{rev}^{{commit}}")
        try:
            if not rev or "\0" in rev:
                raise _Failed(problem)  # noqa: TRY301 (one message for both)
            return self.ask(*asked).decode().strip()
        except _Failed as failed:
            raise UsageError(f"{problem}{self._shallow()}") from failed

    def _shallow(self) -> str:
        if self.ask("rev-parse", "--is-shallow-repository").strip() != b"true":
            return "; `git fetch` may bring it"
        return (
            "; this checkout is shallow: fetch its history, in GitHub's actions/checkout with "
            "`fetch-depth: 0`, elsewhere with `git fetch --unshallow`"
        )

    def changed(self, commit: str) -> list[Path]:
        """Return the files that are not as they were at a commit, and those that are new."""
        told = ("diff", "--no-ext-diff", "--ignore-submodules=none", "--no-renames", "--name-only")
        names = self.names(*told, "-z", commit, "--")
        new = self.names("ls-files", "-z", "--others", "--exclude-standard")
        return [*names, *new, *self.unwatched()]

    def unwatched(self) -> list[Path]:
        """Return the files that git was told not to look at: whether they changed is not known."""
        found = self.ask("ls-files", "-z", "-v", at=self.top).split(b"\0")
        told = (row.partition(b" ") for row in found if row)
        return [
            self.top / os.fsdecode(name) for tag, _, name in told if tag == b"S" or tag.islower()
        ]

    def ignored(self, paths: Iterable[Path]) -> list[Path]:
        """Return those files at or below some paths that git was told to ignore."""
        inside = [str(path) for path in paths if path.is_relative_to(self.top)]
        listing = ("ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--")
        return self.names(*listing, *inside) if inside else []

    def names(self, *asked: str) -> list[Path]:
        """Return the files that a command of git lists, absolute."""
        found = self.ask(*asked, at=self.top).split(b"\0")
        return [self.top / os.fsdecode(name) for name in found if name]

    def content(self, commit: str, path: Path) -> bytes:
        """Return a file as it was at a commit; nothing where it was not there."""
        name = path.relative_to(self.top).as_posix()
        listed = self.ask("ls-tree", "-z", "--full-tree", commit, "--", name).split(b"\0")[0]
        if not listed:
            return b""
        _, kind, object = listed.partition(b"\t")[0].split()
        return self.ask("cat-file", "blob", object.decode()) if kind == b"blob" else b""

    def ask(self, *words: str, at: Path | None = None) -> bytes:
        """Return what git prints. Raises _Failed with what it complains of."""
        command = ["git", "--literal-pathspecs", "--no-optional-locks", *words]
        try:
            ran = subprocess.run(  # noqa: S603 (git, with words that it takes for names)
                command,
                cwd=at or self.here,
                capture_output=True,
                check=False,
                stdin=subprocess.DEVNULL,
            )
        except OSError as error:
            raise UsageError(
                f"--since asks git what changed, and it cannot be started: {error.strerror}; "
                "install git, or leave --since out"
            ) from error
        if ran.returncode:
            raise _Failed(ran.stderr.decode("utf-8", "backslashreplace").strip())
        return ran.stdout


class _Failed(UsageError):
    """Git did not do what it was asked."""


def read(rev: str, plan: Plan, here: Path) -> Since:
    """Return what is run of a plan because of what changed since a revision.

    here: the folder that the plan's paths are seen from. Raises UsageError, BadCorpus.
    """
    git = Git(here)
    commit = git.merge_base(rev)
    changed = [files.real(path.parent) / path.name for path in git.changed(commit)]
    real = frozenset(map(files.real, changed))
    corpora = _corpora(plan, here)
    targets = [files.real(here / target) for target in _targets(plan)]
    outside = _outside(git, [*corpora, *targets])
    if outside:
        why = f"everything runs: {_shown(git, outside[0])} is not in this repository"
        return Since(rev, commit, None, why, real)
    ignored = [files.real(path) for path in git.ignored([*corpora, *targets])]
    for path in ignored:
        if path not in corpora:
            why = f"everything runs: git ignores {_shown(git, path)}, which a spec names"
            return Since(rev, commit, None, why, real)
    for path in changed:
        if _matters(git, plan, path, corpora, targets):
            return Since(rev, commit, None, f"everything runs: {_shown(git, path)} changed", real)
    ids: set[str] = set()
    for path in sorted({*real, *ignored} & {*corpora}):
        ids.update(_new(git, commit, path))
    return Since(rev, commit, frozenset(ids), _words(len(ids)), real)


def _words(count: int) -> str:
    if not count:
        return "nothing changed that matters"
    return f"{count:,} {'case is' if count == 1 else 'cases are'} new or changed"


def _corpora(plan: Plan, here: Path) -> dict[Path, None]:
    """Return the plan's corpus files, absolute and behind links."""
    shipped = artefact.shipped()
    found = [path for pair in plan.pairs for path in corpus.find(pair.corpora, shipped, here)]
    return dict.fromkeys(map(files.real, found))


def _outside(git: Git, paths: Iterable[Path]) -> list[Path]:
    """Return what a plan names that git cannot watch here, but what comes with tokparity."""
    shipped = files.real(artefact.shipped())
    known = (git.top, shipped)
    return [path for path in paths if not any(path.is_relative_to(one) for one in known)]


def _targets(plan: Plan) -> list[str]:
    """Return what specs name that could be a file or a folder: targets, options, words of both."""
    specs = [read_spec(side) for pair in plan.pairs for side in (pair.reference, pair.candidate)]
    named = [text for spec in specs for text in (spec.target, *spec.options.values())]
    named += [target for pair in plan.pairs for _, target in pair.terms.models]
    words = [part for text in named for part in (text, *text.replace(":", " ").split())]
    words += [name for word in words for name in _modules(word)]
    return [word for word in dict.fromkeys(words) if _is_there(word)]


def _modules(word: str) -> list[str]:
    """Return the files that a dotted name may be a module of, from the folder of the plan.

    >>> _modules("mine.fast")
    ['mine', 'mine.py', 'mine/fast', 'mine/fast.py']
    """
    if not all(part.isidentifier() for part in word.split(".")):
        return []
    parts = word.split(".")
    stems = ["/".join(parts[:count]) for count in range(1, len(parts) + 1)]
    built = [str(path) for stem in stems for path in Path().glob(f"{stem}.*.so")]
    return [name for stem in stems for name in (stem, f"{stem}.py")] + built


def _is_there(word: str) -> bool:
    try:
        return bool(word) and Path(word).exists()
    except (OSError, ValueError):
        return False


def _matters(
    git: Git, plan: Plan, path: Path, corpora: Mapping[Path, None], targets: Sequence[Path]
) -> bool:
    """Say whether a changed file could make any case differ, beyond the new ones of a corpus."""
    real = files.real(path)
    if any(real == target or real.is_relative_to(target) for target in targets):
        return True
    if path.is_symlink():
        return True  # it leads elsewhere than before
    if real in corpora:
        return False
    name = path.relative_to(git.top).as_posix() if path.is_relative_to(git.top) else str(path)
    if any(part in spec for spec in _specs(plan) for part in (path.name, "docs/", "LICENSES/")):
        return True  # a program or module that lies where documents do
    golden = files.real(git.here / plan.golden)
    if path.suffix == ".jsonl" and path.is_relative_to(golden):
        return False
    return not any(fnmatch.fnmatchcase(name, glob) for glob in (*DOCUMENTS, *OURS))


def _specs(plan: Plan) -> list[str]:
    return [side for pair in plan.pairs for side in (pair.reference, pair.candidate)]


def _new(git: Git, commit: str, path: Path) -> list[str]:
    """Return the ids of the cases of a file whose lines it did not have at a commit."""
    before = git.content(commit, path) if path.is_relative_to(git.top) else b""
    if path.suffix == ".gz" and before:
        try:
            before = gzip.decompress(before)
        except (OSError, EOFError, zlib.error):
            before = b""  # it cannot be read: all that is there now is new
    known = set(before.split(b"\n"))
    found = []
    for line, case in corpus.read_placed(path):
        if line.content.removesuffix(b"\n") not in known:
            found.append(case.id)
    return found


def _shown(git: Git, path: Path) -> str:
    inside = path.is_relative_to(git.top)
    return ascii(path.relative_to(git.top).as_posix())[1:-1] if inside else ascii(str(path))[1:-1]
