"""parity.reference.post_processors: which spaces leave the offsets, and broken templates."""

import pytest

from parity.errors import BadSpec


@pytest.mark.parametrize("prefix", [True, False])
@pytest.mark.parametrize(
    "text", [" a", "  a", "   ", "\xe9 b", "<sep>  a", " <both> ", "\u3000a", ""], ids=ascii
)
def test_offsets_are_trimmed_as_by_tokenizers(text, prefix, pair):
    """A single first space may be a prefixed one and is kept; two are trimmed, both."""
    level = {"type": "ByteLevel", "add_prefix_space": prefix, "trim_offsets": True}
    rust, ours = pair(post_processor=level).observe(text)

    assert ours == rust


def template(single, tokens):
    return {"type": "TemplateProcessing", "single": single, "pair": [], "special_tokens": tokens}


TEXT, SECOND = ({"Sequence": {"id": id_, "type_id": 0}} for id_ in "AB")
START = {"SpecialToken": {"id": "<s>", "type_id": 0}}


@pytest.mark.parametrize(
    ("post_processor", "error"),
    [
        (template([START, TEXT], {}), BadSpec),
        (template([START], {"<s>": {"id": "<s>", "ids": [1, 2], "tokens": ["<s>"]}}), BadSpec),
    ],
    ids=["unknown token", "ids without tokens"],
)
def test_a_template_that_tokenizers_would_panic_on_is_refused(post_processor, error, pair):
    """What fails at the first encoding there is refused at loading here."""
    with pytest.raises(error, match="post_processor"):
        pair(post_processor=post_processor)
