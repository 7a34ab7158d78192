"""Coverage: what was seen is counted, and nothing that was not."""

import json

import pytest

from parity.backends import load
from parity.backends.mock import Honest
from parity.coverage import NAMES, SORTS, Coverage, Share, lacking, least
from parity.errors import UsageError

REAL = "hf:tiny:byte-bpe-600"


@pytest.fixture
def coverage():
    """Of the toy tokenizer, which has no merges."""
    return Coverage(Honest())


@pytest.mark.parametrize(
    ("text", "sorts"),
    [
        ("ab", {"letters"}),
        (" ab", {"space+letters"}),
        ("ab\n", {"letters+newline"}),
        (" 12\n", {"space+digits+newline"}),
        ("...", {"signs"}),
        ("\u200d", {"others"}),
        ("  ", {"spaces"}),
        ("\n\n", {"newlines"}),
        ("\t", {"tabs"}),
        ("\t\n", {"mixed white space"}),
        ("ab1", {"letters", "digits"}),
        ("", set()),
    ],
)
def test_a_piece_is_of_the_sort_of_its_characters(coverage, text, sorts):
    """By what begins it, goes on and ends it."""
    coverage.texts([text])

    assert coverage.sorts == sorts


def test_pieces_do_not_go_on_from_one_text_to_the_next(coverage):
    """Nothing stands between two texts: neither a piece of both nor one of what parts them."""
    coverage.texts(["a", "\n", " ", "\u200d"])

    assert coverage.sorts == {"letters", "newlines", "spaces", "others"}


def test_every_sort_can_be_seen(coverage):
    """There is no sort that no text has, and no other."""
    kinds = "a", "1", ".", "\u200d"
    texts = [f"{space}{kind}{end}" for kind in kinds for space in ("", " ") for end in ("", "\n")]
    coverage.texts([*texts, "  ", "\n\n", "\t\t", "\t "])

    assert coverage.sorts == set(SORTS)


def test_what_was_never_given_is_not_covered(coverage):
    """Before anything was seen, each share is nothing of something."""
    shares = coverage.shares()

    assert all(share.hit == 0 and share.of for share in shares.values())
    assert "merges" not in shares


def test_ids_are_counted_once_and_only_those_of_the_vocabulary(coverage):
    """An id beyond the vocabulary covers nothing of it."""
    before = coverage.shares()["vocabulary"].of
    coverage.encoded([[97, 97, 98], [99_999]])

    assert coverage.shares()["vocabulary"] == Share(2, before)


def test_added_tokens_are_a_part_of_the_vocabulary():
    """The id of one counts for both."""
    backend = Honest()
    coverage = Coverage(backend)
    coverage.encoded([[next(iter(backend.vocabulary().added))]])

    assert [coverage.shares()[name].hit for name in ("vocabulary", "added")] == [1, 1]


def test_merges_are_those_whose_result_was_given():
    """Of a tokenizer.json: a token that is two others, joined."""
    backend = load(REAL)
    coverage = Coverage(backend)
    coverage.encoded([backend.encode("b").ids, backend.encode("er").ids])

    assert coverage.shares()["merges"].hit == 1


def test_scripts_and_categories_are_those_of_the_characters(coverage):
    """Latin and Han, a letter in small and a letter of neither case."""
    coverage.texts(["a\u4e00"])
    shares = coverage.shares()

    assert (shares["scripts"].hit, shares["categories"].hit) == (2, 2)


def test_a_surrogate_is_no_category_that_is_wanted(coverage):
    """No text in UTF-8 has one, so all others are all there are."""
    before = coverage.shares()["categories"]
    coverage.texts(["\ud800"])

    assert coverage.shares()["categories"] == before


def test_coverage_goes_on_from_its_state_through_json():
    """What was seen before and after a stop is what is seen without one."""
    texts, ids = [" a\n", "\u4e00 1", "\ud800"], [[97], [98, 99]]
    whole, one, two = (Coverage(Honest()) for _ in range(3))
    whole.texts(texts)
    whole.encoded(ids)
    one.texts(texts[:1])
    one.encoded(ids[:1])
    two.restore(json.loads(json.dumps(one.state())))
    two.texts(texts[1:])
    two.encoded(ids[1:])

    assert two.state() == whole.state()
    assert two.shares() == whole.shares()


def test_a_backend_without_a_vocabulary_covers_characters_alone():
    """What there is of ids is not known, so no share of it is told."""

    class Silent(Honest):
        def vocabulary(self):
            raise RuntimeError("no")

    assert set(Coverage(Silent()).shares()) == {"scripts", "categories", "pre-tokens"}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("vocabulary=50", {"vocabulary": 50}), ("scripts=0.5,added=100",
                                                      {"scripts": 0.5, "added": 100})],
)  # fmt: skip
def test_what_is_wanted_is_percent_by_name(text, wanted):
    """As `--min-coverage` says it."""
    assert least(text) == wanted


@pytest.mark.parametrize(
    "text", ["letters=5", "vocabulary", "vocabulary=", "vocabulary=x", "added=-1", "added=101",
             "vocabulary=5;added=5", "=5", "", ",,", "added=5,"],
)  # fmt: skip
def test_what_is_no_name_or_no_percent_is_refused(text):
    """With all the names that there are."""
    with pytest.raises(UsageError, match=", ".join(NAMES)):
        least(text)


def test_a_name_that_comes_twice_is_refused():
    """Which of the two was meant is not known."""
    with pytest.raises(UsageError, match="'added' comes twice"):
        least("added=5,scripts=1,added=5")


@pytest.mark.parametrize(("percent", "said"), [(50, 0), (50.1, 1), (0, 0), (100, 1)])
def test_exactly_what_is_wanted_is_enough(percent, said):
    """Half of it is 50 percent."""
    assert len(lacking({"added": Share(1, 2)}, {"added": percent})) == said


def test_what_the_reference_does_not_tell_is_not_covered():
    """A share of nobody knows what proves nothing."""
    assert lacking({}, {"merges": 1}) == ["merges: the reference does not tell what there is"]
