"""llm-tokenizer's Sequence: as DecodeStream where that raises nothing, and where it does."""

from hypothesis import given
from hypothesis import strategies as st
from toys import byte_fallback, rows

NAME = "llm_tokenizer_sequence"
PIECES = [f"<0x{byte:02X}>" for byte in b"\xe4\xb8\x96\xff"] + ["\u2581b", "c"]


@given(ids=st.lists(st.integers(0, len(PIECES) - 1), min_size=1, max_size=12))
def test_it_is_decode_stream_up_to_the_first_error(ids):
    """It does not look whether the text begins with the prefix."""
    decoder = byte_fallback(*PIECES)
    expected = rows("decode_stream", decoder, ids)
    fine = next((number for number, row in enumerate(expected) if row.error), len(ids))
    emitted = rows(NAME, decoder, ids)

    assert [row.chunk for row in emitted[:fine]] == [row.chunk or "" for row in expected[:fine]]
    assert not any(row.error for row in emitted)


def test_ids_that_are_done_with_are_dropped():
    """Two chunks' ids stay."""
    from parity.detokenizers import DETOKENIZERS
    from parity.streams import Step

    stream = DETOKENIZERS[NAME](byte_fallback("\u2581a"))
    for _ in range(100):
        stream.step(Step(0, (0,)))

    assert len(stream.window) <= 2
