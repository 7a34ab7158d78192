"""Each class of divergence has a stop decoder that is wrong in that way and in no other."""

import pytest
from stop_steps import steps_of

from parity.stops import STOP_DECODERS, run_stops
from parity.stops.faults import CLASSES, classify
from parity.stops.oracle import wanted
from parity.stops.partial import partial
from parity.stops.stop_decoder import StopDecoder
from parity.streams import StopRun, Stops, StopStep


class Honest(StopDecoder):
    """Holds exactly what a stop could reach, and stops where it must."""

    tie = "starts_first"
    unit = "characters"
    options = frozenset({"ids", "visible"})

    def read(self, step):
        self.text += step.text
        places = [(self.text.find(string), string) for string in self.stops.strings]
        places = [(start, string) for start, string in places if start >= 0]
        if places:
            self.cut(*min(places))

    def kept(self, step):
        if step.finish or self.stops.visible:
            return 0
        return partial(self.held, self.stops.strings)


class crashes(Honest):  # noqa: N801
    """An error in the second step."""

    def read(self, step):
        super().read(step)
        if self.count > 1:
            raise IndexError


class takes_the_last_of_the_list(Honest):  # noqa: N801
    """The list is read from its end."""

    def read(self, step):
        self.text += step.text
        for string in reversed(self.stops.strings):
            if string in self.text:
                self.cut(self.text.find(string), string)
                return


class never_stops(Honest):  # noqa: N801
    """Stops are not looked for."""

    def read(self, step):
        self.text += step.text


class cuts_at_the_last_place(Honest):  # noqa: N801
    """Of a stop that comes twice in a step the second is taken."""

    def read(self, step):
        self.text += step.text
        for string in self.stops.strings:
            if string in self.text:
                self.cut(self.text.rfind(string), string)


class shows_the_stop(Honest):  # noqa: N801
    """What is asked for is not looked at."""

    def cut(self, start, string):
        self.text = self.text[: start + len(string)]
        self.end("string", string)


class hides_the_stop(Honest):  # noqa: N801
    """What is asked for is not looked at."""

    def cut(self, start, string):
        self.text = self.text[:start]
        self.end("string", string)


class holds_nothing(Honest):  # noqa: N801
    """The beginning of a stop is sent."""

    def kept(self, step):
        del step
        return 0


class keeps_a_piece_of_the_stop(Honest):  # noqa: N801
    """Cut one character too late."""

    def cut(self, start, string):
        self.text = self.text[: start + 1]
        self.end("string", string)


class forgets_what_it_held(Honest):  # noqa: N801
    """Nothing is flushed."""

    def kept(self, step):
        return super().kept(step._replace(finish=""))


class answers_without_its_last_character(Honest):  # noqa: N801
    """Not streamed, it is shorter."""

    @property
    def final(self):
        return self.text[:-1]

    def kept(self, step):
        return super().kept(step) or int(bool(step.finish))


class holds_too_much(Honest):  # noqa: N801
    """As much as the longest stop, whatever it is."""

    def kept(self, step):
        return 0 if step.finish else max(map(len, self.stops.strings))


STOPPED = steps_of("ab ", "ST", "OP", " on")
UNSTOPPED = steps_of("ab ", "ST", finish="length")
ONE, TWO = Stops(("STOP",)), Stops(("STOP", "on"))
TWICE = steps_of("ab STOP on STOP")

FAKES = {
    crashes: (ONE, STOPPED, ("crash",)),
    takes_the_last_of_the_list: (TWO, steps_of("ab STOP on"), ("order",)),
    never_stops: (ONE, STOPPED, ("order",)),
    cuts_at_the_last_place: (ONE, TWICE, ("order",)),
    shows_the_stop: (ONE, STOPPED, ("include",)),
    hides_the_stop: (ONE._replace(visible=True), TWICE, ("include",)),
    holds_nothing: (ONE, STOPPED, ("leak",)),
    keeps_a_piece_of_the_stop: (ONE, STOPPED, ("leak",)),
    forgets_what_it_held: (ONE, UNSTOPPED, ("lost_tail",)),
    answers_without_its_last_character: (ONE, UNSTOPPED, ("lost_tail",)),
    holds_too_much: (ONE, STOPPED, ("over_hold",)),
}


@pytest.mark.parametrize("fake", FAKES, ids=lambda fake: fake.__name__)
def test_a_fault_is_named(fake):
    """By its class, and by no other one."""
    stops, steps, named = FAKES[fake]

    assert classify(run_stops(fake, stops, steps), wanted(stops, steps, "starts_first")) == named


@pytest.mark.parametrize("fake", FAKES, ids=lambda fake: fake.__name__)
def test_the_honest_one_has_no_fault_where_a_fake_has(fake):
    """So that it is the fault that is named, and not the case."""
    stops, steps, _ = FAKES[fake]

    assert classify(run_stops(Honest, stops, steps), wanted(stops, steps, "starts_first")) == ()


def test_every_class_has_a_fake():
    """A class that nothing can show would never be seen to fail."""
    assert {name for _, _, named in FAKES.values() for name in named} == set(CLASSES)


@pytest.mark.parametrize(
    ("visible", "final", "named"),
    [
        (False, "ab", ()),
        (False, "ab<end>", ("include",)),
        (True, "ab<end>", ()),
        (True, "ab", ("include",)),
    ],
)
def test_a_stop_token_shown_or_hidden_is_included_wrongly(visible, final, named):
    """Its text is no stop string, so that it has to be told."""
    steps = [*steps_of("ab"), StopStep((9,), "<end>", "", "<end>")]
    right = wanted(Stops((), (9,), visible), steps, "completes_first")
    run = StopRun(["ab", final[2:]], "", final, 9, "token")

    assert classify(run, right, "<end>") == named


@pytest.mark.parametrize(
    ("name", "named"),
    [
        ("llm_tokenizer", ("over_hold",)),
        ("llm_tokenizer_2025_10", ()),
        ("vllm", ("over_hold",)),
        ("vllm_list_order", ("over_hold",)),
        ("sglang", ("over_hold",)),
        ("tgi", ()),
        ("llama_cpp", ("lost_tail", "over_hold")),
        ("minisgl", ()),
    ],
)
def test_the_engines_have_their_known_faults_at_the_length(name, named):
    """Where no stop comes and the text ends with the beginning of one."""
    steps = steps_of("some text S", "T", finish="length")

    assert classify(run_of(name, steps), wanted(ONE, steps, "completes_first")) == named


@pytest.mark.parametrize(
    ("name", "named"),
    [
        ("llm_tokenizer", ("over_hold",)),
        ("llm_tokenizer_2025_10", ()),
        ("tgi", ("include",)),
        ("llama_cpp", ()),
        ("minisgl", ("order",)),
    ],
)
def test_the_engines_have_their_known_faults_at_a_stop(name, named):
    """Where a stop comes in two steps of its own."""
    steps = steps_of("some text ", "ST", "OP")

    assert classify(run_of(name, steps), wanted(ONE, steps, "completes_first")) == named


def run_of(name, steps):
    return run_stops(STOP_DECODERS[name], ONE, steps)


def test_another_reason_alone_is_an_order():
    """EOS and the length have no match to tell them apart."""
    right = wanted(ONE, UNSTOPPED, "starts_first")

    assert classify(right.run._replace(reason="eos"), right) == ("order",)
