"""The oracle: joined chunks are the decoded text, or an error says that they cannot be."""

from hypothesis import given
from hypothesis import strategies as st
from toys import byte_fallback, byte_level, rows

TOKENS = st.lists(st.binary(max_size=4), min_size=1, max_size=12)


@given(tokens=TOKENS, asked=st.data(), skip=st.booleans())
def test_joined_chunks_are_the_decoded_text(tokens, asked, skip):
    """Whatever the bytes, in steps of any sizes, special tokens or not."""
    decoder = byte_level(*tokens, special=(0,))
    groups = asked.draw(
        st.lists(st.lists(st.integers(0, len(tokens)), max_size=4), min_size=1, max_size=8)
    )
    ids = [id for group in groups for id in group]
    emitted = rows("redecode", decoder, groups, skip=skip)

    assert "".join(row.chunk for row in emitted) == decoder.decode(ids, skip)


PIECES = [f"<0x{byte:02X}>" for byte in b"\xe4\xb8\x96a\xff\xc3\xa9"] + ["\u2581b", "c"]


@given(ids=st.lists(st.integers(0, len(PIECES) - 1), min_size=1, max_size=12))
def test_what_cannot_be_streamed_ends_in_an_error(ids):
    """Never another text in silence, where a decoder takes back what it said."""
    decoder = byte_fallback(*PIECES)
    emitted = rows("redecode", decoder, ids)
    joined = "".join(row.chunk or "" for row in emitted)

    assert joined == decoder.decode(ids, False) or emitted[-1].error == "Rewritten"


@given(tokens=TOKENS)
def test_chunks_end_in_no_replacement_character_before_the_end(tokens):
    """Only there can an unfinished character be."""
    emitted = rows("redecode", byte_level(*tokens), range(len(tokens)))

    assert not any(row.chunk.endswith("\ufffd") for row in emitted if row.at == "step")
