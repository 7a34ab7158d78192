"""parity.reference.decoders: bytes to text, well-formed or not."""

from hypothesis import given
from hypothesis import strategies as st
from tokenizers import decoders

from parity.reference.byte_alphabet import BYTE_TO_CHAR
from parity.reference.decoders import byte_level

LEADS = b"\x00a\x80\xbf\xc0\xc2\xdf\xe0\xa0\x9f\xed\xef\xf0\x90\x8f\xf4\xf5\xff"
SPELT = st.lists(st.sampled_from(LEADS)).map(lambda data: "".join(BYTE_TO_CHAR[b] for b in data))
TOKENS = st.lists(st.one_of(SPELT, st.sampled_from(["<a b>", "Caf\xe9", "\u4e16", "\u0120a", ""])))


@given(TOKENS)
def test_text_is_that_of_tokenizers(tokens):
    """Each ill-formed part is replaced once; a token outside of the alphabet is its own UTF-8."""
    assert byte_level(tokens) == [decoders.ByteLevel().decode(tokens)]
