"""Random streams: the same from a seed for ever, of every pool, and valid lines of a corpus."""

import json
import random
from itertools import chain

import pytest

from parity import backends, corpus, generate
from parity.backends.mock import Honest
from parity.pieces import Table
from parity.stream_cases import script
from parity.streaming import table_of
from parity.streams import FINISHES

TINY = ["byte-bpe-600", "fallback-bpe", "wordpiece"]
TABLES = {name: table_of(backends.load(f"hf:tiny:{name}")) for name in TINY}


def ids_of(cases, table):
    """Every id of every prompt and step."""
    found = set()
    for case in cases:
        made = script(case.payload, table)
        found |= set(chain.from_iterable(made.prompts))
        found |= {id for call in made.batches for step in call for id in step.ids}
    return found


@pytest.mark.parametrize("name", TINY)
def test_a_seed_means_the_same_streams_for_ever(name):
    """Another seed means others; more of them begin with the fewer."""
    table = TABLES[name]
    few, more = (list(generate.streams(table, count, 7)) for count in (5, 50))

    assert few == more[:5]
    assert more != list(generate.streams(table, 50, 8))


def test_these_are_the_streams_of_seed_0():
    """A line that broke something is found again by its seed, years later."""
    table = Table({bytes([n]): n for n in range(256)}, {n: n for n in range(256)}, (9,), 9, list)
    (case,) = generate.streams(table, 1)

    assert case.id == "random/0-a56e8c69"


@pytest.mark.parametrize("name", TINY)
@pytest.mark.parametrize("seed", [0, -1, 2**40])
def test_a_stream_is_a_line_of_a_corpus(name, seed):
    """Without the options that say where it comes from; its id is of its content."""
    for case in generate.streams(TABLES[name], 20, seed):
        line = json.dumps({"id": case.id, "stream": case.payload}).encode()
        assert corpus.parse(line) == case._replace(options={})


@pytest.mark.parametrize("name", TINY)
def test_every_pool_that_has_ids_is_drawn_from(name):
    """The dangerous ids come up, and come up often enough that they meet."""
    pools = generate.pools(TABLES[name])
    drawn = ids_of(generate.streams(TABLES[name], 200), TABLES[name])

    assert [
        field for field, pool in pools._asdict().items() if pool and not drawn & set(pool)
    ] == []


def test_each_pool_is_drawn_from_as_often_as_its_weight_says():
    """Not only by chance, through the pool that has every id."""
    known = generate.Pools(*([place] for place in range(len(generate.WEIGHTS))))
    drawn = generate._ids(random.Random(1), known, 10_000)  # noqa: S311 (streams, not secrets)

    for place, share in enumerate((0.30, 0.20, 0.20, 0.10, 0.12, 0.06, 0.02)):
        assert drawn.count(place) / 10_000 == pytest.approx(share, abs=0.015)


@pytest.mark.parametrize(
    ("name", "empty"),
    [
        ("byte-bpe-600", set()),
        ("fallback-bpe", {"straddling"}),
        ("wordpiece", {"byte", "straddling", "space"}),
    ],
)
def test_a_pool_is_empty_only_where_the_vocabulary_has_no_such_ids(name, empty):
    """A token of half a character is none of a vocabulary of texts."""
    pools = generate.pools(TABLES[name])

    assert {field for field, pool in pools._asdict().items() if not pool} <= empty


def test_a_pool_holds_what_its_name_says():
    """By the bytes of the tokens."""
    tokens = [b"a", b"\xe4", b"a\xe4", b"\x96\xc3", b"x\xe4\xb8\x96", b"b ", b"\n", b"\xc3\xa9"]
    ids = {token: id for id, token in enumerate(tokens)}
    pools = generate.pools(Table(ids, {0x61: 0, 0xE4: 1}, (90, 91), 91, list))

    assert pools == generate.Pools(
        list(range(8)), [1], [2, 3], [4], [5, 6], [90, 91], pools.unknown
    )


@pytest.mark.parametrize("special", [(), (8,), (1007,), (5000,)])
def test_an_unknown_id_is_known_to_nobody(special):
    """Not as a special token either, however far past the others that is."""
    (unknown,) = generate.pools(Table({b"a": 7}, {0x61: 7}, special, None, list)).unknown

    assert unknown > max([7, *special])


@pytest.mark.parametrize("name", TINY)
def test_every_way_of_handing_over_comes_up(name):
    """Finishes, prompts, several requests, several ids a step."""
    requests = [
        request
        for case in generate.streams(TABLES[name], 100)
        for request in case.payload["requests"]
    ]
    several = {len(case.payload["requests"]) for case in generate.streams(TABLES[name], 100)}

    assert {request["finish"] for request in requests} == set(FINISHES) - {"", "string"}
    assert several == {1, 2, 3}
    assert {"prompt" in request for request in requests} == {True, False}
    assert {len(step) for request in requests for step in request["pieces"]} >= {1, 2, 3, 4, 5}


def test_a_request_that_finishes_by_eos_ends_with_it():
    """Where the vocabulary has one."""
    for case in generate.streams(TABLES["byte-bpe-600"], 60):
        for request in case.payload["requests"]:
            if request["finish"] == "eos":
                assert request["pieces"][-1][-1] == {"id": TABLES["byte-bpe-600"].eos}


def test_a_vocabulary_of_nothing_but_bytes_has_streams_too():
    """The toy of the canaries."""
    cases = list(generate.streams(table_of(Honest()), 20))

    assert len({case.id for case in cases}) == 20
