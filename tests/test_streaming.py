r"""What detokenizers ask of a backend: its own answers, in the shape that they want."""

import pytest

from parity import backends
from parity.backend import Backend
from parity.backends.mock import Honest
from parity.checks import CHECKS
from parity.detokenizers import DETOKENIZERS
from parity.detokenizers.engine import run_script
from parity.errors import Unsupported
from parity.stop_looks import prompt_ids, stop_final, stop_runs
from parity.stream_cases import StopScript
from parity.stream_looks import scripts, streams
from parity.streaming import decoder_of, stop_steps, table_of
from parity.streams import Script, Step, StopRun, Stops, StopStep
from parity.types import Case

HAN = "\u4e16".encode()


class GivesBytes(Honest):
    """Decodes to bytes, as libraries without text do."""

    def decode(self, *args):
        return super().decode(*args).encode()

    def decode_batch(self, *args):
        return super().decode_batch(*args)


class CountsVocabularies(Honest):
    """Counts how often its vocabulary was read."""

    read = 0

    def vocabulary(self):
        self.read += 1
        return super().vocabulary()


def raising():
    """A decoder of bytes that cannot decode the letter B."""

    def decode(ids, skip):
        if 66 in ids:
            raise RecursionError
        return Honest().decode(ids, skip)

    def decode_batch(batch, skip):
        return [decode(ids, skip) for ids in batch]

    return decoder_of(Honest())._replace(decode=decode, decode_batch=decode_batch)


def test_a_decoder_has_what_the_vocabulary_says():
    """Bytes of a token, special tokens, EOS, and how many ids there are."""
    found = decoder_of(Honest())

    assert [found.piece(id) for id in (97, 0xE4, 256, 258, 259, -1)] == [
        b"a", b"\xe4", b"<s>", "\ue000".encode(), b"", b"",
    ]  # fmt: skip
    assert (found.special, found.eos, found.size) == ({256, 257}, 257, 259)


def test_a_decoder_decodes_as_the_backend_does():
    """One list or several, special tokens as it is asked."""
    found = decoder_of(Honest())

    assert [found.decode([97, 256], skip) for skip in (True, False)] == ["a", "a<s>"]
    assert found.decode_batch([[97], [256]], True) == ["a", ""]


def test_a_backend_that_gives_bytes_has_no_detokenizer_of_text():
    """It is unsupported, at the call: bytes are no text that somebody chose a way to read."""
    found = decoder_of(GivesBytes())

    with pytest.raises(Unsupported, match="text"):
        found.decode([97], True)
    with pytest.raises(Unsupported, match="text"):
        found.decode_batch([[97]], True)


def test_a_vocabulary_is_read_once_a_backend():
    """Two backends do not share what was read; a stream is not slowed by it."""
    one, other = CountsVocabularies(), CountsVocabularies()
    for backend in (one, one, one, other):
        decoder_of(backend)

    assert (one.read, other.read) == (1, 1)


def test_a_backend_without_a_vocabulary_is_unsupported():
    """Not an error of the stream."""
    case = Case("t/x-00000000", "script", Script(((),), ((Step(0, (1,), "length"),),)))

    class Streams(Backend):
        def stream(self, script):
            return run_script(DETOKENIZERS["tgi"], decoder_of(self), script)

    assert streams(Streams(), [case])[0].failure.kind == "Unsupported"


def test_pieces_are_resolved_as_plain_text():
    """What looks like a special token is not one."""
    table = table_of(Honest())

    assert (list(table.encode("<s>")), table.eos, list(table.special)) == (
        [60, 115, 62], 257, [256, 257],
    )  # fmt: skip


@pytest.mark.parametrize("name", ["minisgl", "tgi", "sglang", "vllm", "llama_cpp", "redecode"])
@pytest.mark.parametrize("id", [-1, 2**31, 2**32, 2**63])
def test_an_id_that_no_library_takes_is_seen_and_the_rest_is_streamed(name, id):
    """A row for each step all the same; what was sent before it stays."""
    backend = backends.load(f"pipeline:{name},encode=hf:tiny:byte-bpe-600")
    payload = {"requests": [{"pieces": ["a ", {"id": id}, "b "]}]}
    ((made, _),) = [seen.value for seen in scripts(backend, [_case("stream", payload)])]
    (seen,) = streams(backend, [_case("script", made)])
    first = seen.value.emitted[0].chunk

    assert [row.at for row in seen.value.emitted] == ["step"] * 3 + ["end"]
    assert (first.decode() if isinstance(first, bytes) else first) == "a "


@pytest.mark.parametrize("name", sorted(set(DETOKENIZERS) - {"llama_cpp"}))
def test_a_decoder_that_raises_in_the_middle_loses_nothing_before_it(name):
    """Its error stands in the row of the step; a row follows for each step and the end."""
    decoder = raising()
    steps = [Step(0, (id,)) for id in (97, 10, 66)] + [Step(0, (97,), "length")]
    rows = run_script(
        DETOKENIZERS[name], decoder, Script(((),), tuple((s,) for s in steps))
    ).emitted

    assert len(rows) == len(steps) + 1
    assert ("".join(row.chunk or "" for row in rows[:2]), rows[2].error) == (
        "a\n",
        "RecursionError",
    )


def test_what_is_flushed_belongs_to_the_last_step():
    """A stop decoder sees all that is sent, and each step's last id alone."""
    script = StopScript(((97, 98), (), (*HAN[:2],)), Stops(("x",)), "eos")
    steps = stop_steps(DETOKENIZERS["redecode"], decoder_of(Honest()), script)

    assert steps == [
        StopStep((97, 98), "ab", "", "b"),
        StopStep((), "", "", ""),
        StopStep(tuple(HAN[:2]), "\ufffd", "eos", "\ufffd"),
    ]


def test_a_detokenizer_of_bytes_gives_a_stop_decoder_text():
    """With U+FFFD for what is none, as servers show it."""
    script = StopScript(((0xFF,), (97,)), Stops(("x",)))
    steps = stop_steps(DETOKENIZERS["llama_cpp"], decoder_of(Honest()), script)

    assert [step.text for step in steps] == ["\ufffd", "a"]


def _case(kind, payload):
    return Case("t/x-00000000", kind, payload)


class Stopping(Honest):
    """Answers with what it is made with."""

    def __init__(self, found):
        self.found = found

    def stop(self, _):
        return self.found


@pytest.mark.parametrize(
    "found", [None, "text", StopRun([1], "", ""), StopRun(["a"], None, ""), StopRun(None, "", "")]
)
def test_what_is_no_run_of_stops_is_a_failure(found):
    """Of every look at it."""
    for look in (stop_runs, stop_final):
        (seen,) = look(Stopping(found), [_case("stop_script", None)])
        assert seen.failure is not None


def test_an_error_of_a_stop_decoder_is_in_each_look():
    """Two sides agree only where both had it."""
    run = StopRun(["a"], "", "a", None, "", "IndexError")
    names = [name for name in CHECKS if name.startswith("stop_")]

    for name in names:
        (seen,) = CHECKS[name].look(Stopping(run), [_case("stop_script", None)])
        assert "IndexError" in seen.value


def test_prompts_of_both_kinds_are_one_call():
    """In the order of the cases, however many there are of each."""
    calls = []

    class Prompts(Honest):
        def prompts(self, batch):
            calls.append(list(batch))
            return [[len(prompt)] for prompt in batch]

    cases = [_case("text", "abc"), _case("messages", [{}, {}]), _case("text", "")]

    assert [list(seen.value) for seen in prompt_ids(Prompts(), cases)] == [[3], [2], [0]]
    assert calls == [["abc", [{}, {}], ""]]


def test_a_prompt_that_fails_leaves_the_others_their_ids():
    """Halves find out which one it was."""

    class FailsOnB(Honest):
        def prompts(self, batch):
            if "b" in batch:
                raise KeyError
            return super().prompts(batch)

    seen = prompt_ids(FailsOnB(), [_case("text", text) for text in "abc"])

    assert [one.failure.kind if one.failure else one.value for one in seen] == [
        [256, 97], "KeyError", [256, 99],
    ]  # fmt: skip
