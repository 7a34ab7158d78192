"""A real server: smg's gateway agrees with the package tokenizers, and differs where JSON does."""

import json
import random
from itertools import islice

import pytest
from real_smg import gateway, why_not

from parity import artefact, corpus
from parity.backends import load
from parity.errors import MissingAsset
from parity.generators import GENERATORS, known
from parity.types import case_digest

COUNT = 3000
"""Texts, and lists of ids."""
SURROGATES = "json.half-pair"
NO_U32 = "json.no-u32"
LEDGER = f"""
[[expected]]
pair = "*"
check = "ids*"
select = "tag:{SURROGATES}"
kind = "outcome"
reason = "half a surrogate pair: TypeError of the package, Status400 of the gateway"

[[expected]]
pair = "*"
check = "text"
select = "tag:{NO_U32}"
kind = "outcome"
reason = "no unsigned number of 32 bits: OverflowError of the package, Status422 of the gateway"
"""
"""All that was found to differ, by cause; every case that it selects must."""
TINY, QWEN = "tiny:byte-bpe-4096", "asset:qwen"
TARGETS = {TINY: "tokenizers", QWEN: "native"}
"""By which way of encoding the gateway runs each, as it counts itself."""
LOADS = "smg_tokenizer_encode_path_loads_total"
"""A metric of the gateway: how many tokenizers it loaded, by its way of encoding."""

pytestmark = pytest.mark.skipif(bool(why_not()), reason=why_not())


def inputs(kind, size, table):
    """Shipped cases of a kind, and drawn ones without end, by what they are; the same each time.

    Half surrogate pairs are shipped already, and each that is refused is asked for many times.
    """
    for case in corpus.read_all(corpus.find(["all"], artefact.shipped(), artefact.shipped())):
        if case.kind == kind and not case.options:
            yield case.id.rpartition("-")[0], case.payload
    draw = random.Random(7)  # noqa: S311 (inputs, not secrets)
    wanted = [row for row in GENERATORS.values() if row.kind == kind and row.name != "surrogates"]
    makers = {row.name: row.make(table) for row in wanted}
    if kind == "ids":
        makers["uniform"] = lambda draw: [draw.randrange(size) for _ in range(draw.randint(1, 20))]
    while True:
        for name, make in makers.items():
            yield f"drawn/{name.replace('_', '-')}", make(draw)


def rows(found, kind):
    """Corpus lines, each input once, with the tag of what JSON cannot say."""
    seen = set()
    for trap, one in found:
        payload = json.loads(json.dumps(one))  # where two half pairs become a character
        digest = case_digest(kind, payload, {})
        if digest not in seen:
            seen.add(digest)
            tags = [SURROGATES if kind == "text" else NO_U32] if unsayable(payload) else []
            yield {"id": f"{trap}-{digest}", kind: payload, "tags": tags}


def unsayable(payload):
    """Whether a text has half a surrogate pair, or an id is no unsigned number of 32 bits."""
    if isinstance(payload, str):
        return any("\ud800" <= character <= "\udfff" for character in payload)
    return any(not 0 <= id < 1 << 32 for id in payload)


@pytest.fixture(scope="module")
def table():
    """What is known of a small vocabulary: its ids are ids of the others too."""
    return known(load("hf:tiny:byte-bpe-600"))


@pytest.fixture(scope="module")
def running():
    """A gateway with one tokenizer."""
    with gateway(artefact.resolve(TINY)) as found:
        yield found


@pytest.mark.parametrize("target", [TINY, pytest.param(QWEN, marks=pytest.mark.assets)])
def test_the_gateway_agrees_with_tokenizers(running, table, project, tokparity, target):
    """On 3,000 texts and 3,000 lists of ids, one a call and in batches, exactly.

    What differs is in the ledger by its cause, and all of that must differ.
    """
    try:
        artefact.resolve(target)
    except MissingAsset as error:
        pytest.skip(str(error))
    before = running.metric(LOADS)
    name = running.add(target)
    size = running.row(name)["vocab_size"]
    odd = {}
    for kind in ("text", "ids"):
        lines = [*islice(rows(inputs(kind, size, table), kind), COUNT)]
        project.corpus(f"{kind}.jsonl", *lines)
        odd[kind] = sum(bool(line["tags"]) for line in lines)
    project.file("golden/expected.toml", LEDGER)
    pair = {
        "name": name, "reference": f"hf:{target}", "corpora": ["text.jsonl", "ids.jsonl"],
        "candidate": f"http:{running.url},shape=smg,model={name}",
        "checks": ["ids", "ids_batched", "text"],
    }  # fmt: skip
    lines = [f"{key} = {json.dumps(value)}" for key, value in pair.items()]
    project.file("pyproject.toml", "\n".join(["[tool.parity]", "[[tool.parity.pairs]]", *lines]))
    done = tokparity("run")

    assert done.code == 0, done.out + done.err
    (found,) = project.run_file()[-1]["pairs"]
    seen = {row["check"]: (row["same"], row["expected"]) for row in found["rows"]}
    encoded = COUNT - odd["text"], odd["text"]
    decoded = 2 * (encoded[0] + COUNT - odd["ids"]), 2 * odd["ids"]  # specials skipped, and kept
    assert seen == {"ids": encoded, "ids_batched": encoded, "text": decoded}
    assert max(odd.values()) < COUNT / 100
    assert running.metric(LOADS)[TARGETS[target]] == before[TARGETS[target]] + 1
