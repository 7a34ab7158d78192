"""Schedules: the same ids in the same order for each request, whatever the calls are."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parity.lives import asked
from parity.schedules import LONGEST, SCHEDULES, ended, of_ids, singly
from parity.streams import FINISHES, Script, Step

EOS = 500
ALL = {**SCHEDULES, "ended": ended(EOS), "singly": singly}
WHOLE = ["written", "two", "eight", "drawn", "paired", "singly"]
"""Those that change nothing but the calls."""
few = settings(max_examples=30)  # each is of several requests, so that few are enough
SIZES = {"two": 2, "eight": 8, "singly": 1}


@st.composite
def scripts(draw):
    """Up to three requests of a life each, their steps in any order and any calls."""
    count = draw(st.integers(1, 3))
    steps = []
    for request in range(count):
        parts = draw(st.lists(st.lists(st.integers(0, 99), max_size=3), min_size=1, max_size=6))
        own = [Step(request, tuple(ids)) for ids in parts]
        finish = draw(st.sampled_from(FINISHES[1:]))
        own[-1] = own[-1]._replace(finish=finish, matched="x" if finish == "string" else "")
        steps.append(own)
    left = [iter(own) for own in steps]
    order = draw(st.permutations([n for n, own in enumerate(steps) for _ in own]))
    batches, call = [], []
    for number in order:
        call.append(next(left[number]))
        if draw(st.booleans()):
            batches.append(tuple(call))
            call = []
    prompts = draw(st.lists(st.lists(st.integers(0, 9)), min_size=count, max_size=count))
    calls = (*batches, tuple(call)) if call else tuple(batches)
    return Script(tuple(map(tuple, prompts)), calls, draw(st.booleans()))


def steps_of(script, request):
    """The steps of a request, in order."""
    return [step for call in script.batches for step in call if step.request == request]


def ids_of(script, request):
    """The ids of a request, in order."""
    return [id for step in steps_of(script, request) for id in step.ids]


def ends_of(script):
    """How each life of each request ends."""
    return [(life.request, life.finish, life.steps[-1].matched) for life in asked(script)]


@pytest.mark.parametrize("name", WHOLE)
@few
@given(script=scripts())
def test_every_id_is_handed_over_once_and_in_order(name, script):
    """Prompt, finish, stop string and the way of special tokens stay what they are."""
    made = ALL[name](script)

    assert (made.prompts, made.skip_special) == (script.prompts, script.skip_special)
    assert sorted(ends_of(made)) == sorted(ends_of(script))
    for request in range(len(script.prompts)):
        assert ids_of(made, request) == ids_of(script, request)


@pytest.mark.parametrize("name", SIZES)
@few
@given(script=scripts())
def test_a_step_has_so_many_ids(name, script):
    """All but the last have as many as the name says; the last has some, if there are any."""
    made = ALL[name](script)

    for request in range(len(script.prompts)):
        *before, last = (len(step.ids) for step in steps_of(made, request))
        assert set(before) <= {SIZES[name]}
        assert min(1, len(ids_of(script, request))) <= last <= SIZES[name]


@few
@given(script=scripts())
def test_what_is_drawn_depends_on_the_ids_alone(script):
    """The same case always goes the same way, whatever its steps were."""
    made = SCHEDULES["drawn"](script)

    assert SCHEDULES["drawn"](singly(script)) == made
    assert all(len(step.ids) <= LONGEST for call in made.batches for step in call)


def test_every_size_is_drawn():
    """A schedule that always drew the same would be another one under a new name."""
    scripts = [SCHEDULES["drawn"](of_ids(range(start, start + 60))) for start in range(9)]
    sizes = {len(step.ids) for script in scripts for (step,) in script.batches[:-1]}

    assert sizes == set(range(1, LONGEST + 1))


@few
@given(script=scripts())
def test_two_calls_are_made_one(script):
    """Nothing else is changed, and a request with a step in each has two in one."""
    made = SCHEDULES["paired"](script)
    flat = [step for call in script.batches for step in call]

    assert [step for call in made.batches for step in call] == flat
    assert len(made.batches) == (len(script.batches) + 1) // 2


@few
@given(script=scripts())
def test_half_of_the_first_request_is_its_prompt(script):
    """After the prompt that it has; every other request is as it was, one id a step."""
    made = SCHEDULES["prompted"](script)
    half = len(ids_of(script, 0)) // 2

    assert made.prompts[0] == (*script.prompts[0], *ids_of(script, 0)[:half])
    assert ids_of(made, 0) == ids_of(script, 0)[half:]
    assert made.prompts[1:] == script.prompts[1:]
    assert sorted(ends_of(made)) == sorted(ends_of(script))
    for request in range(1, len(script.prompts)):
        assert steps_of(made, request) == steps_of(singly(script), request)


@few
@given(script=scripts())
def test_strangers_leave_a_script_as_it_is(script):
    """Its requests keep their numbers, their steps, and the order of these among themselves."""
    made = SCHEDULES["interleaved"](script)
    own = [
        tuple(step for step in call if step.request < len(script.prompts)) for call in made.batches
    ]

    assert [call for call in own if call] == list(script.batches)
    assert made.prompts == (*script.prompts, (), ())
    assert made.skip_special == script.skip_special


@few
@given(script=scripts())
def test_strangers_have_the_ids_of_the_first_request(script):
    """Backwards, and every other one: never the same stream again."""
    made = SCHEDULES["interleaved"](script)
    count, own = len(script.prompts), ids_of(script, 0)

    assert ids_of(made, count) == own[::-1]
    assert ids_of(made, count + 1) == own[::2]
    assert {one[0] for one in ends_of(made)} >= {count, count + 1}


@few
@given(script=scripts())
def test_a_request_that_is_used_again_has_two_equal_lives(script):
    """One begins when the other has ended."""
    lives = asked(SCHEDULES["reused"](script))

    for request in range(len(script.prompts)):
        first, second = (life for life in lives if life.request == request)
        assert first == second
        assert first.ids == ids_of(script, request)


@few
@given(script=scripts())
def test_an_aborted_script_is_its_beginning(script):
    """Up to the middle of its calls; every request that began is aborted there."""
    made = SCHEDULES["aborted"](script)

    assert len(made.batches) == (len(script.batches) + 1) // 2
    assert {finish for _, finish, _ in ends_of(made)} == {"abort"}
    for call, before in zip(made.batches, script.batches, strict=False):
        assert [step[:2] for step in call] == [step[:2] for step in before]


@pytest.mark.parametrize(
    ("name", "finish", "more"), [("ended", "eos", [EOS]), ("stopped", "stop", [])]
)
@few
@given(script=scripts())
def test_every_request_finishes_by_its_last_id(name, finish, more, script):
    """EOS is added, a stop token is the last id that is there."""
    made = ALL[name](script)

    assert {row[1:] for row in ends_of(made)} == {(finish, "")}
    for request in range(len(script.prompts)):
        assert ids_of(made, request) == ids_of(script, request) + more


@few
@given(script=scripts())
def test_without_an_eos_nothing_ends_by_it(script):
    """The script is left as it is."""
    assert ended(None)(script) == script


@pytest.mark.parametrize("name", ALL)
def test_a_request_without_ids_has_a_step_all_the_same(name):
    """One that finishes it; so it is seen to end."""
    made = ALL[name](of_ids([]))

    assert [life.request for life in asked(made)][:1] == [0]
    assert all(life.finish for life in asked(made))


@pytest.mark.parametrize("name", ALL)
def test_no_schedule_changes_what_it_is_given(name):
    """Scripts are shared between looks."""
    script = of_ids([1, 2, 3], "stop")
    ALL[name](script)

    assert script == of_ids([1, 2, 3], "stop")


def test_each_schedule_hands_over_in_another_way():
    """Two that gave the same calls for every script would be one."""
    script = of_ids(range(20))
    made = {name: change(script) for name, change in ALL.items() if name != "singly"}

    assert len(set(made.values())) == len(made)
