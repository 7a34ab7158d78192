"""The matrix end to end: a fault in one place is red in the cells of that place, by its name."""

import pytest
from toy_engines import Counting

from parity import backends
from parity.backend import Backend
from parity.decoding import prompts, streamed
from parity.decoding.end_to_end import Sides, detokenizer, encoded, examine
from parity.decoding.gathering import Schedule
from parity.decoding.records import Generation, Prompt
from parity.decoding.streamed import Named, over
from parity.detokenizers import DETOKENIZERS
from parity.detokenizers.redecode import Redecode
from parity.errors import BadSpec, LoadFailed, Unsupported
from parity.types import Encoding

NAME = "tiny:byte-bpe-600"
HF = backends.load(f"hf:{NAME}")
ASKED = [
    one._replace(max_tokens=12) for one in prompts.chosen(["digits", "multibyte/han-list"], None)
]


class Copying(Counting):
    """It says again what it was asked, so other prompt ids are other ids."""

    def __init__(self):
        self.asked = []

    def one(self, request, top):  # noqa: ARG002 (an engine's)
        self.asked.append(request.ids)
        again = (request.ids * request.max_tokens)[: request.max_tokens]
        return Generation(again, "length", "its own text", ("its own", " text"))


class CopiesBackwards(Copying):
    """The same, from the end."""

    def one(self, request, top):
        return super().one(request._replace(ids=request.ids[::-1]), top)


class LacksTwo(Backend):
    """A tokenizer that has no answer for texts with a 2 in them, or fails on them."""

    name = "lacks_two"

    def __init__(self, error):
        self.error = error

    def encode(self, text, specials="parse"):
        if "2" in text:
            raise self.error
        return HF.encode(text, specials)


class LosesTheSecond(Redecode):
    """The second chunk is not sent."""

    chunks = 0

    def step(self, step):
        chunk = super().step(step)
        self.chunks += bool(chunk)
        return "" if self.chunks == 2 else chunk


def made(engine):
    """What opens an engine that is there already."""
    return lambda: (engine, Schedule())


def sides(tokenizers=(), engines=(), detokenizers=()):
    """The honest one of each, and what is given beside it."""
    return Sides(
        {"hf": HF, **dict(tokenizers)},
        {"copying": made(Copying()), **{name: made(one) for name, one in dict(engines).items()}},
        {"redecode@hf": over("redecode", HF), **dict(detokenizers)},
    )


def red(found):
    """What the red cells have in common: each name with its kind of side."""
    return {tuple(cell[:3]) for cell in found.red}


HONEST = {
    "tokenizers": {"reference": backends.load(f"reference:{NAME}")},
    "engines": {"again": Copying()},
    "detokenizers": {"decode_stream@hf": over("decode_stream", HF)},
}


def test_where_nothing_is_wrong_every_cell_is_the_same():
    """Two of each, eight cells, at all levels."""
    found = examine(sides(**HONEST), ASKED)

    assert len(found.cells) == 8
    assert all(cell.kinds == {"SAME": len(ASKED)} for cell in found.cells)
    assert all(cell.same(level) == len(ASKED) for cell in found.cells for level in ("ids", "text"))
    assert found.red == found.unproved == []


@pytest.mark.parametrize(
    "fault", ["drops_last_id", "repeats_last_id", "swaps_neighbours", "strips_text"]
)
def test_a_fault_of_one_tokenizer_is_input_in_its_cells_alone(fault):
    """Whatever engine and detokenizer stand behind it."""
    wrong = backends.load(f"mock:{fault},of=hf:{NAME}")
    tokenizers = {**HONEST["tokenizers"], "wrong": wrong}
    found = examine(sides(**{**HONEST, "tokenizers": tokenizers}), ASKED)
    its = {tuple(cell[:3]) for cell in found.cells if cell.tokenizer == "wrong"}
    kinds = {kind for cell in found.red for kind in cell.kinds}

    assert red(found) == its
    assert kinds <= {"INPUT", "SAME"}
    assert "INPUT" in kinds


@pytest.mark.parametrize("fault", ["strips_decoded_text", "hides_replacement_characters"])
def test_a_fault_of_one_detokenizer_is_detok_in_its_cells_alone(fault):
    """Whatever tokenizer and engine stand before it."""
    wrong = over("redecode", backends.load(f"mock:{fault},of=hf:{NAME}"))
    detokenizers = {**HONEST["detokenizers"], "wrong": wrong}
    found = examine(sides(**{**HONEST, "detokenizers": detokenizers}), ASKED)
    its = {tuple(cell[:3]) for cell in found.cells if cell.detokenizer == "wrong"}
    kinds = {kind for cell in found.red for kind in cell.kinds}

    assert red(found) == its
    assert kinds <= {"DETOK", "SAME"}
    assert "DETOK" in kinds


def test_an_algorithm_that_loses_a_chunk_is_detok_although_the_text_is_the_same(monkeypatch):
    """The text is decoded at once; the stream alone is wrong."""
    monkeypatch.setattr(streamed, "DETOKENIZERS", {**DETOKENIZERS, "loses": LosesTheSecond})
    found = examine(sides(detokenizers={"loses": over("loses", HF)}), ASKED)

    assert red(found) == {("hf", "copying", "loses")}
    assert found.cells[1].kinds == {"DETOK": len(ASKED)}
    assert found.cells[1].same("text") == len(ASKED)
    assert found.cells[1].same("chunks") == 0


def test_a_detokenizer_that_breaks_is_red():
    """It failed, and where is said."""
    wrong = over("redecode", backends.load(f"mock:decodes_alone_otherwise,of=hf:{NAME}"))
    found = examine(sides(detokenizers={"wrong": wrong}), ASKED)

    assert red(found) == {("hf", "copying", "wrong")}
    assert "StreamBroke: redecode@" in found.cells[1].findings[0].note


def test_a_fault_of_one_engine_is_neither_input_nor_detok():
    """It is red in the cells of that engine."""
    found = examine(sides(**{**HONEST, "engines": {"wrong": CopiesBackwards()}}), ASKED)
    its = {tuple(cell[:3]) for cell in found.cells if cell.engine == "wrong"}

    assert red(found) == its
    assert not {"INPUT", "DETOK"} & {kind for cell in found.red for kind in cell.kinds}


def test_an_engine_completes_each_list_of_ids_once():
    """However many tokenizers make it, and however many detokenizers read it."""
    engine = Copying()
    wrong = backends.load(f"mock:drops_last_id,of=hf:{NAME}")
    tokenizers = {**HONEST["tokenizers"], "wrong": wrong}
    examine(sides(tokenizers, {"counted": engine}, HONEST["detokenizers"]), ASKED)

    assert len(engine.asked) == 2 * len(ASKED)
    assert len(set(engine.asked)) == len(engine.asked)


def test_only_ids_count_of_an_engine():
    """Its own text is not what a detokenizer makes of them."""
    found = examine(sides(), ASKED)

    assert found.cells[0].findings[0].levels["text"].outcome == "same"
    assert found.cells[0].asked("chunks") == len(ASKED)


@pytest.mark.parametrize("error", [LoadFailed("no such file"), Unsupported("no CUDA here")])
def test_an_engine_that_is_not_here_is_skipped_by_name(error):
    """And the others go on; without the reference there is nothing to go on with."""

    def refuses():
        raise error

    honest = sides()
    found = examine(honest._replace(engines={**honest.engines, "away": refuses}), ASKED)

    assert found.skipped == {"away": f"{type(error).__name__}: {error}"}
    assert len(found.cells) == 1
    with pytest.raises(type(error)):
        examine(honest._replace(engines={"away": refuses}), ASKED)


def test_a_tokenizer_that_has_no_such_thing_leaves_its_cell_unproved():
    """No divergence, and no pass either."""
    found = examine(sides({"lacks": LacksTwo(Unsupported("no twos"))}), ASKED)

    assert found.red == []
    assert [cell.tokenizer for cell in found.unproved] == ["lacks"]
    assert found.cells[1].kinds.keys() == {"ABSENT", "SAME"}


def test_a_tokenizer_that_fails_is_red():
    """With what it said."""
    found = examine(sides({"fails": LacksTwo(ValueError("a two"))}), ASKED)
    notes = [one.note for one in found.cells[1].findings if one.kind == "FAILED"]

    assert red(found) == {("fails", "copying", "redecode@hf")}
    assert "candidate failed: ValueError: a two" in notes[0]


def test_a_text_that_cannot_be_made_leaves_its_cell_unproved():
    """Same ids are not the same text."""

    class Mute(Backend):
        name = "mute"

    found = examine(sides(detokenizers={"mute": over("redecode", Mute())}), ASKED)

    assert [cell.detokenizer for cell in found.unproved] == ["mute"]
    assert found.cells[1].asked("text") == 0


def test_chunks_of_two_algorithms_are_asked_for_what_both_can_give():
    """Joined where they cut at other places, nothing where one drops what the other sends."""
    half = HF.encode("世").ids[0]
    ids = tuple(HF.encode("世界 a").ids)
    whole = Prompt("toy/whole", "ids", ids, len(ids))
    cut = Prompt("toy/cut", "ids", (65, half), 2)
    found = examine(sides(detokenizers={"vllm": over("vllm", HF)}), [whole, cut])
    one, other = (finding.levels["chunks"] for finding in found.cells[1].findings)

    assert one.outcome == "same"
    assert "cut text at different places: only joined" in one.note
    assert other.outcome == "absent"
    assert other.note
    assert found.red == []


def test_bos_is_added_as_the_template_says_and_a_chat_opens_a_turn():
    """A prompt's ids are what an engine would get."""

    class Adds(Backend):
        def encode(self, text, specials="parse"):
            return Encoding([1, *map(ord, text)] if specials == "template" else [*map(ord, text)])

        def render(self, messages, options):
            return messages[0]["content"] + ">" * options["add_generation_prompt"]

    chat = Prompt("toy/chat", "messages", [{"role": "user", "content": "a"}])
    asked = [Prompt("toy/text", "text", "a"), chat, Prompt("toy/ids", "ids", (5, 6))]

    assert list(encoded(Adds(), asked).values()) == [(1, 97), (97, 62), (5, 6)]


def test_a_detokenizer_is_an_algorithm_over_a_backend():
    """Both are said, and a spec with an @ of its own is read whole."""
    asked = []
    found = detokenizer("decode_stream@hf:x@1", lambda text: asked.append(text) or HF)

    assert isinstance(found, Named)
    assert asked == ["hf:x@1"]
    for wrong in ("redecode", "redecode@", "nope@hf:x"):
        with pytest.raises(BadSpec):
            detokenizer(wrong, lambda _: HF)
