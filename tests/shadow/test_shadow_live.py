"""Streams that are fed step by step: one sampled call at their end, whatever their end is."""

import pytest

from parity import backends
from parity.detokenizers import DETOKENIZERS
from parity.errors import Unsupported
from parity.shadow.backend import Shadow
from parity.shadow.live import BadStep, Live, Recorded
from parity.shadow.sampling import request
from parity.streaming import decoder_of
from parity.streams import Script, Step

SPEC = "hf:tiny:byte-bpe-600"
TEXT = "Grüße, 世界! 🌶️ and more <|im_end|>"


@pytest.fixture(scope="module")
def hf():
    """A backend with streams."""
    return backends.load(SPEC)


@pytest.fixture(scope="module")
def ids(hf):
    """Ids whose characters are cut in the middle."""
    return hf.encode(TEXT).ids


def fed(stream, ids, width=1):
    return [stream.step(ids[at : at + width]) for at in range(0, len(ids), width)]


def settled(shadow):
    shadow.close()
    return shadow.snapshot()["surfaces"]["stream"]


@pytest.mark.parametrize("width", [1, 3, 100])
def test_a_live_stream_sends_what_the_reference_sends_for_the_whole_script(hf, ids, width):
    """The reference alone runs: chunk by chunk it is what `stream` gives, sampled or not."""
    steps = [tuple(ids[at : at + width]) for at in range(0, len(ids), width)]
    batches = (*((Step(0, one),) for one in steps), (Step(0, (), "stop"),))
    wanted = [row.chunk for row in hf.stream(Script(((286,),), batches)).emitted]
    for rate, made in ((1.0, Recorded), (0.0, Live)):
        shadow = Shadow(hf, SPEC, rate=rate)
        with shadow.live((286,)) as stream:
            assert type(stream) is made
            seen = fed(stream, ids, width)
            ends = stream.finish("stop")
        counts = settled(shadow)

        assert seen == wanted[:-2]
        assert ends == [chunk for chunk in wanted[-2:] if chunk]
        assert (counts["calls"], counts["same"]) == (1, int(rate))


@pytest.mark.parametrize("name", DETOKENIZERS)
def test_every_algorithm_can_be_asked_for_by_its_name(hf, ids, name):
    """Chunks are ours of that name; against another algorithm all that was sent is compared."""
    shadow = Shadow(hf, f"pipeline:{name},encode={SPEC}", rate=1.0)
    own = DETOKENIZERS[name](decoder_of(hf), (), skip_special=True)
    with shadow.live(algorithm=name) as stream:
        assert fed(stream, ids) == [own.step(Step(0, (id,))) for id in ids]
        stream.finish("length")
    counts = settled(shadow)

    assert (counts["sampled"], counts["compared"], counts["classes"]) == (1, 1, {})


def test_a_planted_divergence_is_found(hf, ids):
    """A candidate with another vocabulary streams other text."""
    shadow = Shadow(hf, "hf:tiny:unigram", rate=1.0)
    with shadow.live() as stream:
        fed(stream, ids)
        stream.finish("eos")
    counts = settled(shadow)

    assert counts["diverged"] == 1
    assert next(iter(counts["classes"])).startswith("joined.")


class Recuts:
    """A backend whose streams send all the text, cut otherwise."""

    def __init__(self, inner, algorithm):
        self.inner, self.algorithm = inner, algorithm

    def __getattr__(self, name):
        return getattr(self.inner, name)

    def stream(self, script):
        found = self.inner.stream(script)
        rows = list(found.emitted)
        text = "".join(row.chunk or "" for row in rows)
        return found._replace(emitted=[rows[0]._replace(chunk=text), *rows[-1:]])


@pytest.mark.parametrize(("algorithm", "why"), [("decode_stream", "chunks"), ("sglang", "")])
@pytest.mark.parametrize("alive", [True, False])
def test_chunks_are_compared_where_both_are_named_alike_and_only_there(
    hf, ids, algorithm, why, alive
):
    """Two algorithms may cut as they like; one that cuts otherwise than its name says diverges."""
    shadow = Shadow(hf, Recuts(hf, algorithm), rate=1.0)
    if alive:
        with shadow.live() as stream:
            fed(stream, ids)
            stream.finish("stop")
    else:
        steps = (*((Step(0, (id,)),) for id in ids), (Step(0, (), "stop"),))
        shadow.stream(Script(((),), steps))
    counts = settled(shadow)

    assert counts["compared"] == 1
    assert [name.partition(".")[0] for name in counts["classes"]] == ([why] if why else [])


def test_a_candidate_in_a_process_of_its_own_says_what_its_streams_are(hf, ids):
    """Its algorithm is known when it is loaded; then chunks are compared there, too."""
    shadow = Shadow(hf, SPEC, how="process", rate=1.0)
    shadow.watch.side.about()
    assert shadow.watch.side.algorithm == "decode_stream"
    with shadow.live() as stream:
        fed(stream, ids)
        stream.finish("stop")
    shadow.close(30.0)

    assert shadow.snapshot()["surfaces"]["stream"]["same"] == 1


def test_a_stream_that_is_left_is_compared_as_far_as_it_came(hf, ids):
    """The client went away: the script ends with the finish `abort`."""
    shadow = Shadow(hf, SPEC, rate=1.0)
    told = []
    shadow.watch.listeners.append(told.append)
    with shadow.live() as stream:
        fed(stream, ids[:7])
    assert settled(shadow)["same"] == 1

    script = told[0].call.args[0]
    assert [step.finish for (step,) in script.batches][-2:] == ["", "abort"]
    assert [id for (step,) in script.batches for id in step.ids] == ids[:7]


def test_an_error_of_a_step_is_the_references_and_the_stream_goes_on(hf, ids):
    """An id that cannot be is what the detokenizer says, in the record, too."""
    shadow = Shadow(hf, SPEC, rate=1.0)
    with shadow.live() as stream:
        stream.step(ids[:1])
        with pytest.raises(TypeError):
            stream.step([-1])
        stream.step(ids[1:2], "length")
        stream.flush()
    counts = settled(shadow)

    assert counts["sampled"] == 1
    assert counts["classes"] == {}
    assert counts["same"] == 1


def test_sampling_is_decided_at_the_start_and_by_the_request(hf, ids):
    """All surfaces of a chosen request are compared; its stream is one of them."""
    shadow = Shadow(hf, SPEC, rate=0.0)
    with request("r", forced=True):
        stream = shadow.live()
    with stream:
        fed(stream, ids)
        stream.finish("eos")
    with shadow.live() as other:
        fed(other, ids)
    counts = settled(shadow)

    assert (counts["calls"], counts["sampled"], counts["same"]) == (2, 1, 1)


def test_no_more_of_a_stream_is_held_than_the_settings_say(hf):
    """A long one is dropped, and counted; the caller streams on."""
    shadow = Shadow(hf, SPEC, rate=1.0, bytes=4000)
    with shadow.live() as stream:
        chunks = fed(stream, [286] * 500)
        assert stream.rows == stream.steps == []
        stream.finish("length")
    assert "".join(chunks) == "he" * 500
    shadow.close()

    assert shadow.snapshot()["reasons"] == {"dropped": {"bytes": 1}}


def test_what_goes_wrong_in_writing_it_down_is_counted_and_never_raised(hf, ids):
    """The caller streams on, whatever a record cannot hold."""
    shadow = Shadow(hf, SPEC, rate=1.0)
    with shadow.live() as stream:
        stream.native.reported = lambda _: 1 / 0
        chunks = fed(stream, ids)
        stream.finish("eos")
    assert "".join(filter(None, chunks)).startswith("Grüße")
    shadow.close()

    assert shadow.snapshot()["reasons"] == {"error": {"Uncopied": 1}}


def test_a_shadow_that_is_switched_off_streams_as_the_reference(hf, ids, monkeypatch):
    """Nothing is written down, and nothing counted."""
    monkeypatch.setenv("PARITY_SHADOW", "0")
    shadow = Shadow(hf, SPEC, rate=1.0)
    with shadow.live() as stream:
        assert type(stream) is Live
        assert "".join(filter(None, fed(stream, ids))).startswith("Grüße")
    shadow.close()


def test_a_mistake_is_said_at_once(hf):
    """Steps after the end, a finish that is none, a flush before it, and no algorithm."""
    shadow = Shadow(hf, SPEC, rate=1.0)
    with shadow.live() as stream:
        with pytest.raises(BadStep, match="finish is one of"):
            stream.step([1], "done")
        with pytest.raises(BadStep, match="flush comes after"):
            stream.flush()
        stream.finish("eos")
        with pytest.raises(BadStep, match="is finished"):
            stream.step([1])
    with pytest.raises(Unsupported, match="no streams of 'none'"):
        shadow.live(algorithm="none")
    shadow.close()


def test_transformers_own_streamer_is_the_live_stream_of_its_backend(ids):
    """What serving code has is what runs: the library's TextStreamer, not ours of that name."""
    spec = "transformers:tiny:byte-bpe-600"
    shadow = Shadow(spec, spec, rate=1.0)
    with shadow.live() as stream:
        assert type(stream.native).__module__ == "parity.backends.transformers"
        sent = [*fed(stream, ids), *stream.finish("eos")]

    assert "".join(sent) == shadow.reference.decode(ids)
    assert settled(shadow)["same"] == 1
