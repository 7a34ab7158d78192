"""Tokenizers of the Hugging Face hub: `hf:hub:ORG/NAME@COMMIT`, through huggingface_hub.

What is in the local cache is used without asking anybody. The network is asked only where the user
allows it (`--network`, `network = true`), and only for a tokenizer's files. A commit is wanted,
because a branch or tag moves: one is taken only where that is allowed too (`--moving`,
`moving = true`), what it is now is told, and where it was when it was fetched last.

A commit vouches for its files: each is compared with the listing of the commit that the cache has,
by git's own digest of the file or of its LFS pointer, so that what was changed or cut off in the
cache is not believed. Where the cache has no listing (another program filled it), that is told.
Tokens and mirrors are as huggingface_hub finds them (`HF_TOKEN`, `HF_ENDPOINT`, `HF_HOME`).
"""

from __future__ import annotations

import contextlib
import fnmatch
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from parity import terms
from parity.errors import BadSpec, MissingPackage, NotFetched

FILES: Final = (
    "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
    "vocab.json", "merges.txt", "vocab.txt", "tokenizer.model", "tokenizer.model.v*",
    "spiece.model", "spm.model", "sentencepiece.bpe.model", "tekken.json", "tiktoken.json",
    "*.tiktoken", "chat_template.jinja", "chat_template.json", "additional_chat_templates/*.jinja",
    "config.json",
)  # fmt: skip
"""What is fetched of a repository: what some loader reads; config.json names the class for one."""
VOCABULARIES: Final = (
    "tokenizer.json", "vocab.json", "vocab.txt", "tekken.json", "*.model", "*.model.v*",
    "*.tiktoken",
)  # fmt: skip
"""Of these, one must be there."""
NAME: Final = re.compile(r"(?P<repository>[\w.-]+/[\w.-]+)@(?P<revision>\S+)")
COMMIT: Final = re.compile(r"[0-9a-f]{40}")
POINTER: Final = "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize {}\n"
"""What git has in the place of a large file."""


class Wanted(NamedTuple):
    """A name of the hub, taken apart; `revision` is a commit, a branch or a tag."""

    repository: str
    revision: str

    @property
    def pinned(self) -> bool:
        """Whether the revision is a commit, which never moves."""
        return bool(COMMIT.fullmatch(self.revision))


def read(name: str) -> Wanted:
    """Take ORG/NAME@REVISION apart. Raises BadSpec.

    >>> read("Qwen/Qwen3-0.6B@main")
    Wanted(repository='Qwen/Qwen3-0.6B', revision='main')
    """
    found = NAME.fullmatch(name)
    if not found:
        raise BadSpec(
            f"'hub:{name}': a target of the hub is hub:ORG/NAME@COMMIT, with the 40 hex digits of "
            "a commit, which its page of files shows under History"
        )
    revision = found["revision"]
    lowered = revision.lower()
    return Wanted(found["repository"], lowered if COMMIT.fullmatch(lowered) else revision)


def folder(name: str) -> Path:
    """Return the folder in the hub's cache that holds a tokenizer; fetch it where that is allowed.

    Raises BadSpec, MissingPackage, and NotFetched with what the hub said, or both ways to get it.
    """
    wanted, allowed = read(name), terms.now()
    library = _library()
    if not wanted.pinned and not allowed.moving:
        raise BadSpec(_moves(library, wanted))
    with _told(f"hub:{name}"):
        if allowed.network and not (wanted.pinned and _is_whole(library, wanted)):
            place, words = _fetched(library, wanted)
        else:
            place, words = _cached(library, wanted)
        if not _matching(place, VOCABULARIES):
            raise NotFetched(f"hub:{name}: there is no tokenizer among its files, in {place}")
        words += _verified(library, wanted._replace(revision=place.name), place)
    terms.tell(f"hub:{name}", words)
    return place


def _library() -> Any:
    """Return huggingface_hub, imported where somebody asks for the hub."""
    try:
        import huggingface_hub
    except ImportError as error:
        install = "pip install 'tokparity[hub]'"
        raise MissingPackage(
            f"a hub: target needs the package huggingface_hub: {install}"
        ) from error
    if not hasattr(huggingface_hub, "get_cached_repo_tree"):
        version = huggingface_hub.__version__
        raise MissingPackage(
            f"huggingface_hub {version} keeps no listings of commits: pip install 'tokparity[hub]'"
        )
    return huggingface_hub


def _cached(library: Any, wanted: Wanted) -> tuple[Path, str]:
    """Return what the cache has, and what to tell of it. Raises NotFetched with both ways."""
    try:
        place = Path(
            library.snapshot_download(
                wanted.repository, revision=wanted.revision, allow_patterns=list(FILES),
                local_files_only=True,
            )
        )  # fmt: skip
    except library.errors.LocalEntryNotFoundError as error:
        raise NotFetched(
            f"hub:{wanted.repository}@{wanted.revision} is not (or not whole) in the local cache, "
            "and the network may not be asked. Either allow it: --network, or network = true in "
            "[tool.parity]; or fetch it yourself: hf download "
            f"{wanted.repository} --revision {wanted.revision} {' '.join(FILES[:3])} ..., and name "
            "that folder"
        ) from error
    when = "" if wanted.pinned else ", as it was when it was fetched last: nobody was asked"
    return place, f"commit {place.name}{when}, from the cache"


def _fetched(library: Any, wanted: Wanted) -> tuple[Path, str]:
    """Ask the hub, fetch what is missing; return the folder, and what to tell of it."""
    before = "" if wanted.pinned else _last_known(library, wanted)
    with _silent(library):
        if not wanted.pinned:  # or a hub that is down would be taken for one that has not moved
            library.HfApi().repo_info(wanted.repository, revision=wanted.revision)
        place = Path(
            library.snapshot_download(
                wanted.repository, revision=wanted.revision, allow_patterns=list(FILES)
            )
        )
    moved = f"; it MOVED: it was {before} when it was fetched last" if before else ""
    listed = _listing(library, wanted._replace(revision=place.name)) is not None
    source = "from the hub" if listed else "from the cache: the hub did not answer"
    return place, f"commit {place.name}{moved if before != place.name else ''}, {source}"


def _is_whole(library: Any, wanted: Wanted) -> bool:
    """Say whether the cache has the listing of a commit and all the files that are wanted of it."""
    if _listing(library, wanted) is None:
        return False
    try:
        _cached(library, wanted)
    except NotFetched:
        return False
    return True


def _listing(library: Any, wanted: Wanted) -> dict[str, str] | None:
    """Return what git calls each file of a commit, or None where the cache has no listing of it."""
    try:
        tree = library.get_cached_repo_tree(wanted.repository, revision=wanted.revision)
    except library.errors.CachedRepoTreeNotFoundError:
        return None
    return {file.path: file.blob_id for file in tree}


def _last_known(library: Any, wanted: Wanted) -> str:
    """Return the commit that a branch or tag was, when it was fetched last, or ""."""
    name = "--".join(("models", *wanted.repository.split("/")))
    place = Path(library.constants.HF_HUB_CACHE) / name / "refs" / wanted.revision
    with contextlib.suppress(OSError, UnicodeDecodeError):
        found = place.read_text(encoding="ascii").strip()
        return found if COMMIT.fullmatch(found) else ""
    return ""


def _moves(library: Any, wanted: Wanted) -> str:
    known = _last_known(library, wanted)
    pin = f"hub:{wanted.repository}@{known or 'COMMIT'}"
    last = " (what it was when it was fetched last)" if known else ""
    return (
        f"hub:{wanted.repository}@{wanted.revision}: that is a branch or tag, and may be another "
        f"tokenizer tomorrow; name a commit: {pin}{last}; or allow it: --moving, or moving = true "
        "in [tool.parity]"
    )


def _verified(library: Any, wanted: Wanted, place: Path) -> str:
    """Compare the files with the commit's listing; return what to tell. Raises NotFetched."""
    listed = _listing(library, wanted)
    if listed is None:
        return "; the cache has no listing of it: some files may be missing or changed"
    for path in _matching(place, FILES):
        name = path.relative_to(place).as_posix()
        if listed.get(name) not in _git_digests(path):
            is_not = (
                "is not what that commit has" if name in listed else "is no file of that commit"
            )
            raise NotFetched(
                f"hub:{wanted.repository}@{wanted.revision}: {path} {is_not}: it was changed or "
                f"cut off in the cache; remove {place.parent.parent} and fetch it again"
            )
    return ""


def _git_digests(path: Path) -> tuple[str, str]:
    """Return what git calls a file, and what it calls the LFS pointer to it."""
    data = path.read_bytes()
    pointer = POINTER.format(hashlib.sha256(data).hexdigest(), len(data)).encode()
    first, second = (
        hashlib.sha1(b"blob %d\0" % len(one) + one, usedforsecurity=False).hexdigest()
        for one in (data, pointer)
    )
    return first, second


def _matching(place: Path, patterns: tuple[str, ...]) -> list[Path]:
    """Return the files of a folder that fit a pattern, as the hub's client fits them."""
    files = [path for path in sorted(place.rglob("*")) if path.is_file()]
    return [
        path
        for path in files
        if any(fnmatch.fnmatch(path.relative_to(place).as_posix(), one) for one in patterns)
    ]


@contextlib.contextmanager
def _silent(library: Any) -> Iterator[None]:
    """Keep the client's progress bars from where our own output stands."""
    bars = library.utils
    before = bars.are_progress_bars_disabled()
    if not before:
        bars.disable_progress_bars()
    try:
        yield
    finally:
        if not before:
            bars.enable_progress_bars()


@contextlib.contextmanager
def _told(target: str) -> Iterator[None]:
    """Raise NotFetched, with what to do, for whatever the client raises."""
    from httpx2 import HTTPError
    from huggingface_hub import errors

    try:
        yield
    except errors.HFValidationError as error:
        raise BadSpec(f"{target}: {error}") from error
    except errors.GatedRepoError as error:
        raise NotFetched(
            f"{target}: the repository is gated: ask for access on its page, then log in "
            f"(hf auth login, or HF_TOKEN); {_answer(error)}"
        ) from error
    except errors.RepositoryNotFoundError as error:
        raise NotFetched(
            f"{target}: there is no such repository, or it is private and not for you; "
            f"{_answer(error)}"
        ) from error
    except errors.RevisionNotFoundError as error:
        raise NotFetched(
            f"{target}: the repository has no such revision; {_answer(error)}"
        ) from error
    except errors.OfflineModeIsEnabled as error:
        raise NotFetched(
            f"{target}: the network is allowed here and HF_HUB_OFFLINE forbids it: unset one"
        ) from error
    except errors.HfHubHTTPError as error:
        raise NotFetched(f"{target}: {_answer(error)}; try again later") from error
    except (HTTPError, OSError) as error:
        cause = error.__cause__  # the client's last resort is the cache, of which it speaks first
        if isinstance(cause, errors.HfHubHTTPError):
            raise NotFetched(f"{target}: {_answer(cause)}; try again later") from error
        known = cause if isinstance(cause, HTTPError) else error
        raise NotFetched(
            f"{target}: the hub was not reached, or broke off: {type(known).__name__}: "
            f"{_first_line(known)}; try again, or see whether its address is right (HF_ENDPOINT)"
        ) from error


def _answer(error: Any) -> str:
    said = f": {error.server_message}" if error.server_message else ""
    return f"the hub answered {error.response.status_code}{said}"


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0]
