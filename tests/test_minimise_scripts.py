"""Minimising scripts: what is left breaks the law, and no more if anything else is left out."""

from itertools import chain, pairwise

import pytest

from parity import backends, generate
from parity.backends._faults import FAULTS
from parity.backends.mock import Honest
from parity.compare import Verdict
from parity.jobs import jobs_for
from parity.minimise import minimise, size, without_one
from parity.reducing import Tries
from parity.run import live, run
from parity.schedules import SCHEDULES
from parity.streaming import table_of
from parity.streams import Script, Step
from parity.types import Case

LAWS = {
    "streams_in_capitals": "streamed_whole",
    "loses_the_second_chunk": "nothing_lost",
    "sends_the_prompt_again": "prompt_not_sent",
    "decodes_each_id_alone": "no_early_replacement",
    "sends_the_first_chunk_twice": "never_retracted",
    "loses_steps_of_several_ids": "schedule_free",
    "mixes_up_requests": "interleaved_is_alone",
}
LONG = {
    "requests": [
        {
            "pieces": [["the ", "\u4e16"], "wo", "rd", {"hex": "e4"}, {"hex": "b896"}],
            "prompt": ["ab"],
        },
        {"pieces": ["another ", [], "one"], "finish": "stop"},
    ]
}


def broken(law, backend, case):
    """Comparisons of a law that did not hold."""
    sides = {"reference": live(backend)}
    return [
        one
        for _, _, differing in run([case], jobs_for([law], ["reference"]), sides)
        for one in differing
        if one.verdict is Verdict.DIVERGED
    ]


def again(law, backend, script, options):
    """Say whether a script breaks a law."""
    (job,) = jobs_for([law], ["reference"])
    plain = job._replace(view=job.view._replace(grounded="", views=()))
    case = Case("t/x-00000000", "script", script, {**options, "schedule": "written"})
    return any(
        one.verdict is Verdict.DIVERGED
        for _, _, differing in run([case], [plain], {"reference": live(backend)})
        for one in differing
    )


def ids(script):
    """How many there are, those of prompts too."""
    steps = chain.from_iterable(script.batches)
    return sum(len(step.ids) for step in steps) + sum(map(len, script.prompts))


def shrunk(job, found, sides, most=400):
    """The comparison of the smallest script."""
    return minimise(job, found, sides, lambda _: True, tries=Tries(most)).found


def least(law, backend, case):
    """The first comparison that breaks a law, shrunk, and it as it was."""
    (job,) = jobs_for([law], ["reference"])
    found = broken(law, backend, case)[0]
    return shrunk(job, found, {"reference": live(backend)}), found


@pytest.mark.parametrize("fault", LAWS)
def test_what_is_left_breaks_the_law_and_nothing_more_can_be_left_out(fault):
    """Of every fault that a law must see."""
    backend = FAULTS[fault](Honest())
    found, before = least(LAWS[fault], backend, Case("t/x-00000000", "stream", LONG))
    script, options = found.case.payload, found.case.options

    assert found.verdict is Verdict.DIVERGED
    assert ids(script) <= ids(before.case.payload)
    assert again(LAWS[fault], backend, script, options)
    assert not [
        fewer for fewer in without_one(script) if again(LAWS[fault], backend, fewer, options)
    ]


def test_the_smallest_of_a_fault_is_what_a_person_would_write():
    """One id in capitals is enough; its request, its finish, and no more."""
    backend = FAULTS["streams_in_capitals"](Honest())
    found, _ = least("streamed_whole", backend, Case("t/x-00000000", "stream", LONG))

    assert ids(found.case.payload) == 1
    assert len(found.case.payload.prompts) == 1


@pytest.mark.parametrize("name", ["sglang", "tgi", "vllm"])
def test_a_real_algorithm_is_shrunk_to_few_ids(name):
    """What it breaks over random streams has an example that is read at a glance."""
    backend = backends.load(f"pipeline:{name},encode=hf:tiny:byte-bpe-600")
    table = backends.load("hf:tiny:byte-bpe-600")

    for case in generate.streams(table_of(table), 40):
        if broken("streamed_whole", backend, case):
            found, _ = least("streamed_whole", backend, case)
            assert 0 < ids(found.case.payload) <= 6
            break
    else:
        pytest.fail(f"{name} broke nothing")


SEVERAL = Script(
    ((1, 2), (3,)),
    (
        (Step(0, (4, 5)), Step(1, (6,))),
        (Step(0, ()), Step(0, (7,), "eos"), Step(1, (8,), "string", "x")),
    ),
)


def test_each_smaller_script_has_one_thing_less():
    """A request, a step, an id or an id of a prompt; every request that is there still finishes."""
    fewer = list(without_one(SEVERAL))

    assert len(set(fewer)) == len(fewer)
    assert SEVERAL not in fewer
    for script in fewer:
        ends = [step.request for call in script.batches for step in call if step.finish]
        assert sorted(ends) == list(range(len(script.prompts)))
        assert all(script.batches)


@pytest.mark.parametrize(
    "gone",
    [
        Script(((3,),), ((Step(0, (6,)),), (Step(0, (8,), "string", "x"),))),
        Script(((1, 2),), ((Step(0, (4, 5)),), (Step(0, ()), Step(0, (7,), "eos")))),
        SEVERAL._replace(prompts=((1,), (3,))),
        SEVERAL._replace(prompts=((1, 2), ())),
        SEVERAL._replace(batches=((Step(0, (4,)), Step(1, (6,))), SEVERAL.batches[1])),
        SEVERAL._replace(batches=((Step(0, (4, 5)),), SEVERAL.batches[1])),
        SEVERAL._replace(batches=(SEVERAL.batches[0], SEVERAL.batches[1][1:])),
    ],
    ids=["request 0", "request 1", "prompt id", "prompt", "id", "step", "step without ids"],
)
def test_everything_that_can_be_left_out_is_tried(gone):
    """Each thing alone."""
    assert gone in list(without_one(SEVERAL))


def test_a_schedule_is_part_of_what_is_shrunk():
    """The smallest script is as it is handed over, and says so."""
    (job,) = jobs_for(["streamed_whole"], ["reference"])
    backend = FAULTS["streams_in_capitals"](Honest())
    case = Case("t/x-00000000", "stream", LONG)
    for one in broken("streamed_whole", backend, case):
        found = shrunk(job, one, {"reference": live(backend)})
        assert found.case.options["schedule"] == "written"
        assert again("streamed_whole", backend, found.case.payload, found.case.options)


def test_no_more_scripts_are_tried_than_is_asked():
    """What was reached by then is given."""
    asked = []

    class AlwaysWrong(Honest):
        def stream(self, script):
            asked.append(script)
            return super().stream(script)._replace(held=len(asked))

    backend = AlwaysWrong()
    case = Case("t/x-00000000", "stream", {"requests": [{"pieces": ["abc"] * 40}]})
    (job,) = jobs_for(["state_freed"], ["reference"])
    one = broken("state_freed", backend, case)[0]
    asked.clear()
    left = minimise(job, one, {"reference": live(backend)}, lambda _: True, tries=Tries(20))

    assert left.tries == 20
    assert len(asked) <= 22
    assert not left.proven
    assert left.found.verdict is Verdict.DIVERGED


def test_a_smaller_script_has_fewer_ids_first():
    """Then fewer requests, shorter prompts, fewer steps, lower ids."""
    scripts = [
        Script(((),), ((Step(0, (1,), "eos"),),)),
        Script(((),), ((Step(0, (2,), "eos"),),)),
        Script(((),), ((Step(0, (0,)),), (Step(0, (), "eos"),))),
        Script(((1,),), ((Step(0, (), "eos"),),)),
        SCHEDULES["interleaved"](Script(((),), ((Step(0, (1,), "eos"),),))),
    ]
    assert [size(a) < size(b) for a, b in pairwise(scripts)] == [True] * 4
