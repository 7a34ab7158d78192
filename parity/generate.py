"""Random streams and stops: ids of every dangerous sort, in every way of handing them over.

What is drawn depends on the seed and the vocabulary alone. Each is a stream case or a stop case of
its own ids, so a line that breaks something can be kept in a corpus.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from parity.pieces import Table
from parity.types import Case, case_digest

LONGEST: Final = 24
"""Ids of a request, at most."""
BEYOND: Final = 1000
"""How far past the last id an unknown id is."""
FINISHES: Final = ("length", "length", "length", "eos", "stop", "abort")
NOT_ASCII: Final = 0x80
HAN: Final = range(0x4E00, 0xA000)


class Pools(NamedTuple):
    """Ids of a vocabulary by what they do to a stream; a pool that is empty is not drawn from."""

    uniform: Sequence[int]
    byte: Sequence[int]
    straddling: Sequence[int]
    han: Sequence[int]
    space: Sequence[int]
    special: Sequence[int]
    unknown: Sequence[int]


WEIGHTS: Final = Pools(*(([weight]) for weight in (30, 20, 20, 10, 12, 6, 2)))
"""How often each pool is drawn from, where all of them have ids."""


def pools(table: Table) -> Pools:
    """Return the ids of a vocabulary by what they do to a stream."""
    uniform = sorted(table.ids.values())
    texts = {id: _text(data) for data, id in table.ids.items()}
    return Pools(
        uniform,
        sorted(id for byte, id in table.bytes.items() if byte >= NOT_ASCII),
        sorted(id for data, id in table.ids.items() if len(data) > 1 and texts[id] is None),
        sorted(id for id, text in texts.items() if text and ord(text[-1]) in HAN),
        sorted(id for id, text in texts.items() if text and text[-1] in " \n"),
        list(table.special),
        [max([*uniform, *table.special], default=0) + BEYOND],
    )


def _text(data: bytes) -> str | None:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return None


def streams(table: Table, count: int, seed: int = 0) -> Iterator[Case]:
    """Yield so many stream cases for a vocabulary."""
    draw = random.Random(seed)  # noqa: S311 (streams, not secrets)
    known = pools(table)
    for _ in range(count):
        payload = _payload(draw, known, table.eos)
        id = f"random/{seed}-{case_digest('stream', payload, {})}"
        yield Case(id, "stream", payload, {"written_as": "random"})


def _payload(draw: random.Random, known: Pools, eos: int | None) -> dict[str, Any]:
    requests = [_request(draw, known, eos) for _ in range(draw.choice((1, 1, 1, 2, 3)))]
    return {"requests": requests}


def _request(draw: random.Random, known: Pools, eos: int | None) -> dict[str, Any]:
    longest = draw.choice((1, 1, 2, 5))
    ids = _ids(draw, known, draw.randint(1, LONGEST))
    finish = draw.choice(FINISHES)
    if finish == "eos" and eos is not None:
        ids.append(eos)
    steps = []
    while ids:
        size = draw.randint(1, longest)
        steps.append([{"id": id} for id in ids[:size]])
        del ids[:size]
    request: dict[str, Any] = {"pieces": steps, "finish": finish}
    if draw.random() < 0.3:  # noqa: PLR2004 (about a third has a prompt)
        request["prompt"] = [{"id": id} for id in _ids(draw, known, draw.randint(1, 8))]
    return request


def _ids(draw: random.Random, known: Pools, count: int) -> list[int]:
    there = [(pool, weight[0]) for pool, weight in zip(known, WEIGHTS, strict=True) if pool]
    chosen = draw.choices([pool for pool, _ in there], [weight for _, weight in there], k=count)
    return [draw.choice(pool) for pool in chosen]


def stops(table: Table, count: int, seed: int = 0) -> Iterator[Case]:
    """Yield so many stop cases: stops that are cut out of the text, and some that nearly are."""
    draw = random.Random(seed)  # noqa: S311 (streams, not secrets)
    known = pools(table)
    spelt = {id: data for data, id in table.ids.items()}
    while count:
        ids = _ids(draw, known, draw.randint(2, LONGEST))
        text = b"".join(spelt.get(id, b"") for id in ids).decode("utf-8", "ignore")
        wanted = _stops_of(draw, text)
        if not wanted:
            continue
        payload: dict[str, Any] = {"pieces": [{"id": id} for id in ids], "stops": wanted}
        if draw.random() < 0.3:  # noqa: PLR2004 (about a third has one)
            payload |= {"stop_tokens": [{"id": draw.choice(ids)}]}
        payload |= {"visible": draw.random() < 0.2, "min_tokens": draw.choice((0, 0, 0, 2, 5))}  # noqa: PLR2004
        payload["finish"] = draw.choice(("length", "length", "eos"))
        count -= 1
        yield Case(f"random/{seed}-{case_digest('stop', payload, {})}", "stop", payload)


def ways(part: str) -> tuple[str, ...]:
    """Return a part of a text and what nearly is one: cut short, changed, with more behind it."""
    return (part, part[:-1], part[1:], f"{part[:-1]}\u2603", f"{part}\u2603", part + part[:1])


def _stops_of(draw: random.Random, text: str) -> list[str]:
    """Return a few stops for a text: parts of it, their starts and ends, near misses; in any order.

    A part may lie inside a token or across several: which, the text does not know.
    """
    found: list[str] = []
    for _ in range(draw.randint(1, 3)):
        start = draw.randrange(len(text)) if text else 0
        part = text[start : start + draw.randint(1, 6)]
        found += [part, *draw.sample(ways(part), draw.randint(0, 2))]
    found = [stop for stop in dict.fromkeys(found) if stop]
    draw.shuffle(found)
    return found
