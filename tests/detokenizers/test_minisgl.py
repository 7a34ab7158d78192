"""mini-sglang: against a statement of it that keeps text and offsets, and its own corners."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from toys import byte_level, shown, streamed

from parity.detokenizers import DETOKENIZERS
from parity.detokenizers.engine import run_script
from parity.detokenizers.printable import printable
from parity.streams import Script, Step


def as_stated(decoder, batches):
    """The chunks of all steps, with committed text and the offset of what was sent kept whole."""
    states, chunks = {}, []
    for batch in batches:
        texts = []
        for step in batch:
            state = states.setdefault(
                step.request, {"ids": [], "text": "", "read": 0, "surr": 0, "sent": 0}
            )
            if not (step.finish and step.ids[0] == decoder.eos):
                state["ids"].append(step.ids[0])
            texts.append(
                (
                    decoder.decode(state["ids"][state["surr"] :], False),
                    decoder.decode(state["ids"][state["surr"] : state["read"]], False),
                )
            )
        for step, (read, context) in zip(batch, texts, strict=True):
            state, new = states[step.request], read[len(context) :]
            if new and not new.endswith("\ufffd"):
                out = state["text"] = state["text"] + new
                state["surr"], state["read"] = state["read"], len(state["ids"])
            else:
                out = state["text"] + printable(new)
            chunks.append(out[state["sent"] :])
            state["sent"] = len(out)
            if step.finish:
                del states[step.request]
    return chunks


TOKENS = [b"a", b" ", b"\n", b"\xe4\xb8\x96", b"\xe4\xb8", b"\x96", b"\xc3", b"\xa9\xe4", b"</s>"]


@given(
    batches=st.lists(
        st.lists(st.builds(Step, st.integers(0, 2), st.tuples(st.integers(0, 8))), max_size=4),
        max_size=10,
    ),
    finishes=st.lists(st.booleans(), min_size=40, max_size=40),
)
def test_it_is_what_is_stated(batches, finishes):
    """Several requests in a batch, also one more than once; each may finish with its last step."""
    decoder, wanted = byte_level(*TOKENS, eos=8), iter(finishes)
    script = []
    for batch in batches:
        last = {step.request: number for number, step in enumerate(batch)}
        script.append(
            tuple(
                step._replace(finish="eos" if last[step.request] == at and next(wanted) else "")
                for at, step in enumerate(batch)
            )
        )
    emitted = run_script(DETOKENIZERS["minisgl"], decoder, Script(((),) * 3, tuple(script))).emitted

    assert [row.chunk for row in emitted if row.at == "step"] == as_stated(decoder, script)


def test_two_steps_of_a_request_in_a_batch_repeat_text():
    """All is decoded before any state changes."""
    decoder = byte_level(b"Hello", b" wor", b"ld")
    script = Script(((),), ((Step(0, (0,)), Step(0, (1,))), (Step(0, (2,)),)))
    emitted = run_script(DETOKENIZERS["minisgl"], decoder, script).emitted

    assert shown(emitted) == "Hello|Hello wor|ld"


@pytest.mark.parametrize(
    ("ids", "finish", "chunks"),
    [
        ((0, 1, 2), "eos", "o|k|.>"),
        ((0, 1, 2), "length", "o|k|.>"),
        ((0, 1, 3), "stop", "o|k|<stop>>"),
        ((0, 2, 1), "length", "o|<|im_end|>|k>"),
        ((0, (1, 2)), "eos", "o|k>"),
    ],
)
def test_eos_is_hidden_only_as_the_last_id_of_all(ids, finish, chunks):
    """Another stop id is text, and so is EOS in the middle."""
    decoder = byte_level(b"o", b"k", b"<|im_end|>", b"<stop>", special=(2, 3), eos=2)

    assert streamed("minisgl", decoder, ids, finish=finish, skip=True) == chunks


def test_special_tokens_are_text_in_a_batch_too():
    """Whatever the requests say."""
    decoder = byte_level(b"a", b"<s>", special=(1,))
    batch = tuple(Step(request, (1,)) for request in (0, 1))
    emitted = run_script(
        DETOKENIZERS["minisgl"], decoder, Script(((), ()), (batch,), skip_special=True)
    ).emitted

    assert shown(emitted) == "<s>|<s>"


def test_what_shrinks_is_sent_twice():
    """The offset of what was sent goes back with the printable part."""
    decoder = byte_level(b"A ", b"\xe4\xb8\x96\xc3", b"\xa9\xe4", b"\xbd\xa0")

    assert streamed("minisgl", decoder, range(4)) == "A |\u4e16|.|\u4e16\xe9\u4f60>"


def test_a_token_without_text_does_not_move_the_window():
    """What it is decoded with comes again with the next."""
    decoder = byte_level(b"a", b"", b"b")

    assert streamed("minisgl", decoder, [0, 1, 1, 2]) == "a|.|.|b>"
