"""Which tokenizer is meant: the spec that was given, or what is found in the folder."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path, PurePath
from typing import Final

from parity import artefact, backends, plan
from parity.backends import read_spec, written
from parity.detect import detect
from parity.errors import BadPlan, BadSpec, UsageError

FOLDERS: Final = ("tokenizer.json", "tokenizer.model")
"""Names of files whose folder is a tokenizer."""
ENDS: Final = (".tiktoken", ".gguf")
"""How names of files end that are a tokenizer by themselves."""
SKIPPED: Final = frozenset(("node_modules", "site-packages", "__pycache__"))
MOST: Final = 50_000
"""Files and folders that are looked at by name, at most."""
SHOWN: Final = 20
_NAMES: Final = (artefact.TINY, artefact.ASSET, artefact.MODEL, artefact.HUB, artefact.STYLE)


def spec(
    given: str,
    choose: Callable[[str, Sequence[str]], str] | None,
    say: Callable[[str], None],
) -> str:
    """Return the spec of the tokenizer: the one given, the only one found, or the one chosen.

    Raises BadSpec, UsageError where none is found or several and nobody can be asked.
    """
    if given:
        return tidy(given, "--from")
    found = list(_found(Path()))
    if not found:
        names = ", ".join((*FOLDERS, *(f"*{end}" for end in ENDS)))
        raise UsageError(f"no tokenizer is in this folder ({names}); name one: --from hf:DIR")
    if len(found) == 1:
        say(f"found {found[0]}")
        return found[0]
    for one in found[:SHOWN]:
        say(f"found {one}")
    if len(found) > SHOWN:
        say(f"… and {len(found) - SHOWN:,} more")
    if choose is None:
        raise UsageError(f"{len(found):,} tokenizers are here; name one: --from {found[0]}")
    return choose("From which?", found[:SHOWN])


def name(given: str, spec: str) -> str:
    """Return the pair's name: the one given, or the last part of the target.

    >>> name("", "hf:models/Qwen 3"), name("", "hf:tiny:byte-bpe-600")
    ('qwen-3', 'byte-bpe-600')
    """
    if given and not plan.NAME.fullmatch(given):
        raise BadPlan(
            f"--name {given!r}: a name is lower-case letters, digits, '.', '_' and '-', such as "
            f"{_slug(given)!r}"
        )
    if given:
        return given
    target = read_spec(spec).target
    path = PurePath(target.rpartition(":")[2])
    last = path.parent.name if path.name in FOLDERS else path.stem if path.suffix else path.name
    return _slug(last or Path.cwd().name)


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9._]+", "-", text.lower()).strip("-._") or "tokenizer"


def tidy(text: str, option: str) -> str:
    """Return a spec with its target as a path from here, with forward slashes.

    Raises BadSpec for what has no kind that is known.
    """
    kinds = {row.kind for row in backends.known()}
    kind, colon, _ = text.partition(":")
    if not colon or kind not in kinds:
        hint = f"; did you mean hf:{text}?" if os.path.lexists(text) else ", such as hf:DIR"
        raise BadSpec(f"{option} {text!r}: a kind and a target are wanted{hint}")
    spec = read_spec(text)
    if not spec.target.startswith(_NAMES) and os.path.lexists(spec.target):
        spec = spec._replace(target=_from_here(Path(spec.target)))
    return written(spec)


def _from_here(path: Path) -> str:
    """Return a path relative to this folder where it is in it, else as it is."""
    whole, here = Path(os.path.abspath(path)), Path.cwd()  # noqa: PTH100 (links stay as named)
    return (whole.relative_to(here) if whole.is_relative_to(here) else path).as_posix()


def _found(here: Path) -> Iterator[str]:
    """Yield a spec for each tokenizer below a folder, each folder once, in order of names."""
    seen = 0
    for place, folders, files in os.walk(here):
        kept = (one for one in folders if not one.startswith(".") and one not in SKIPPED)
        folders[:] = sorted(one for one in kept if not Path(place, one, "pyvenv.cfg").exists())
        seen += len(folders) + len(files)
        if seen > MOST:
            return
        whole = any(one in files for one in FOLDERS)
        paths = [Path(place)] if whole else []
        paths += [Path(place, one) for one in sorted(files) if one.endswith(ENDS) and not whole]
        yield from (specs[0] for path in paths if (specs := detect(path.as_posix()).specs))
