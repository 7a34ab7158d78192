r"""What all algorithms share, and the same tokens in each of them."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from toys import byte_fallback, byte_level, rows, steps_of, streamed

from parity.detokenizers import DETOKENIZERS, summary
from parity.detokenizers.engine import Engine, run_script
from parity.streams import Script, Step

ROOT = Path(__file__).parents[2]
WINDOW = ["decode_stream", "vllm", "vllm_suffix", "vllm_slow", "tgi", "llm_tokenizer_stream"]
"""Those of the family that know the prompt."""

STREAMS = {
    "words": (
        byte_level(b"Hello", b" wor", b"ld", b",", b" f", b"o", b"o"),
        {
            "": "Hello| wor|ld|,| f|o|o>",
            "text_streamer": ".|Hello |.|.|world, |.|.>foo",
        },
    ),
    "emoji in bytes": (
        byte_level(*b"hi, ,\xf0,\x9f,\x8c,\xb6,\xef,\xb8,\x8f,!".split(b",")),
        {
            "": "hi| |.|.|.|\U0001f336|.|.|\ufe0f|!>",
            "text_streamer": ".|hi |.|.|.|.|.|.|.|.>\U0001f336\ufe0f!",
        },
    ),
    "cut in Han": (
        byte_level(b"say", b" \xe4\xb8"),
        {
            "": "say|.>",
            "minisgl": "say| >",
            "sglang": "say| \ufffd>",
            "text_streamer": ".|say >\ufffd",
            "llm_tokenizer_stream": "say|.> \ufffd",
            "redecode": "say| >\ufffd",
        },
    ),
    "cut in emoji": (
        byte_level(b"hello", b" ", b"\xf0", b"\x9f", b"\x8c"),
        {
            "": "hello| |.|.|.>",
            "sglang": "hello| |.|.|\ufffd>",
            "text_streamer": ".|hello |.|.|.>\ufffd",
            "llm_tokenizer_stream": "hello| |.|.|.>\ufffd",
            "redecode": "hello| |.|.|.>\ufffd",
        },
    ),
    "U+FFFD in the text": (
        byte_level(b"x", b"\xef\xbf\xbd", b"y", b"\xef\xbf\xbd"),
        {
            "": "x|.|\ufffdy|.>",
            "sglang": "x|.|\ufffdy|\ufffd>",
            "text_streamer": ".|.|.|.>x\ufffdy\ufffd",
            "llm_tokenizer_stream": "x|.|\ufffdy|.>\ufffd",
            "llama_cpp": "x|\ufffd|y|\ufffd>",
            "redecode": "x|.|\ufffdy|.>\ufffd",
        },
    ),
    "tokens over characters": (
        byte_level(b"\xe4\xb8\x96\xc3", b"\xa9\xe4", b"\xbd\xa0"),
        {
            "": ".|.|\u4e16\xe9\u4f60>",
            "minisgl": "\u4e16|.|\u4e16\xe9\u4f60>",
            "sglang": "\u4e16|.|\u4e16\xe9\u4f60>",
            "redecode": "\u4e16|\xe9|\u4f60>",
        },
    ),
    "a byte that does not belong": (
        byte_fallback("<0xE4>", "<0xB8>", "<0x96>", "<0xFF>", "a"),
        {
            "": ".|.|\u4e16|.|\ufffd\ufffd\ufffda>",
            "decode_stream": ".|.|\u4e16|.|InvalidPrefix>",
            "vllm": ".|.|\u4e16|.|a>",
            "vllm_suffix": ".|.|\u4e16|.|a>",
            "text_streamer": ".|.|\u4e16|.|.>\ufffd\ufffd\ufffda",
            "llama_cpp": ".|.|\u4e16|\ufffd|a>",
            "redecode": ".|.|\u4e16|.|.>Rewritten",
        },
    ),
    "an unknown id": (
        byte_level(b"<0>", b"a", b"b"),
        {"": "a|.|b>", "sglang": "a|<0>|b>", "text_streamer": ".|.|.>ab"},
    ),
}
"""Decoder, and what each algorithm makes of its ids in order; "" is all that have no own row."""
IDS = {"an unknown id": [1, 999_999, 2]}


@pytest.mark.parametrize("name", DETOKENIZERS)
@pytest.mark.parametrize("stream", STREAMS)
def test_the_same_tokens_give_each_algorithm_its_own_chunks(stream, name):
    """What was measured with the engines, or read in them, on tokens spelled out here."""
    decoder, expected = STREAMS[stream]
    ids = IDS.get(stream, range(decoder.size))

    assert streamed(name, decoder, ids) == expected.get(name, expected[""])


@pytest.mark.parametrize("name", DETOKENIZERS)
def test_the_prompt_gives_the_first_token_its_space_where_it_is_context(name):
    """A SentencePiece decoder drops the first space of all that it is given."""
    decoder = byte_fallback("<s>", "\u2581Hello", "\u2581world", special=(0,))
    kept = DETOKENIZERS[name].traits.prompt or name == "llama_cpp"  # whose pieces stand alone
    joined = "".join(
        chunk.decode() if isinstance(chunk, bytes) else chunk
        for row in rows(name, decoder, [2], prompt=(0, 1))
        if (chunk := row.chunk)
    )

    assert joined == (" world" if kept else "world")


TAILS = byte_level(b"a", b" ", b"\xe4\xb8")


@pytest.mark.parametrize("name", DETOKENIZERS)
def test_the_tail_is_sent_where_the_traits_say_so(name):
    """All of it or not all of it."""
    chunks = [row.chunk or "" for row in rows(name, TAILS, [0, 1, 2])]
    joined = "".join(
        chunk.decode("utf-8", "replace") if isinstance(chunk, bytes) else chunk for chunk in chunks
    )

    assert (joined == "a \ufffd") == DETOKENIZERS[name].traits.tail


@pytest.mark.parametrize("name", DETOKENIZERS)
@pytest.mark.parametrize("skip", [True, False])
def test_special_tokens_are_skipped_as_the_traits_say(name, skip):
    """The request decides only where the traits say None."""
    decoder = byte_level(b"a", b"<s>", b"b", special=(1,))
    own = DETOKENIZERS[name].traits.skips
    chunks = [row.chunk or "" for row in rows(name, decoder, [0, 1, 2], skip=skip)]
    joined = "".join(chunk.decode() if isinstance(chunk, bytes) else chunk for chunk in chunks)

    assert joined == ("ab" if (skip if own is None else own) else "a<s>b")


BYTES = b"aZ \n\xc3\xa9\xe4\xb8\x96\xf0\x9f\x8c\xb6\xff\x80"
TOKENS = st.lists(
    st.lists(st.sampled_from(BYTES), max_size=4).map(bytes) | st.sampled_from([b"\xef\xbf\xbd"]),
    max_size=20,
)
"""Tokens of a few bytes each: characters, halves of them, and bytes that are never UTF-8."""
CLEAN = (b"a", b"\xe4\xb8\x96", b"\xc3", b"\xa9", b" ", b"b")
"""A prompt: more ids than any context, and its text ends in a whole character."""


def steps(name, decoder, ids, prompt=()):
    """Chunks of steps, None like ""."""
    return [row.chunk or "" for row in rows(name, decoder, ids, prompt) if row.at == "step"]


@given(tokens=TOKENS)
def test_the_window_family_gives_equal_chunks(tokens):
    """Whatever the bytes, if the decoder is monotone and the prompt ends in a whole character."""
    decoder = byte_level(*CLEAN, *tokens, b".")
    ids = range(len(CLEAN), decoder.size)
    expected = steps("decode_stream", decoder, ids, range(len(CLEAN)))

    for name in WINDOW:
        assert steps(name, decoder, ids, range(len(CLEAN))) == expected, name


@given(tokens=TOKENS)
def test_the_window_family_gives_equal_chunks_without_a_prompt(tokens):
    """With TGI where the first chunk takes no more ids than its context has, 5."""
    decoder = byte_level(*tokens, b".")
    ids = range(decoder.size)
    expected = steps("decode_stream", decoder, ids)
    first = next(number for number, chunk in enumerate(expected) if chunk)

    for name in [*WINDOW, "llm_tokenizer_sequence"]:
        if name != "tgi" or first < 5:
            assert steps(name, decoder, ids) == expected, name


@pytest.mark.parametrize("name", DETOKENIZERS)
@given(tokens=TOKENS, asked=st.data())
def test_interleaved_requests_do_not_touch_each_other(name, tokens, asked):
    """Two requests of the same ids, whatever the order of their steps, are each as if alone."""
    decoder = byte_level(*tokens, b".")
    own = steps_of(range(decoder.size))
    order = asked.draw(st.permutations([0] * len(own) + [1] * len(own)))
    left = [iter(own), iter([step._replace(request=1) for step in own])]
    batches = tuple((next(left[request]),) for request in order)
    emitted = run_script(DETOKENIZERS[name], decoder, Script(((), ()), batches)).emitted
    alone = [row.chunk for row in rows(name, decoder, range(decoder.size), skip=True)]

    assert [[row.chunk for row in emitted if row.request == one] for one in (0, 1)] == [alone] * 2


@pytest.mark.parametrize("name", DETOKENIZERS)
def test_a_finished_request_begins_anew(name):
    """Its number comes again, its state does not."""
    decoder = byte_level(b"a ", b"\xe4\xb8", b"\x96")
    script = Script(((),), tuple((step,) for step in steps_of([0, 1]) * 2))
    emitted = run_script(DETOKENIZERS[name], decoder, script).emitted

    assert emitted[:3] == emitted[3:]


@pytest.mark.parametrize("name", DETOKENIZERS)
def test_a_finished_request_leaves_nothing_behind(name):
    """Whatever it finished by; one that goes on stays."""
    decoder = byte_level(b"a", b"\xe4")
    engine = Engine(DETOKENIZERS[name], decoder, Script(((), ()), ()))
    engine.call([Step(0, (0,)), Step(1, (0,))])
    engine.call([Step(0, (1,), "abort")])

    assert set(engine.streams) == {1}


@pytest.mark.parametrize("name", DETOKENIZERS)
def test_a_step_without_ids_is_harmless(name):
    """It sends nothing, and all goes on as if it had not been."""
    decoder = byte_level(b"a ", b"b", b"\xe4\xb8", b"\x96")
    whole = rows(name, decoder, [0, 1, 2, 3])
    gaps = rows(name, decoder, [0, (), 1, 2, (), 3])

    assert [row.chunk or "" for row in gaps if row.ids or row.at == "end"] == [
        row.chunk or "" for row in whole if row.ids or row.at == "end"
    ]
    assert [row.chunk or "" for row in (gaps[1], gaps[4])] == ["", ""]


def test_every_algorithm_says_in_a_line_what_it_does():
    """All of them are different, and each is a sentence."""
    lines = {summary(name) for name in DETOKENIZERS}

    assert len(lines) == len(DETOKENIZERS)
    assert all(line.endswith(".") for line in lines)


def test_importing_them_imports_nothing_but_the_standard_library():
    """So that naming an algorithm costs next to nothing."""
    code = (
        "import sys; sys.path.insert(0, '.'); before = set(sys.modules);"
        "import parity.detokenizers, parity.detokenizers.engine;"
        "new = {name.partition('.')[0] for name in set(sys.modules) - before};"
        "print(sorted(new - sys.stdlib_module_names))"
    )
    command = [sys.executable, "-S", "-c", code]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)  # noqa: S603

    assert done.stdout == "['parity']\n"
