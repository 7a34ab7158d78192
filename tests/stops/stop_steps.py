"""What the tests of stop decoders are made of: steps of texts, and drawn requests."""

from hypothesis import strategies as st

from parity.streams import Stops, StopStep

ALPHABET = "ab\u00e9\u4e16"
"""Characters of one, two and three bytes; few, so that stops match and overlap."""


def steps_of(*texts, finish=""):
    """One step a text, with one id each from 0; the last one finishes."""
    last = len(texts) - 1
    return [
        StopStep((number,), text, finish if number == last else "", text)
        for number, text in enumerate(texts)
    ]


def stop_lists(alphabet=ALPHABET, sizes=(1, 4)):
    """Lists of stop strings that are often inside each other, or the same."""
    return st.lists(st.text(alphabet, min_size=1, max_size=4), min_size=sizes[0], max_size=sizes[1])


@st.composite
def requests(draw, alphabet=ALPHABET, finishes=("", "eos", "length")):
    """Stops, and a text cut into steps anywhere, also into empty ones."""
    strings = draw(stop_lists(alphabet))
    pieces = st.one_of(st.sampled_from(strings), st.text(alphabet, max_size=4))
    texts = draw(st.lists(pieces, min_size=1, max_size=5))
    texts = draw(st.one_of(st.just(texts), cuts("".join(texts))))
    return Stops(tuple(strings)), steps_of(*texts, finish=draw(st.sampled_from(finishes)))


@st.composite
def cuts(draw, text):
    """A text in pieces, cut at drawn places."""
    places = sorted(draw(st.lists(st.integers(0, len(text)), max_size=6)))
    return [text[start:end] for start, end in zip([0, *places], [*places, len(text)], strict=True)]
