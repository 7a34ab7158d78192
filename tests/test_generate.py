"""Random streams: the same from a seed for ever, of every pool, and valid lines of a corpus."""

import json
import random
from collections import Counter
from itertools import chain

import pytest

from parity import backends, corpus, generate
from parity.backends.mock import Honest
from parity.jobs import jobs_for
from parity.pieces import Table
from parity.run import live, run
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


def test_stops_are_of_every_sort():
    """Inside a token and across several, met and nearly met, prefixes of each other, any order."""
    table = table_of(backends.load("hf:tiny:byte-bpe-600"))
    spelt = {id: data for data, id in table.ids.items()}
    sorts = Counter()
    for case in generate.stops(table, 300, 1):
        pieces = [spelt.get(piece["id"], b"") for piece in case.payload["pieces"]]
        text = b"".join(pieces).decode("utf-8", "replace")
        wanted = case.payload["stops"]
        sorts["inside a token"] += any(stop.encode() in one for stop in wanted for one in pieces)
        sorts["across tokens"] += any(
            stop in text and not any(stop.encode() in one for one in pieces) for stop in wanted
        )
        sorts["nearly"] += any(stop not in text and stop[:-1] in text for stop in wanted)
        sorts["a prefix"] += any(a != b and a.startswith(b) for a in wanted for b in wanted)
        sorts["shortest last"] += len(wanted) > 1 and wanted[-1] == min(wanted, key=len)
        sorts["shortest first"] += len(wanted) > 1 and wanted[0] == min(wanted, key=len)

    assert min(sorts.values()) > 5
    assert len(sorts) == 6


def test_random_stops_are_what_their_seed_says_and_fit_into_a_corpus():
    """A case that breaks something is a line to keep."""
    table = table_of(backends.load("hf:tiny:fallback-bpe"))
    once, again = (list(generate.stops(table, 20, 7)) for _ in range(2))

    assert once == again
    for case in once:
        line = {"id": f"t/x-{case.id[-8:]}", "stop": case.payload}
        assert corpus.parse(json.dumps(line).encode()).payload == case.payload


@pytest.mark.parametrize("name", ["llm_tokenizer", "vllm", "vllm_list_order"])
def test_a_stop_decoder_follows_its_rule_on_random_stops(name):
    """Text, match and finish, against the oracle, over real tokens.

    llm-tokenizer decodes a stop token that is to be seen alone, and loses the half of a character
    before it: its own fault, which the law reports, so these cases are left out here.
    """
    spec = f"pipeline:redecode,encode=hf:tiny:byte-bpe-600,stops={name}"
    sides = {"reference": live(backends.load(spec))}
    drawn = generate.stops(table_of(sides["reference"].backend), 300, 3)
    cases = [
        case
        for case in drawn
        if name != "llm_tokenizer"
        or not (case.payload["visible"] and "stop_tokens" in case.payload)
    ]
    broken = [
        one.case.id
        for _, _, differing in run(cases, jobs_for(["stops_by_rule"], ["reference"]), sides)
        for one in differing
    ]

    assert broken == []
