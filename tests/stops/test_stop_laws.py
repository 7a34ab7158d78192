"""What each stop decoder promises, beside the oracle, whatever the text and however it is cut."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from stop_steps import cuts, requests, steps_of, stop_lists

from parity.errors import Unsupported
from parity.stops import STOP_DECODERS, run_stops
from parity.stops.faults import classify
from parity.stops.oracle import wanted
from parity.stops.stop_decoder import TIES, UNITS, EmptyStop
from parity.streams import Stops, StopStep

HIDING = ("llm_tokenizer", "vllm", "vllm_list_order", "sglang", "llama_cpp")
"""Those that hide stops and never break."""

SHOWING = ("llm_tokenizer", "vllm", "vllm_list_order", "sglang")
"""Those that have an option to show them."""

WITH_TOKENS = (*SHOWING, "llm_tokenizer_2025_10")
ONE_ANSWER = ("llm_tokenizer", "vllm")
"""Those whose answer does not depend on how the text is cut into steps."""


def run_of(name, stops, steps):
    return run_stops(STOP_DECODERS[name], stops, steps)


def ending(run):
    return run.final, run.matched, run.reason


def wanted_of(name, stops, steps):
    return wanted(stops, steps, STOP_DECODERS[name].tie)


@pytest.mark.parametrize("name", STOP_DECODERS)
def test_a_stop_decoder_says_its_rule_and_its_unit(name):
    """So that the oracle can be asked under the same rule."""
    made = STOP_DECODERS[name]

    assert (made.tie in TIES, made.unit in UNITS) == (True, True)


@pytest.mark.parametrize("name", HIDING)
@given(request=requests())
def test_the_answer_is_the_oracles_under_the_same_rule(name, request):
    """The text, the stop, and the reason."""
    stops, steps = request

    assert ending(run_of(name, stops, steps)) == ending(wanted_of(name, stops, steps).run)


@given(request=requests(alphabet="abc"))
def test_the_answer_of_2025_is_the_oracles_where_all_is_ascii(request):
    """Elsewhere it may break."""
    stops, steps = request
    run = run_of("llm_tokenizer_2025_10", stops, steps)

    assert ending(run) == ending(wanted_of("llm_tokenizer_2025_10", stops, steps).run)


@given(request=requests())
def test_the_decoder_of_2025_breaks_or_has_the_right_answer(request):
    """It never gives a wrong one instead."""
    stops, steps = request
    run = run_of("llm_tokenizer_2025_10", stops, steps)
    right = wanted_of("llm_tokenizer_2025_10", stops, steps)

    assert run.error == "NotACharBoundary" or ending(run) == ending(right.run)


@pytest.mark.parametrize("name", ["tgi", "minisgl"])
@given(request=requests(finishes=("",)))
def test_who_cuts_nothing_has_the_oracles_answer_while_nothing_else_ends_the_request(name, request):
    """TGI's rule is another one, mini-sglang has none."""
    stops, steps = request

    assert ending(run_of(name, stops, steps)) == ending(wanted_of(name, stops, steps).run)


@pytest.mark.parametrize("name", SHOWING)
@given(request=requests())
def test_a_visible_stop_stays_and_ends_the_answer(name, request):
    """What comes behind it is cut all the same."""
    stops, steps = request
    stops = stops._replace(visible=True)
    run = run_of(name, stops, steps)

    assert ending(run) == ending(wanted_of(name, stops, steps).run)
    assert run.matched is None or run.final.endswith(run.matched)


@pytest.mark.parametrize("name", HIDING)
@given(request=requests())
def test_nothing_is_sent_that_a_stop_could_cut(name, request):
    """What was sent after a step is what the oracle lets be sent, or less."""
    stops, steps = request
    safe = wanted_of(name, stops, steps).safe
    decoder = STOP_DECODERS[name](stops)
    sent = ""
    for step, allowed in zip(steps, safe, strict=False):
        sent += decoder.step(step)

        assert allowed.startswith(sent)


@given(request=requests(alphabet="abc"))
def test_the_decoder_of_2025_holds_exactly_the_beginning_of_a_stop(request):
    """It sends less than is safe only where a stop that can never win could begin."""
    stops, steps = request
    stops = stops._replace(strings=stops.strings[:1])
    run = run_of("llm_tokenizer_2025_10", stops, steps)

    assert classify(run, wanted_of("llm_tokenizer_2025_10", stops, steps)) == ()


@pytest.mark.parametrize("name", [name for name in STOP_DECODERS if name != "llama_cpp"])
@given(request=requests(finishes=("eos", "length")))
def test_what_is_sent_is_the_answer(name, request):
    """Nothing is lost, doubled or reordered by holding back, if the request ends."""
    run = run_of(name, *request)
    assume(not run.error)

    assert "".join(run.texts) + run.tail == run.final


@given(request=requests(finishes=("eos", "length")))
def test_llama_cpp_sends_its_answer_but_for_a_beginning_at_the_length(request):
    """The only text that its stream lacks is what it held when the limit was reached."""
    run = run_of("llama_cpp", *request)
    sent = "".join(run.texts) + run.tail

    assert run.final.startswith(sent)
    assert sent == run.final or run.reason == "length"


@pytest.mark.parametrize("name", ONE_ANSWER)
@given(data=st.data(), strings=stop_lists())
def test_the_answer_does_not_depend_on_the_steps(name, data, strings):
    """Whole, a character a step, and cut anywhere."""
    pieces = st.one_of(st.sampled_from(strings), st.sampled_from("ab\u4e16"))
    text = "".join(data.draw(st.lists(pieces, min_size=1, max_size=5)))
    stops = Stops(tuple(strings))
    whole, single = steps_of(text), steps_of(*text)
    answers = {ending(run_of(name, stops, steps)) for steps in (whole, single)}
    answers.add(ending(run_of(name, stops, steps_of(*data.draw(cuts(text))))))

    assert len(answers) == 1


@pytest.mark.parametrize(
    ("name", "strings", "text", "finals"),
    [
        ("tgi", ("OP",), "OP!", ("OP!", "OP")),
        ("sglang", ("abcd", "b"), "abcd", ("", "a")),
        ("vllm_list_order", ("abcd", "b"), "abcd", ("", "a")),
        ("llm_tokenizer_2025_10", ("abcd", "b"), "abcd", ("", "a")),
        ("llama_cpp", ("abcd", "b"), "abcd", ("", "a")),
    ],
)
def test_the_answer_of_the_others_depends_on_the_steps(name, strings, text, finals):
    """What is there after a step is all they know: whole, and a character a step."""
    stops = Stops(strings)

    assert (
        tuple(run_of(name, stops, steps).final for steps in (steps_of(text), steps_of(*text)))
        == finals
    )


@given(request=requests(), data=st.data())
def test_the_order_of_the_list_is_nothing_to_llm_tokenizer(request, data):
    """Of stops that end together the longest wins, wherever it stands."""
    stops, steps = request
    other = stops._replace(strings=tuple(data.draw(st.permutations(stops.strings))))

    assert run_of("llm_tokenizer", stops, steps) == run_of("llm_tokenizer", other, steps)


@pytest.mark.parametrize("name", ["vllm", "vllm_list_order", "sglang", "llm_tokenizer_2025_10"])
def test_the_order_of_the_list_decides_for_the_others(name):
    """Of two stops that end together the client's first one wins."""
    steps = steps_of("xabc")
    finals = [run_of(name, Stops(strings), steps).final for strings in (("c", "abc"), ("abc", "c"))]

    assert finals == ["xab", "x"]


@pytest.mark.parametrize("name", STOP_DECODERS)
@given(first=requests(), second=requests())
def test_after_a_reset_a_stop_decoder_is_as_new(name, first, second):
    """Nothing of a request is left for the next one, also not of one that broke."""
    used = STOP_DECODERS[name](second[0])
    for step in first[1]:
        try:
            used.step(step)
        except IndexError:
            break
    used.flush()
    used.reset()

    assert run_stops(lambda _: used, *second) == run_of(name, *second)


def test_after_a_reset_the_ids_are_counted_anew():
    """The minimum of tokens is one request's."""
    stops = Stops(("b",), min_tokens=2)
    used = STOP_DECODERS["vllm"](stops)
    for step in steps_of("x", "x"):
        used.step(step)
    used.reset()

    assert run_stops(lambda _: used, stops, steps_of("ab")).final == "ab"


@pytest.mark.parametrize("name", WITH_TOKENS)
@pytest.mark.parametrize(
    ("visible", "skipped", "final"),
    [(False, False, "ab S"), (True, False, "ab S<end>"), (True, True, "ab S")],
)
def test_a_stop_token_is_hidden_or_shown(name, visible, skipped, final):
    """What is held is sent with it; a special one has no text where those are skipped."""
    shown = "" if skipped else "<end>"
    steps = [*steps_of("ab", " S"), StopStep((9,), shown, "", shown), *steps_of("more")]
    run = run_of(name, Stops(("STOP",), (9,), visible), steps)

    assert ending(run) == (final, 9, "token")
    assert "".join(run.texts) + run.tail == final


@pytest.mark.parametrize("name", WITH_TOKENS)
@given(request=requests(alphabet="abc"), visible=st.booleans(), place=st.integers(0, 4))
def test_stop_tokens_end_a_request_as_the_oracle_says(name, request, visible, place):
    """A stop string in the text before it beats it."""
    stops, steps = request
    at = min(place, len(steps) - 1)
    steps[at] = steps[at]._replace(ids=(9,), text="", shown="")
    stops = stops._replace(ids=(9,), visible=visible)

    assert ending(run_of(name, stops, steps)) == ending(wanted_of(name, stops, steps).run)


@pytest.mark.parametrize("name", WITH_TOKENS)
def test_a_stop_token_at_the_end_of_a_longer_step_leaves_the_text_before_it(name):
    """Its own text is at the end of the step's, and a string before it wins."""
    steps = [StopStep((1, 9), "ab<end>", "", "<end>")]

    assert ending(run_of(name, Stops(("x",), (9,)), steps)) == ("ab", 9, "token")
    assert ending(run_of(name, Stops(("b",), (9,)), steps)) == ("a", "b", "string")


@pytest.mark.parametrize("name", WITH_TOKENS)
def test_a_finish_by_a_stop_id_is_a_stop_token(name):
    """Also where the client did not name it."""
    steps = [*steps_of("ab"), StopStep((9,), "<end>", "stop", "<end>")]

    assert ending(run_of(name, Stops(), steps)) == ("ab", 9, "token")


@pytest.mark.parametrize("name", WITH_TOKENS)
def test_ids_after_a_stop_token_in_its_step_are_unsupported(name):
    """Which of the text is theirs, nothing says; it is no answer of the engine."""
    with pytest.raises(Unsupported, match="ids after it"):
        run_of(name, Stops((), (9,)), [StopStep((9, 1), "<end>a")])


@pytest.mark.parametrize(
    ("least", "final", "matched"),
    [
        (0, "", "ab"),
        (1, "", "ab"),
        (2, "ab", "ab"),
        (3, "ab", "ab"),
        (4, "ababx", 9),
        (6, "ababx", 9),
        (7, "ababxy", None),
    ],
)
def test_vllm_delays_stops_until_the_minimum_of_tokens(least, final, matched):
    """A string must end behind the minimum, a token may be the one that reaches it."""
    steps = [*steps_of("a", "b", "a", "b", "x"), StopStep((9,), "", "", ""), *steps_of("y")]
    stops = Stops(("ab",), (9,), min_tokens=least)

    assert run_of("vllm", stops, steps)[2:4] == (final, matched)


@given(request=requests(), least=st.integers(0, 5))
def test_a_minimum_of_tokens_gives_the_oracles_answer(request, least):
    """And nothing is sent too early, although the safe text is only a bound there."""
    stops, steps = request
    stops = stops._replace(min_tokens=least)
    run, right = run_of("vllm", stops, steps), wanted_of("vllm", stops, steps)

    assert ending(run) == ending(right.run)
    assert not {"leak", "order", "include"} & set(classify(run, right))


@pytest.mark.parametrize("name", STOP_DECODERS)
@pytest.mark.parametrize("option", ["ids", "visible", "min_tokens"])
def test_an_option_that_an_engine_lacks_is_unsupported(name, option):
    """It is no wrong answer, and no right one."""
    stops = Stops(("x",))._replace(
        **{option: {"ids": (1,), "visible": True, "min_tokens": 1}[option]}
    )
    made = STOP_DECODERS[name]
    if option in made.options:
        assert run_stops(made, stops, steps_of("y")).error == ""
    else:
        with pytest.raises(Unsupported, match=f"no option for {option}"):
            run_stops(made, stops, steps_of("y"))


@pytest.mark.parametrize("name", STOP_DECODERS)
def test_an_empty_stop_string_is_refused(name):
    """It would be found before the first character."""
    with pytest.raises(EmptyStop, match="in every text"):
        STOP_DECODERS[name](Stops(("a", "")))


@pytest.mark.parametrize("name", STOP_DECODERS)
def test_without_stops_everything_is_sent_at_once(name):
    """Holding back has a reason or does not happen."""
    run = run_of(name, Stops(), steps_of("a", "", "\u4e16", finish="eos"))

    assert run == (["a", "", "\u4e16"], "", "a\u4e16", None, "eos", "")


@pytest.mark.parametrize("name", STOP_DECODERS)
@pytest.mark.parametrize("finish", ["abort", "string"])
def test_who_is_ended_by_somebody_else_sends_no_more(name, finish):
    """The request has no reason of its own, and what is held is not flushed."""
    run = run_of(name, Stops(("STOP",)), [*steps_of("ST", finish=finish), *steps_of("more")])

    assert (run.tail, run.final, run.matched, run.reason) == ("", "ST", None, "")


def test_a_step_after_the_end_sends_nothing():
    """Also if somebody gives it to a stop decoder all the same."""
    decoder = STOP_DECODERS["vllm"](Stops(("b",)))

    assert [decoder.step(step) for step in steps_of("ab", "c")] == ["a", ""]
