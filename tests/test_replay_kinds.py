"""Every kind of check is replayed: streams, stops, prompts, laws, own cases, training, batches."""

import json

import pytest

from parity.types import case_digest


def replayed(tokparity, code):
    """What became of each divergence, in a replay that ends with a code."""
    ran = tokparity("replay", "--run", "run.jsonl", "--json")

    assert ran.code == code, ran.out + ran.err
    return {row["outcome"] for row in json.loads(ran.out)["divergences"]}


def of(kind, payload, **options):
    """A line of a corpus."""
    return {"id": f"t/case-{case_digest(kind, payload, options)}", kind: payload, **options}


CHAT = of("messages", [{"role": "system", "content": "x y"}, {"role": "user", "content": "x"}])
TEXTS = of("train", {"texts": ["aaaaaaa"], "size": 258})
STREAM = of("stream", {"requests": [{"pieces": ["ab", "cd", "ef"]}]})
STOP = of("stop", {"pieces": ["ab", "cd", "STOP", "ef"], "stops": ["STOP", "no"]})
FAULTS = {
    "ids": ("mock:drops_last_id", ["ids"], "abc"),
    "decoding": ("mock:strips_decoded_text", ["text"], [32, 97, 32]),
    "stream": ("mock:streams_in_capitals", ["joined", "chunks"], STREAM),
    "stop": ("mock:keeps_the_stop", ["stop_final"], STOP),
    "prompt": ("mock:encodes_prompts_twice_over", ["prompt_ids"], CHAT),
    "batch": ("mock:reverses_batches", ["ids_batched", "batch_is_single"], "abc"),
    "law": ("mock:pads_batches", ["batch_is_single"], "abc"),
    "vocabulary": ("mock:renames_a_token", ["vocabulary"], "abc"),
    "outcome": ("mock:fails_in_batches", ["ids_batched", "outcome"], "abc"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_every_kind_of_check_is_replayed(project, tokparity, name):
    """Still there with the fault; fixed without it, which is another side than it was."""
    fault, checks, row = FAULTS[name]
    project.plan({"candidate": fault, "checks": checks}, rows=(row, "d e", "some more"))
    tokparity("run", "--output", "jsonl=run.jsonl")
    still = replayed(tokparity, code=1)
    path = project.folder / "run.jsonl"
    path.write_text(path.read_text().replace(f'"{fault}"', '"py:mine:Mine"'))
    fixed = replayed(tokparity, code=0)

    assert still == {"still"}
    assert fixed == {"fixed"}


def test_trainers_are_replayed(project, tokparity):
    """By what they learn."""
    fault = "mock:counts_no_overlaps,of=trainer:gpt4"
    pair = {"reference": "trainer:gpt4", "candidate": fault, "checks": ["merges"]}
    project.plan(pair, rows=(TEXTS,))
    tokparity("run", "--output", "jsonl=run.jsonl")

    assert replayed(tokparity, code=1) == {"still"}
