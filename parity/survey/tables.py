"""What is compared: implementations, from implementations.toml, and vocabularies."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from parity import artefact, assets, files
from parity.artefact import ASSET, TINY
from parity.errors import BadSpec, UsageError

OURS: Final = Path(__file__).with_name("implementations.toml")
TOKENIZER: Final = "tokenizer.json"
USUAL: Final = ("tiny", "merges", "asset")
MERGES: Final = "merges:byte-bpe-4096"
"""The merges and nothing else: the model of that tiny tokenizer, in a file without what cuts,
changes, finds or adds anything. For implementations of the algorithm alone."""
MADE: Final = Path(".parity") / "vocabularies"


class Implementation(NamedTuple):
    """A row of implementations.toml, whose head says what its fields are."""

    name: str
    language: str
    spec: str
    pip: Sequence[str] = ()
    reads: str = TOKENIZER
    reference: str = "hf:{}"
    names: Mapping[str, str] = {}
    make: Sequence[str] = ()
    made: str = ""

    @property
    def kind(self) -> str:
        """The kind of backend that it is."""
        return self.spec.partition(":")[0]

    def on(self, vocabulary: Vocabulary) -> str:
        """Return its spec on a vocabulary, where it runs here."""
        return self.spec.replace("{name}", self.names.get(vocabulary.name, "")).replace(
            "{}", vocabulary.target
        )

    def unfit(self, vocabulary: Vocabulary) -> str:
        """Say why a vocabulary is nothing for it; "" for one that may be loaded."""
        if self.names and vocabulary.name not in self.names:
            return f"it has its own vocabularies: {', '.join(sorted(self.names))}"
        if "{}" in self.spec and not (vocabulary.folder / self.reads).is_file():
            return f"there is no {self.reads}"
        return ""


class Vocabulary(NamedTuple):
    """A vocabulary; target: as a spec names it. folder: where its files are."""

    name: str
    target: str
    folder: Path


def implementations(names: Sequence[str] = ()) -> list[Implementation]:
    """Return the implementations, or those that are named. Raises UsageError."""
    rows = tomllib.loads(OURS.read_text(encoding="utf-8"))
    unknown = [name for name in names if name not in rows]
    if unknown:
        known = ", ".join(rows)
        raise UsageError(f"no implementation {unknown[0]!r} in the matrix; known: {known}")
    return [Implementation(name, **row) for name, row in rows.items() if name in (names or rows)]


def vocabularies(targets: Sequence[str] = ()) -> tuple[list[Vocabulary], dict[str, str]]:
    """Return vocabularies, and why others are not here.

    targets: `tiny`, `merges`, `asset`, one of `tiny` or `asset` by its name, a folder with a
    tokenizer.json, or one with such folders; where none is given, the first three. Raises BadSpec,
    and Inconclusive where the folder of `merges` cannot be written.
    """
    found: dict[str, Vocabulary] = {}
    missing = {}
    for name, target in _named(targets or USUAL):
        state = assets.state(target.removeprefix(ASSET)) if target.startswith(ASSET) else "ready"
        if state != "ready":
            missing[name] = state
            continue
        if name in found and found[name].target != target:
            raise BadSpec(f"two vocabularies are called {name!r}: rename one of the folders")
        found[name] = Vocabulary(name, target, artefact.resolve(target))
    return list(found.values()), missing


def _named(targets: Sequence[str]) -> Iterator[tuple[str, str]]:
    for target in targets:
        if target == "tiny":
            yield from ((f"{TINY}{name}",) * 2 for name in artefact.tiny())
        elif target in ("merges", MERGES):
            yield MERGES, str(_merges_alone(MERGES.partition(":")[2]))
        elif target == "asset":
            yield from ((f"{ASSET}{name}",) * 2 for name in assets.names())
        elif target.startswith((TINY, ASSET)):
            yield target, target
        else:
            yield from ((path.name, str(path)) for path in _folders(Path(target)))


def _folders(place: Path) -> list[Path]:
    if (place / TOKENIZER).is_file():
        return [place]
    inside = sorted(place.iterdir()) if place.is_dir() else []
    found = [path for path in inside if (path / TOKENIZER).is_file()]
    if not found:
        known = "tiny, merges, asset, tiny:NAME, asset:NAME"
        raise BadSpec(
            f"{place}: there is no folder with a tokenizer.json; wanted is one, or {known}"
        )
    return found


def _merges_alone(name: str) -> Path:
    """Return a folder in which a tiny byte-level BPE has nothing but its merges."""
    _, content = artefact.tokenizer_json(f"{TINY}{name}")
    cut = {
        "type": "ByteLevel",
        "add_prefix_space": False,
        "trim_offsets": False,
        "use_regex": False,
    }
    parts = dict.fromkeys(("normalizer", "post_processor", "truncation", "padding"))
    bare = {**content, **parts, "added_tokens": [], "pre_tokenizer": cut}
    place = MADE / f"merges-{name}"
    with files.told(place, "a vocabulary is made there"):
        place.mkdir(parents=True, exist_ok=True)
        files.write(place / TOKENIZER, [json.dumps(bare)])
    return place
