"""The engine: what comes of errors, of batches, and of streams that cannot be made."""

import pytest
from toys import byte_level, shown, steps_of

from parity.detokenizers import DETOKENIZERS
from parity.detokenizers.detokenizer import Detokenizer
from parity.detokenizers.engine import run_script
from parity.errors import Unsupported
from parity.streams import Script, Step

TOY = byte_level(b"a ", b"b ", b"c ", b"d ")


def failing(decoder, at, error):
    """A decoder whose call number `at` raises."""
    calls = iter(range(1_000_000))

    def guarded(call):
        def made(*given):
            if next(calls) == at:
                raise error
            return call(*given)

        return made

    return decoder._replace(
        decode=guarded(decoder.decode), decode_batch=guarded(decoder.decode_batch)
    )


def batches(*groups, **finish):
    return tuple((step,) for step in steps_of(groups, **finish))


# The number of the call that decodes the second id for the first time.
SECOND = {"redecode": 1, "minisgl": 2, "sglang": 2, "text_streamer": 1, "tgi": 2, "vllm_slow": 2}


@pytest.mark.parametrize("name", SECOND)
def test_an_error_in_the_middle_of_a_stream_loses_nothing(name):
    """The step shows the kind of the error; the next sends what that one could not."""
    decoder = failing(TOY, SECOND[name], ZeroDivisionError("once"))
    emitted = run_script(DETOKENIZERS[name], decoder, Script(((),), batches(0, 1, 2))).emitted

    assert shown(emitted) == "a |ZeroDivisionError|b c >"
    assert emitted[1] == (0, None, (1,), "step", "ZeroDivisionError")


def test_a_failing_batch_is_an_error_of_each_of_its_steps():
    """An engine that decodes them together has no other answer."""
    both = tuple((Step(0, (id,)), Step(1, (id,))) for id in (0, 1, 2))
    decoder = failing(TOY, 1, ZeroDivisionError())
    emitted = run_script(DETOKENIZERS["minisgl"], decoder, Script(((), ()), both)).emitted

    assert [row.error for row in emitted] == ["", "", *["ZeroDivisionError"] * 2, "", ""]
    assert [row.chunk for row in emitted[4:]] == ["b c "] * 2


def test_an_error_at_the_end_is_a_row_there():
    """And the state is let go."""

    class FailsAtTheEnd(Detokenizer):
        def step(self, _):
            return "a"

        def flush(self):
            raise ZeroDivisionError

    streamed = run_script(FailsAtTheEnd, TOY, Script(((),), batches(0)))

    assert shown(streamed.emitted) == "a>ZeroDivisionError"
    assert streamed.held == 0


def test_a_stream_that_cannot_be_made_fails_at_each_step():
    """The other requests go on."""
    script = Script(((2**32,), ()), ((Step(0, (0,)), Step(1, (0,))), (Step(0, (1,), "length"),)))
    emitted = run_script(DETOKENIZERS["vllm"], TOY, script).emitted

    assert [(row.request, row.chunk, row.error) for row in emitted] == [
        (0, None, "OverflowError"),
        (1, "a ", ""),
        (0, None, "OverflowError"),
        (0, None, ""),
    ]


@pytest.mark.parametrize("error", [Unsupported("no decode"), KeyboardInterrupt()])
@pytest.mark.parametrize("name", ["minisgl", "redecode"])
def test_what_is_no_answer_about_the_step_passes(name, error):
    """A decoder without the operation, and somebody who wants to stop."""
    with pytest.raises(type(error)):
        run_script(DETOKENIZERS[name], failing(TOY, 0, error), Script(((),), batches(0)))


def test_a_panic_is_what_came_of_the_step():
    """Compiled code raises it beside Exception."""

    class Panic(BaseException):
        pass

    decoder = failing(TOY, 1, Panic())
    emitted = run_script(DETOKENIZERS["redecode"], decoder, Script(((),), batches(0, 1))).emitted

    assert shown(emitted) == "a |Panic>b "


def test_a_request_that_finishes_in_a_batch_begins_anew_in_the_same_batch():
    """Where the steps of a batch are taken one after another."""
    batch = (Step(0, (0,), "length"), Step(0, (1,), "length"))
    emitted = run_script(DETOKENIZERS["tgi"], TOY, Script(((),), (batch,))).emitted

    assert shown(emitted) == "a |b >>"


def test_an_empty_batch_gives_nothing():
    assert run_script(DETOKENIZERS["minisgl"], TOY, Script((), ((),))).emitted == []
