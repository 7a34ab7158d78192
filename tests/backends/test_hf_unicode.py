"""The Unicode versions of tokenizers are found by asking it."""

from parity import backends, reference
from parity.backends import _hf_unicode


def test_what_is_found_is_what_the_reference_models():
    """The reference's tables were measured over every code point; a witness a version agrees."""
    facts = backends.load("hf:tiny:byte-bpe-600").identity().facts

    assert facts["unicode normalization"] == reference.UNICODE["normalization"]
    assert facts["unicode patterns"] == reference.UNICODE["patterns"]


def test_each_version_up_to_the_last_that_is_known_counts():
    """Nothing after the first witness that is unknown."""
    assert _hf_unicode._last(["9", "10", "11"], [True, True, True]) == "11"
    assert _hf_unicode._last(["9", "10", "11"], [True, False, True]) == "9"
    assert _hf_unicode._last(["9"], [False]) == "before 9"
