"""What more than one file of tests reads results with."""

import json

from parity import backends
from parity.jobs import jobs_for
from parity.run import live, run

WRONG = {"candidate": "mock:drops_last_id"}
"""A pair that diverges."""


def rows_of(path):
    """Return the lines of a file, read."""
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def outcomes(result):
    """Counts by outcome of a run of pytest, those that are not zero."""
    return {name: count for name, count in result.parseoutcomes().items() if name != "seconds"}


def load(spec):
    """The backend of a spec in this process, where the fakes of a test are."""
    return backends.load(f"{spec},isolate=none")


def verdicts(cases, checks, reference, candidate):
    """What each check comes to, as counts by verdict."""
    sides = {"reference": live(reference), "candidate": live(candidate)}
    found = {}
    for job, tally, _ in run(cases, jobs_for(checks), sides):
        found[job.name] = {verdict.value: n for verdict, n in tally.counts.items() if n}
    return found


TINY_KINDS = ("byte-bpe-4096", "byte-bpe-600", "fallback-bpe", "unigram", "wordpiece")
"""A tiny tokenizer of each kind of model."""


def without_flags(content):
    """A tokenizer.json's content, its added tokens matched as they are written, anywhere."""
    flags = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
    return {**content, "added_tokens": [{**token, **flags} for token in content["added_tokens"]]}


def corpus_texts():
    """Every text of the shipped corpora that UTF-8 can spell, once."""
    from parity import corpus
    from parity.artefact import shipped

    cases = corpus.read_all(sorted(shipped().glob("*.jsonl")))
    texts = dict.fromkeys(case.payload for case in cases if case.kind == "text")
    return [text for text in texts if not any("\ud800" <= char < "\ue000" for char in text)]
