"""Outcomes that are small enough to be read: what the tests of judging compare."""

from parity.decoding.budgets import Budget, Key
from parity.decoding.records import Generation, Outcome, Prompt, Step

KEY = Key("ab" * 32, "float32", "cpu")
BUDGET = Budget(0.1, KEY, ("toy,batch=8",), 100, 0.01)
PROMPT = Prompt("toy/one", "ids", (1, 2, 3), 8)
EOS = {0}


def budget(nats):
    """A budget of so many nats."""
    return BUDGET._replace(nats=nats, ambient=nats / 10)


def step(id, margin=2.0, second=None):
    """A step that chooses an id by a margin over a second."""
    best = -0.25
    return Step(((id, best), (id + 1 if second is None else second, best - margin), (999, -20.0)))


def moved(one, by):
    """A step whose leading pair is so many nats closer together; best first."""
    (first, high), *others = one.top
    return Step(tuple(sorted([(first, high - by), *others], key=lambda pair: -pair[1])))


def generation(ids, margin=2.0, **said):
    """A generation of ids that were chosen by one margin."""
    steps = tuple(step(id, margin) for id in ids)
    return Generation(tuple(ids), **{"finish": "length", "text": str(ids), "steps": steps, **said})


def outcome(ids=(10, 20, 30, 40), prompt=PROMPT.id, prompt_ids=(1, 2, 3), **said):
    """An outcome of ids."""
    return Outcome(prompt, prompt_ids, generation(ids, **said))


def failed(failure, prompt=PROMPT.id):
    """An outcome that is a failure."""
    return Outcome(prompt, (1, 2, 3), None, failure)


def changed(one, **said):
    """An outcome whose generation says something else."""
    return one._replace(generation=one.generation._replace(**said))


def with_step(one, place, other):
    """An outcome with another step at a place."""
    steps = list(one.generation.steps)
    steps[place] = other
    return changed(one, steps=tuple(steps))


def shifted(one, by, places=None):
    """An outcome whose steps, or those of some places, are shifted by so many nats."""
    steps = one.generation.steps
    chosen = range(len(steps)) if places is None else places
    return changed(
        one,
        steps=tuple(moved(step, by) if place in chosen else step
                    for place, step in enumerate(steps)),
    )  # fmt: skip
