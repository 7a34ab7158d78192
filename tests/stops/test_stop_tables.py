"""Every stop decoder on the same steps: what it sends, its answer, what it says it matched."""

import pytest
from stop_steps import steps_of

from parity.stops import STOP_DECODERS, run_stops
from parity.streams import StopRun, Stops

SPLIT = ("hello", " hello", "ST", "OP")

# case: stop strings, texts of the steps, finish; name -> texts, tail, final, matched
TABLE = {
    "split over steps": (
        ("STOP",),
        SPLIT,
        "",
        {
            "llm_tokenizer": (["h", "ello h", "el", "lo"], "", "hello hello", "STOP"),
            "llm_tokenizer_2025_10": (["hello", " hello", "", ""], "", "hello hello", "STOP"),
            "vllm": (["he", "llo he", "ll", "o"], "", "hello hello", "STOP"),
            "vllm_list_order": (["he", "llo he", "ll", "o"], "", "hello hello", "STOP"),
            "sglang": (["hello", " hello", "", ""], "", "hello hello", "STOP"),
            "tgi": (["hello", " hello", "ST", "OP"], "", "hello helloSTOP", "STOP"),
            "llama_cpp": (["hello", " hello", "", ""], "", "hello hello", "STOP"),
            "minisgl": (["hello", " hello", "ST", "OP"], "", "hello helloSTOP", None),
        },
    ),
    "never completed, the length ends it": (
        ("STOP",),
        SPLIT[:3],
        "length",
        {
            "llm_tokenizer": (["h", "ello h", "el"], "loST", "hello helloST", None),
            "llm_tokenizer_2025_10": (["hello", " hello", ""], "ST", "hello helloST", None),
            "vllm": (["he", "llo he", "lloST"], "", "hello helloST", None),
            "vllm_list_order": (["he", "llo he", "lloST"], "", "hello helloST", None),
            "sglang": (["hello", " hello", "ST"], "", "hello helloST", None),
            "tgi": (["hello", " hello", "ST"], "", "hello helloST", None),
            "llama_cpp": (["hello", " hello", ""], "", "hello helloST", None),
            "minisgl": (["hello", " hello", "ST"], "", "hello helloST", None),
        },
    ),
    "inside a token": (
        ("STOP",),
        ("hi ", "ST", "OP!", " on"),
        "length",
        {
            "llm_tokenizer": (["", "h", "i "], "", "hi ", "STOP"),
            "llm_tokenizer_2025_10": (["hi ", "", ""], "", "hi ", "STOP"),
            "vllm": (["", "hi", " "], "", "hi ", "STOP"),
            "vllm_list_order": (["", "hi", " "], "", "hi ", "STOP"),
            "sglang": (["hi ", "", ""], "", "hi ", "STOP"),
            "tgi": (["hi ", "ST", "OP!", " on"], "", "hi STOP! on", None),
            "llama_cpp": (["hi ", "", ""], "", "hi ", "STOP"),
            "minisgl": (["hi ", "ST", "OP!", " on"], "", "hi STOP! on", None),
        },
    ),
    "one inside another, a character a step": (
        ("abc", "b"),
        ("a", "b", "c"),
        "",
        {
            "llm_tokenizer": (["", "a"], "", "a", "b"),
            "llm_tokenizer_2025_10": (["", "a"], "", "a", "b"),
            "vllm": (["", "a"], "", "a", "b"),
            "vllm_list_order": (["", "a"], "", "a", "b"),
            "sglang": (["", "a"], "", "a", "b"),
            "tgi": (["a", "b"], "", "ab", "b"),
            "llama_cpp": (["", "a"], "", "a", "b"),
            "minisgl": (["a", "b", "c"], "", "abc", None),
        },
    ),
    "two that end together": (
        ("c", "abc"),
        ("a", "bc"),
        "",
        {
            "llm_tokenizer": (["", ""], "", "", "abc"),
            "llm_tokenizer_2025_10": (["", "ab"], "", "ab", "c"),
            "vllm": (["", "ab"], "", "ab", "c"),
            "vllm_list_order": (["", "ab"], "", "ab", "c"),
            "sglang": (["", "ab"], "", "ab", "c"),
            "tgi": (["a", "bc"], "", "abc", "c"),
            "llama_cpp": (["", ""], "", "", "abc"),
            "minisgl": (["a", "bc"], "", "abc", None),
        },
    ),
    "a character whose bytes came in two steps": (
        ("\u4e16",),
        ("a", "", "\u4e16"),
        "",
        {
            "llm_tokenizer": (["", "", "a"], "", "a", "\u4e16"),
            "llm_tokenizer_2025_10": (["a", "", ""], "", "a", "\u4e16"),
            "vllm": (["a", "", ""], "", "a", "\u4e16"),
            "vllm_list_order": (["a", "", ""], "", "a", "\u4e16"),
            "sglang": (["a", "", ""], "", "a", "\u4e16"),
            "tgi": (["a", "", "\u4e16"], "", "a\u4e16", "\u4e16"),
            "llama_cpp": (["a", "", ""], "", "a", "\u4e16"),
            "minisgl": (["a", "", "\u4e16"], "", "a\u4e16", None),
        },
    ),
    "one that ends first, behind a longer one, in one step": (
        ("xbx", "ab", "bx"),
        ("abxbx",),
        "",
        {
            "llm_tokenizer": ([""], "", "", "ab"),
            "llm_tokenizer_2025_10": (["ab"], "", "ab", "xbx"),
            "vllm": ([""], "", "", "ab"),
            "vllm_list_order": (["ab"], "", "ab", "xbx"),
            "sglang": (["ab"], "", "ab", "xbx"),
            "tgi": (["abxbx"], "", "abxbx", "xbx"),
            "llama_cpp": ([""], "", "", "ab"),
            "minisgl": (["abxbx"], "", "abxbx", None),
        },
    ),
    "a near miss": (
        ("STOP",),
        ("STO", "RM"),
        "",
        {
            "llm_tokenizer": (["", "S"], "", "STORM", None),
            "llm_tokenizer_2025_10": (["", "STORM"], "", "STORM", None),
            "vllm": (["", "ST"], "", "STORM", None),
            "vllm_list_order": (["", "ST"], "", "STORM", None),
            "sglang": (["", "STORM"], "", "STORM", None),
            "tgi": (["STO", "RM"], "", "STORM", None),
            "llama_cpp": (["", "STORM"], "", "STORM", None),
            "minisgl": (["STO", "RM"], "", "STORM", None),
        },
    ),
}


def test_the_jail_of_2025_keeps_the_longest_beginning_of_any_stop():
    """Also where a stop that comes later in the list has a shorter one there."""
    run = run_stops(
        STOP_DECODERS["llm_tokenizer_2025_10"], Stops(("abc", "bd")), steps_of("xab", "c")
    )

    assert (run.texts, run.final, run.matched) == (["x", ""], "x", "abc")


ROWS = [
    pytest.param(Stops(strings), steps_of(*texts, finish=finish), name, run, id=f"{case}-{name}")
    for case, (strings, texts, finish, runs) in TABLE.items()
    for name, run in runs.items()
]


@pytest.mark.parametrize(("stops", "steps", "name", "run"), ROWS)
def test_a_stop_decoder_makes_of_steps_what_its_engine_makes(stops, steps, name, run):
    """On the same steps five engines give up to five answers."""
    texts, tail, final, matched = run
    reason = "string" if matched else steps[-1].finish

    assert run_stops(STOP_DECODERS[name], stops, steps) == StopRun(
        texts, tail, final, matched, reason
    )


def test_every_case_asks_every_stop_decoder():
    """A row that is forgotten would prove nothing."""
    assert {case for case in TABLE if TABLE[case][3].keys() != STOP_DECODERS.keys()} == set()


@pytest.mark.parametrize(
    ("finish", "texts", "tail"),
    [
        ("eos", ["he", "llo he", "lloST"], ""),
        ("length", ["he", "llo he", "lloST"], ""),
        ("", ["he", "llo he", "ll"], ""),
        ("abort", ["he", "llo he", "ll"], ""),
    ],
)
def test_vllm_sends_everything_with_the_step_that_finishes(finish, texts, tail):
    """The buffer is no longer one when the request is over; a client that left gets nothing."""
    run = run_stops(STOP_DECODERS["vllm"], Stops(("STOP",)), steps_of(*SPLIT[:3], finish=finish))

    assert (run.texts, run.tail) == (texts, tail)


@pytest.mark.parametrize(
    ("finish", "texts"), [("eos", ["", "lines?"]), ("stop", ["", "lines?"]), ("length", ["", ""])]
)
def test_llama_cpp_sends_what_is_pending_at_eos_and_never_at_the_length(finish, texts):
    """The last `?` of an answer arrives or not, as the stop is `?` and a newline."""
    steps = steps_of("lines?", "", finish=finish)
    run = run_stops(STOP_DECODERS["llama_cpp"], Stops(("?\n",)), steps)

    assert (run.texts, run.tail, run.final) == (texts, "", "lines?")


@pytest.mark.parametrize(
    ("texts", "finish", "final", "reason"),
    [
        (["a", "STOP\n", "b"], "", "aSTOP\n", "string"),
        (["a", "STOP\n\n", "b"], "", "aSTOP\n\nb", ""),
        (["a\nb ", "STOP", "b"], "", "a\nb STOP", "string"),
        (["a", "STOP"], "length", "aSTOP", "length"),
        (["a", "STOP"], "eos", "aSTOP", "eos"),
    ],
)
def test_tgi_sees_a_stop_only_at_the_end_of_a_step_that_is_not_the_last(
    texts, finish, final, reason
):
    """`$` matches before one newline; the length and EOS are asked before the stops."""
    run = run_stops(STOP_DECODERS["tgi"], Stops(("STOP",)), steps_of(*texts, finish=finish))

    assert (run.final, run.reason) == (final, reason)


@pytest.mark.parametrize(("before", "reason"), [(99, "string"), (100, "")])
def test_tgi_forgets_the_beginning_of_a_long_text(before, reason):
    """Of more than 300 characters it keeps 200, and a stop of 201 is not in them."""
    stop = "s" * 201
    run = run_stops(STOP_DECODERS["tgi"], Stops((stop,)), steps_of("x" * before, stop))

    assert run.reason == reason


@pytest.mark.parametrize(
    ("stop", "texts", "error", "sent"),
    [
        ("ab", ("x", "\u00e9"), "NotACharBoundary", ["x"]),
        ("\u4e16", ("\u00e9",), "NotACharBoundary", []),
        ("STOP", ("fine ", "caf\u00e9"), "NotACharBoundary", ["fine "]),
        ("STOP", ("caf\u00e9 ok", "."), "", ["caf\u00e9 ok", "."]),
        ("a", ("\u4e16",), "", ["\u4e16"]),
        ("\u4e16", ("x\u4e16",), "", ["x"]),
    ],
)
def test_the_jail_of_2025_breaks_at_a_character_of_several_bytes(stop, texts, error, sent):
    """It slices the last bytes of the text, one less than the stop has, wherever they begin."""
    run = run_stops(STOP_DECODERS["llm_tokenizer_2025_10"], Stops((stop,)), steps_of(*texts))

    assert (run.error, run.texts) == (error, sent)


@pytest.mark.parametrize(
    ("name", "texts", "held", "length"),
    [
        ("llm_tokenizer", ["a\u4e16b\u00e9"], "\u4e16b\u00e9", 6),
        ("llm_tokenizer", ["\u4e16\u4e16"], "\u4e16\u4e16", 6),
        ("llm_tokenizer_2025_10", ["a\u4e16bST"], "ST", 2),
        ("vllm", ["a\u4e16b\u00e9"], "\u4e16b\u00e9", 3),
        ("sglang", ["\u4e16\u4e16S"], "\u4e16\u4e16S", 3),
        ("llama_cpp", ["\u4e16\u4e16S"], "\u4e16\u4e16S", 7),
        ("tgi", ["\u4e16\u4e16S"], "", 0),
        ("minisgl", ["\u4e16\u4e16S"], "", 0),
    ],
)
def test_what_is_held_back_is_counted_in_the_unit_of_the_engine(name, texts, held, length):
    """Bytes keep whole characters, so that more than the longest stop may be held."""
    decoder = STOP_DECODERS[name](Stops(("STOP",)))
    for step in steps_of(*texts):
        decoder.step(step)

    assert (decoder.held, decoder.held_length) == (held, length)
