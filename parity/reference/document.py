"""A tokenizer.json as a tree whose every value knows its place, for errors that can be acted upon.

tokenizer.json: $.model.merges[3]: 'th' is not in model.vocab
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from parity.errors import BadSpec, Unsupported
from parity.reference.floats import read_float

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping, Sequence

T = TypeVar("T")

DEEPEST: Final = 126
"""Levels of a component: serde_json reads 128 of a file."""


class Node(NamedTuple):
    """One value of the file.

    path: the JSON path, such as `$.model.merges[3]`.
    file: the file's name as it was given.
    current: whether it is read with the tables of current Unicode (`current`).
    """

    value: object
    path: str
    file: str
    current: bool = False

    def field(self, key: str) -> Node:
        """Return the value under `key`, which must be there; raises BadSpec."""
        if key not in self._mapping():
            raise self.bad(f"the key {key!r} is missing")
        return self.get(key)

    def get(self, key: str, default: object = None) -> Node:
        """Return the value under `key`, or `default` in its place."""
        return self._replace(value=self._mapping().get(key, default), path=f"{self.path}.{key}")

    def items(self) -> list[Node]:
        """Return the values of an array."""
        return [
            self._replace(value=value, path=f"{self.path}[{index}]")
            for index, value in enumerate(self.expect(list))
        ]

    def at(self, place: int) -> Node:
        """Return one value of an array."""
        return self._replace(value=self.expect(list)[place], path=f"{self.path}[{place}]")

    def entries(self) -> list[tuple[str, Node]]:
        """Return the keys and values of an object, in the file's order."""
        return [(key, self.get(key)) for key in self._mapping()]

    def expect(self, kind: type[T]) -> T:
        """Return the value, which must be of the Python type `kind`; raises BadSpec.

        >>> Node("NFC", "$.normalizer.type", "t.json").expect(str)
        'NFC'
        """
        if type(self.value) is not kind:
            raise self.bad(f"expected {kind.__name__}, found {str(self.value)[:40]!r}")
        return self.value

    def unsigned(self, bits: int = 32) -> int:
        """Return the value, which must be a whole number of so many bits without a sign.

        >>> Node(2**32, "$.padding.pad_id", "t.json").unsigned()
        Traceback (most recent call last):
        parity.errors.BadSpec: t.json: $.padding.pad_id: 4294967296 is outside of 0 to 4294967295
        """
        if not 0 <= self.expect(int) < 1 << bits:
            raise self.bad(f"{self.value} is outside of 0 to {(1 << bits) - 1}")
        return self.expect(int)

    def steps(self) -> list[Node]:
        """Return the components of a Sequence, none of which may be null; raises BadSpec."""
        for item in self.items():
            item.expect(dict)
        return self.items()

    def check_depth(self) -> None:
        """Raise BadSpec for a value that is nested deeper than tokenizers reads."""
        level, depth = [self.value], 0
        while level := [each for each in level if isinstance(each, dict | list)]:
            depth += 1
            if depth > DEEPEST:
                raise self.bad(f"it is nested deeper than {DEEPEST} levels")
            level = [
                inner
                for each in level
                for inner in (each.values() if isinstance(each, dict) else each)
            ]

    def char(self) -> str:
        """Return the value, which must be one character; raises BadSpec."""
        if len(self.expect(str)) != 1:
            raise self.bad(f"expected one character, found {self.value!a}")
        return self.expect(str)

    def kind(self, untyped: Mapping[str, Sequence[str]] | None = None) -> str:
        """Return the component's type; raises BadSpec where there is none.

        untyped: the types that old files do not say, with the keys that they are known by; the
            first whose keys are all there counts.
        """
        mapping = self._mapping()
        if "type" not in mapping:
            for kind, keys in (untyped or {}).items():
                if all(key in mapping for key in keys):
                    return kind
        return self.field("type").expect(str)

    def flag(self, key: str) -> bool:
        """Return whether a switch is on that may be missing or null; raises BadSpec."""
        found = self.get(key)
        return False if found.value is None else found.expect(bool)

    def bad(self, reason: str) -> BadSpec:
        """Return the error of a file that cannot be meant."""
        return BadSpec(f"{self.file}: {self.path}: {reason}")

    def unknown(self, key: str, known: Iterable[str]) -> BadSpec:
        """Return the error of a component whose type the format does not have.

        >>> Node({"type": "NFX"}, "$.normalizer", "t.json").unknown("normalizer", ["NFC", "NFD"])
        BadSpec("t.json: $.normalizer.type: unknown normalizer 'NFX'; known: NFC, NFD")
        """
        known = ", ".join(sorted(known))
        kind = self.field("type")
        return kind.bad(f"unknown {key} {kind.expect(str)!r}; known: {known}")

    def unread(self, component: str) -> Unsupported:
        """Return the error of a component that this implementation does not have.

        >>> Node(0.1, "$.model.dropout", "t.json").unread("dropout")
        Unsupported('reference does not read dropout ($.model.dropout in t.json)')
        """
        return Unsupported(f"reference does not read {component} ({self.path} in {self.file})")

    def _mapping(self) -> dict[str, object]:
        return self.expect(dict)


_SURROGATE: Final = re.compile(r"\\u[dD][89a-fA-F]")
"""Where a file may hold half of a surrogate pair."""


def read(source: str | os.PathLike[str]) -> Node:
    """Return the root of a tokenizer.json, named itself or by its folder; raises BadSpec."""
    path = Path(source)
    if path.is_dir():
        path /= "tokenizer.json"
    try:
        text = path.read_text(encoding="utf-8")
        value = json.loads(text, parse_constant=float, parse_float=read_float)
        if _SURROGATE.search(text):
            json.dumps(value, ensure_ascii=False).encode()
        return Node(value, "$", str(path))
    except OSError as error:
        message = (
            f"cannot read {str(path)!r}: {error.strerror}; name a tokenizer.json or its folder"
        )
        raise BadSpec(message) from error
    except json.JSONDecodeError as error:
        raise BadSpec(
            f"{path}:{error.lineno}:{error.colno}: this is not JSON: {error.msg}"
        ) from error
    except UnicodeDecodeError as error:
        raise BadSpec(f"{path}: byte {error.start}: this is not UTF-8: {error.reason}") from error
    except UnicodeEncodeError as error:
        raise BadSpec(f"{path}: half of a surrogate pair stands alone in a string") from error
    except RecursionError as error:
        raise BadSpec(f"{path}: it is nested too deeply") from error
    except ValueError as error:  # an integer of more digits than this Python reads
        raise BadSpec(f"{path}: {error}") from error
