"""parity.reference.document: a bad file is refused with the place of the fault."""

import pytest

from parity import reference
from parity.errors import BadSpec


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{\n  oops", r":2:3: this is not JSON"),
        ("{}", r"\$: the key 'model' is missing"),
        ('{"model": {"type": "BPE", "vocab": {}}}', r"\$\.model: the key 'merges' is missing"),
        (
            '{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": ["a b"]}}',
            r"\$\.model\.merges\[0\]: the merge 'a b' needs 'b'",
        ),
    ],
)
def test_a_bad_file_is_refused_with_the_place(text, message, tmp_path):
    """An error says where in the file it is."""
    (tmp_path / "tokenizer.json").write_text(text)
    with pytest.raises(BadSpec, match=message):
        reference.load(tmp_path)


def test_a_missing_file_is_refused(tmp_path):
    """An error says what was looked for and what to name instead."""
    with pytest.raises(BadSpec, match=r"name a tokenizer\.json or its folder"):
        reference.load(tmp_path / "nowhere")
