"""Which tokenizer a model has: `hf:model:qwen3`; the map is data, and its user's part comes first.

The first pattern that fits wins: the user's in the order of their file, then those of models.toml.
In a pattern `*` is any text, letters of either case are one, and what stands before the last `/` of
a name counts only where the pattern has a `/`.
"""

from __future__ import annotations

import difflib
import functools
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from parity.errors import BadSpec, MissingAsset

SHIPPED: Final = Path(__file__).with_name("models.toml")
MODEL: Final = "model:"
ABSENT: Final = "absent:"
OWN: Final = "[tool.parity.models]"

Patterns = tuple[tuple[str, str], ...]


def target(name: str, own: Patterns = ()) -> tuple[str, str]:
    """Return the target of a model's tokenizer, and by which pattern of which map.

    Raises BadSpec for a name that no pattern fits, with those that are near, and MissingAsset for
    one whose tokenizer no package brings, with what would.
    """
    ours, absent = shipped()
    for patterns, place in ((own, OWN), (ours, SHIPPED.name)):
        for pattern, found in patterns:
            if not fits(pattern, name):
                continue
            if found.startswith(ABSENT):
                row, _, what = found.removeprefix(ABSENT).partition(":")
                raise MissingAsset(f"'{MODEL}{name}': {absent[row].format(what)}")
            return found, f"by {pattern!r} of {place}"
    known = [pattern for pattern, _ in (*own, *ours)]
    raise BadSpec(
        f"no pattern fits '{MODEL}{name}'; {_near(name, known)}; name its folder, or add the model "
        f"to {OWN}"
    )


def fits(pattern: str, name: str) -> bool:
    """Say whether a pattern fits a model's name.

    >>> fits("qwen3.5*", "Qwen/Qwen3.5-27B"), fits("qwen/*", "qwen3"), fits("qwen3", "qwen3-8b")
    (True, False, False)
    """
    seen = (name if "/" in pattern else name.rpartition("/")[2]).lower()
    first, *others = pattern.lower().split("*")
    if not others:
        return seen == first
    place = len(first)
    for part in others[:-1]:  # the first place of each is as good as any
        found = seen.find(part, place)
        if found < 0:
            return False
        place = found + len(part)
    last = others[-1]
    return seen.startswith(first) and seen.endswith(last) and len(seen) - len(last) >= place


def _near(name: str, known: Iterable[str]) -> str:
    """Return the patterns that are near to a name, or how many there are."""
    short = name.rpartition("/")[2].lower()
    plain = {pattern.lower().rstrip("*-"): pattern for pattern in known}
    near = difflib.get_close_matches(short, plain, 5, 0.5)
    begun = [one for one in plain if one and (short.startswith(one) or one.startswith(short))]
    found = dict.fromkeys(plain[one] for one in (*near, *begun))
    if found:
        return f"near ones: {', '.join(list(found)[:8])}"
    return f"none of {len(plain)} is near"


@functools.cache
def shipped() -> tuple[Patterns, Mapping[str, str]]:
    """Return the patterns of models.toml with their targets, and what is said of absent ones."""
    content = tomllib.loads(SHIPPED.read_text(encoding="utf-8"))
    return tuple(content["models"].items()), content["absent"]


def own(value: Any, place: str) -> Patterns:
    """Return a user's patterns: a table, or the path of a TOML file that has a table [models].

    Raises BadSpec, with the place.
    """
    if isinstance(value, str):
        value, place = _of_file(Path(value)), value
    if not isinstance(value, dict):
        raise BadSpec(f"{place}: a table of pattern = target is wanted, or the path of a file")
    return tuple(_rows(value, place))


def _of_file(path: Path) -> Any:
    if not path.is_file():
        raise BadSpec(f"{path}: no such file; a TOML file with a table [models] is wanted")
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadSpec(f"{path}: cannot be read: {error.strerror}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadSpec(f"{path}: {error}") from error
    return content.get("models")


def _rows(table: Mapping[str, Any], place: str) -> Iterator[tuple[str, str]]:
    for pattern, found in table.items():
        if isinstance(found, dict):
            raise BadSpec(f"{place}: write {pattern!r} in quotes: a dot in a bare key is a table")
        if not isinstance(found, str) or not found:
            raise BadSpec(f"{place}: the target of {pattern!r} is a text, not {found!r}")
        if found.startswith((MODEL, ABSENT)):
            raise BadSpec(f"{place}: the target of {pattern!r} is no tokenizer but {found!r}")
        yield pattern, found
