"""The reference against tokenizers on many texts: ids, offsets, decoded text.

    python -m benchmarks.fuzz_reference 100000                     on the five tiny tokenizers
    python -m benchmarks.fuzz_reference 100000 asset:qwen DIR      on others
    python -m benchmarks.fuzz_reference 100000 --all FOLDER        on each DIR/tokenizer.json in it

First comes every text of the shipped corpora, in each of the three modes of special tokens. Half of
the generated texts are joined from pieces of these, half are characters: of all blocks, of the
borders between classes, and the tokenizer's own tokens. Each is read in one mode, and its ids are
decoded, with special tokens and without; so are ids at random. Where one side raises, the other
must raise the same class.

Prints each difference (16 a tokenizer at most) and a line a tokenizer, as a row of a table. What
tokenizers itself does wrong stands in fuzz_reference.toml with its cause, and must go on differing.
Exits with 1 if there is another difference, or if a known one is gone.
"""

from __future__ import annotations

import argparse
import random
import sys
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain, islice
from pathlib import Path
from time import perf_counter
from typing import Any, Final, NamedTuple

import tokenizers

from benchmarks import finish, say, texts
from parity import artefact, corpus, reference
from parity.errors import BadLedger, BadSpec, ParityError
from parity.types import SPECIALS

KNOWN: Final = Path(__file__).with_suffix(".toml")
SEED: Final = 20261122
SHOWN: Final = 16
IDS: Final = "ids"
"""The mode of an input that is ids, to be decoded; others are of SPECIALS."""
SURROGATES: Final = range(0xD800, 0xE000)
COLUMNS: Final = ("vocabulary", "kind", "entries", "texts", "differing", "seconds")
JOINTS: Final = (
    *(" ", "  ", "\n", "\r\n", "\t", "\u3000", "\x85", "\u200b", "\u200d", "\ufeff", "\u2581"),
    *("e\u0301", "\u0301", "\u0323\u0307", "\u1100\u1161\u11a8", "\u0345"),
    *("\xdf", "\u0130", "\u017f", "'s", "'LL", "12", "3", "\xb2", "\u0663"),
    *("\u6f22", "\u30ab", "\uff76\uff9e", "\U0001f600\u200d"),
    *("\U0001f1e9\U0001f1ea", "a", "A", "_", "-", ".", "<", ">", "##", "<0x41>", "</w>", "hello"),
    *("\u07fd", "\u32ff", "\U00011938", "\U0001fac9", "\u088f", "\u0897", "\u2028", "\x1c", "\x00"),
)
"""What stands on the borders of character classes, normal forms and Unicode versions."""


class Input(NamedTuple):
    """What one look is at: a text in a mode of special tokens, or ids in the mode IDS."""

    mode: str
    payload: str | tuple[int, ...]


class Known(NamedTuple):
    """A difference that is tokenizers' own fault, of one vocabulary, with its cause."""

    vocabulary: str
    input: Input
    cause: str


class Row(NamedTuple):
    """What was found on one vocabulary.

    kind: the model and what it stands on. entries: ids, added tokens among them.
    texts: each counted once. differing: inputs that differ, and are not known.
    known: inputs that differ and are. stale: known ones that do not differ.
    """

    name: str
    kind: str
    entries: int
    texts: int
    differing: int
    known: int
    stale: int
    seconds: float

    def line(self) -> str:
        """Return the row of the table."""
        differing = f"{self.differing:,}" + (f" (and {self.known} known)" if self.known else "")
        cells = (f"`{self.name}`", self.kind, f"{self.entries:,}", f"{self.texts:,}", differing)
        return f"| {' | '.join(cells)} | {self.seconds:.0f} |"


def characters(draw: random.Random, tokens: Sequence[str]) -> Iterator[str]:
    """Yield texts of single characters, joints and tokens without end."""
    while True:
        base = draw.randrange(0x110000 - 256)
        parts: list[str] = []
        for _ in range(draw.randint(0, 12)):
            kind = draw.random()
            if kind < 0.4:  # noqa: PLR2004 - two fifths
                parts.append(draw.choice(JOINTS))
            elif kind < 0.6:  # noqa: PLR2004 - one fifth
                parts.append(draw.choice(tokens))
            else:
                low = draw.choice((0, 0, base, draw.randrange(0x3000), draw.randrange(0x20000)))
                point = low + draw.randrange(256)
                parts.append("" if point in SURROGATES else chr(point))
        yield "".join(parts)


def fixed() -> list[str]:
    """Return every text of the shipped corpora."""
    cases = corpus.read_all(corpus.find(["all"], artefact.shipped(), Path()))
    return [case.payload for case in cases if case.kind == "text"]


def generated(count: int, tokens: Sequence[str]) -> Iterator[Input]:
    """Yield `count` texts, each in a mode at random, and as many lists of ids."""
    draw = random.Random(SEED)  # noqa: S311 - texts, not secrets
    made, shipped = characters(draw, tokens), texts(SEED)
    for number in range(count):
        text = next(made) if number % 2 else next(shipped)
        yield Input(SPECIALS[draw.randrange(3)], text)
        # some ids are beyond the last one: nobody's
        ids = (draw.randrange(len(tokens) // 2 + 4) for _ in range(draw.randint(0, 8)))
        yield Input(IDS, tuple(ids))


def spelt(rust: Any) -> list[str]:
    """Return each token twice: as the file spells it, and as the text that it stands for."""
    vocabulary = rust.get_vocab()
    ids = sorted(vocabulary.values())
    texts_of = (rust.decode([id], skip_special_tokens=False) for id in ids)
    return [*sorted(vocabulary, key=vocabulary.__getitem__), *texts_of]


class Sides:
    """tokenizers and the reference on one file; what both raise is counted in `raised`."""

    def __init__(self, path: Path) -> None:
        self.rust: Any = tokenizers.Tokenizer.from_file(str(path))
        self.ours = reference.load(path)
        self.raised: Counter[str] = Counter()

    def differences(self, one: Input) -> list[str]:
        """Return what differs of one input, in words."""
        if one.mode == IDS:
            return list(self._decoded(one.payload))
        text, mode, rust = one.payload, one.mode, self.rust
        rust.encode_special_tokens = mode == "plain"
        seen = outcome(lambda: _pairs(rust.encode(text, add_special_tokens=mode == "template")))
        found = outcome(lambda: _pairs(self.ours.encode(text, mode)))  # type: ignore[arg-type]
        ids = [] if isinstance(seen, str) else [id for id, _ in seen]
        self.raised.update([seen] if isinstance(seen, str) else [])
        differs = [f"{mode} {text!a}: {seen}, ours {found}"] if seen != found else []
        return [*differs, *self._decoded(ids)]

    def _decoded(self, given: Iterable[Any]) -> Iterator[str]:
        ids, rust, ours = list(given), self.rust, self.ours
        for skip in (True, False):
            seen = outcome(partial(rust.decode, ids, skip_special_tokens=skip))
            found = outcome(partial(ours.decode, ids, skip))
            if seen != found:
                yield f"decode {ids} skip={skip}: {seen!a}, ours {found!a}"


def _pairs(found: Any) -> list[tuple[int, tuple[int, int]]]:
    return list(zip(found.ids, found.offsets, strict=True))


def outcome(call: Callable[[], Any]) -> Any:
    """Return what a call gives, or in words what class it raises: a panic is no Exception."""
    try:
        return call()
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # noqa: BLE001 (a backend under test is observed)
        return f"raises {type(error).__name__}"


def kind_of(document: Mapping[str, Any]) -> str:
    """Return what a tokenizer.json is, in words: its model, bytes, normal form.

    >>> kind_of({"model": {"type": "BPE", "byte_fallback": True}, "normalizer": {"type": "NFC"}})
    'BPE, byte fallback; NFC'
    """
    model, cut = document["model"], document.get("pre_tokenizer")
    named = model.get("type") or ("BPE" if "merges" in model else "WordPiece")
    words = [named, *(["byte fallback"] if model.get("byte_fallback") else [])]
    words += ["byte level"] if "ByteLevel" in _types(cut) else []
    normal = [name for name in _types(document.get("normalizer")) if name != "Sequence"]
    return ", ".join(words) + (f"; {', '.join(dict.fromkeys(normal))}" if normal else "")


def _types(step: Any) -> list[str]:
    if not isinstance(step, dict):
        return []
    inner = chain(step.get("normalizers") or (), step.get("pretokenizers") or ())
    return [str(step.get("type")), *chain.from_iterable(map(_types, inner))]


def compared(name: str, path: Path, count: int, known: Sequence[Known]) -> Row:
    """Compare on one tokenizer.json; say what differs."""
    began, sides, shipped = perf_counter(), Sides(path), fixed()
    looks = chain(
        (Input(mode, text) for text in shipped for mode in SPECIALS),
        generated(count, spelt(sides.rust)),
    )
    excused = {entry.input for entry in known}
    differing = {}
    for one in looks:
        found = sides.differences(one)
        if found and one not in excused:
            differing[one] = found[0]
    for said in islice(differing.values(), SHOWN):
        say(f"{name}: {said}")
    for words, times in sides.raised.items():
        say(f"{name}: tokenizers {words} on {times} inputs")
    stale = [one for one in excused if not sides.differences(one)]
    for one in stale:
        say(f"{name}: {one.mode} {one.payload!a} is in {KNOWN.name} and does not differ: remove it")
    return Row(
        name=name,
        kind=kind_of(artefact.read_json(path)),
        entries=sides.rust.get_vocab_size(),
        texts=len(shipped) + count,
        differing=len(differing),
        known=len(excused) - len(stale),
        stale=len(stale),
        seconds=perf_counter() - began,
    )


def read_known(path: Path = KNOWN) -> list[Known]:
    """Return the known differences. Raises BadLedger for an entry that is not one."""
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8")).get("known", [])
    except (OSError, ValueError) as error:
        raise BadLedger(f"{path.name} cannot be read: {error}") from error
    found = []
    for number, entry in enumerate(entries, 1):
        keys, mode = set(entry), entry.get("mode")
        field = "ids" if mode == IDS else "text"
        if keys != {"vocabulary", "mode", "cause", field} or mode not in (*SPECIALS, IDS):
            raise BadLedger(
                f"{path.name}: entry {number} has {sorted(keys)}; wanted are vocabulary, mode"
                f" ({', '.join(SPECIALS)} with text, or {IDS} with ids) and cause"
            )
        payload = tuple(entry["ids"]) if mode == IDS else entry["text"]
        found.append(Known(entry["vocabulary"], Input(mode, payload), entry["cause"]))
    return found


def named(targets: Sequence[str], folder: Path | None) -> dict[str, Path]:
    """Return name to tokenizer.json of what is asked for. Raises BadSpec for what is not there.

    A folder's name is the vocabulary's; tiny:NAME and asset:NAME stay as they are.
    """
    if folder:
        inside = sorted(path.parent for path in folder.glob("*/tokenizer.json"))
        if not inside:
            raise BadSpec(
                f"{folder} has no NAME/tokenizer.json; `benchmarks.vocabularies` makes it"
            )
        targets = [*targets, *map(str, inside)]
    found = {}
    for target in targets or [f"{artefact.TINY}{name}" for name in artefact.tiny()]:
        path, _ = artefact.tokenizer_json(target)
        own = target.startswith((artefact.TINY, artefact.ASSET))
        found[target if own else path.resolve().parent.name] = path
    return found


def main(arguments: Sequence[str]) -> int:
    """Compare on each tokenizer; return the exit code."""
    about, _, _ = (__doc__ or "").partition("\n")
    parser = argparse.ArgumentParser("python -m benchmarks.fuzz_reference", description=about)
    parser.add_argument("count", type=int, help="generated texts for each tokenizer")
    parser.add_argument("targets", nargs="*", help="PATH, tiny:NAME or asset:NAME")
    parser.add_argument("--all", type=Path, metavar="FOLDER", help="each FOLDER/NAME as well")
    asked = parser.parse_args(arguments)
    try:
        known = read_known()
        paths = named(asked.targets, asked.all)
    except ParityError as error:
        say(f"error: {error}")
        return error.exit_code
    say(f"| {' | '.join(COLUMNS)} |\n|{'---|' * len(COLUMNS)}")
    rows = []
    for name, path in paths.items():
        own = [entry for entry in known if entry.vocabulary == name]
        rows.append(compared(name, path, asked.count, own))
        say(rows[-1].line())
    found = {row.name: row.differing for row in rows}
    finish("fuzz_reference", ["tokenizers", "regex"], texts=asked.count, differences=found)
    return int(any(row.differing or row.stale for row in rows))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
