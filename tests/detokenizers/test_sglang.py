"""SGLang: against a statement of it that keeps text and offsets, and its own corners."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from toys import byte_level, rows, shown, steps_of, streamed

from parity.detokenizers import DETOKENIZERS
from parity.detokenizers.engine import run_script
from parity.detokenizers.printable import printable
from parity.detokenizers.sglang import SGLang
from parity.streams import Script, Step


def as_stated(decoder, prompt, steps):
    """The chunks of a request's steps, with committed text and the offset of what was sent."""
    known = [id if 0 <= id < decoder.size else 0 for id in prompt[-5:]]
    ids, text, sent, surr, read, chunks = known, "", 0, 0, len(known), []
    for step in steps:
        ids = ids + [id if 0 <= id < decoder.size else 0 for id in step.ids]
        window = ids[surr:-1] if step.finish in ("eos", "stop") else ids[surr:]
        new = decoder.decode(window, False)[len(decoder.decode(ids[surr:read], False)) :]
        if step.finish:
            out = text + new
            if step.finish == "string" and step.matched in out:
                out = out[: out.index(step.matched)]
        elif new and not new.endswith("\ufffd"):
            out = text = text + new
            surr, read = read, len(ids)
        else:
            out = text + printable(new)
        chunks.append(out[sent:])
        sent = len(out)
    return chunks


TOKENS = [
    b"a",
    b" ",
    b"\n",
    b"\xe4\xb8\x96",
    b"\xe4\xb8",
    b"\x96",
    b"\xc3",
    b"\xa9\xe4",
    b"st",
    b"op",
]
IDS = st.lists(st.integers(-1, 11), max_size=8)


@given(
    prompt=IDS,
    groups=st.lists(st.lists(st.integers(-1, 11), min_size=1, max_size=3), min_size=1, max_size=10),
    finish=st.sampled_from(["eos", "stop", "string", "length", "abort"]),
)
def test_it_is_what_is_stated(prompt, groups, finish):
    """With any prompt, ids that are not known, several ids a step, and every way to finish."""
    decoder = byte_level(*TOKENS)
    how = {"finish": finish, "matched": "stop" if finish == "string" else ""}
    emitted = rows("sglang", decoder, groups, prompt, **how)

    assert [row.chunk for row in emitted if row.at == "step"] == as_stated(
        decoder, prompt, steps_of(groups, **how)
    )


@pytest.mark.parametrize(
    ("finish", "chunks"),
    [
        ("eos", "o|k|.>"),
        ("stop", "o|k|.>"),
        ("length", "o|k|<|im_end|>>"),
        ("abort", "o|k|<|im_end|>>"),
    ],
)
def test_the_last_id_is_dropped_only_if_it_was_what_stopped(finish, chunks):
    """Whatever id it is."""
    decoder = byte_level(b"o", b"k", b"<|im_end|>", eos=2)

    assert streamed("sglang", decoder, range(3), finish=finish) == chunks


@pytest.mark.parametrize(
    ("groups", "matched", "chunks"),
    [
        ([0, 1, 2], "ST", "a |b |.>"),
        ([0, 1, (2, 3)], "STOP", "a |b |.>"),
        ([0, 1, 2], "b S", "a |b |.>"),  # what was sent beyond the cut stays sent
        ([0, 2, 1, 2], "ST", "a |ST|b |.>"),  # the first one, long sent
        ([0, (2, 1, 2)], "ST", "a |.>"),
        ([0, 1, 1], "nowhere", "a |b |b >"),
    ],
)
def test_the_text_is_cut_before_the_first_of_the_stop_string(groups, matched, chunks):
    """It is looked for in the whole text."""
    decoder = byte_level(b"a ", b"b ", b"ST", b"OP")

    assert streamed("sglang", decoder, groups, finish="string", matched=matched) == chunks


def test_the_context_is_the_last_five_ids_of_the_prompt():
    stream = SGLang(byte_level(*TOKENS), range(9))

    assert (stream.ids, stream.known) == ([4, 5, 6, 7, 8], 5)


def test_several_ids_a_step_repeat_what_shrank():
    """All past the last space, which the printable part went back to."""
    decoder = byte_level(b"A ", b"\xe4\xb8\x96\xc3", b"\xa9\xe4", b"\xbd\xa0")

    assert streamed("sglang", decoder, [(0, 1), 2, 3]) == "A \u4e16|.|\u4e16\xe9\u4f60>"


def test_two_steps_of_a_request_in_a_batch_repeat_text():
    """All is decoded before any state changes."""
    decoder = byte_level(b"Hello", b" wor", b"ld")
    script = Script(((),), ((Step(0, (0,)), Step(0, (1,))), (Step(0, (2,)),)))

    assert shown(run_script(DETOKENIZERS["sglang"], decoder, script).emitted) == (
        "Hello|Hello wor|ld"
    )


@pytest.mark.parametrize("id", [-1, 3, 999_999])
def test_an_unknown_id_prints_token_0(id):
    """In the prompt too, where it is seen only as context."""
    decoder = byte_level(b"<0>", b"a", b"b")

    assert streamed("sglang", decoder, [1, id], prompt=(id,)) == "a|<0>>"
