"""What a run covered of a vocabulary stands in its footer: ids that it compared, and no others."""

import pytest

from parity.backends import load

REAL = "hf:tiny:byte-bpe-600"
PAIR = {"reference": REAL, "candidate": "reference:tiny:byte-bpe-600"}


def footer(project):
    """The footer of the one run."""
    return project.run_file()[-1]


@pytest.mark.parametrize("check", ["ids", "ids_batched"])
def test_a_run_says_which_part_of_the_vocabulary_it_saw(project, tokparity, check):
    """As many as the reference gives for the texts of the corpus, of as many as it has."""
    texts = ["abc abc", "d e <|endoftext|>"]
    project.plan({**PAIR, "checks": [check]}, rows=texts)
    reference = load(REAL)
    given = {id for text in texts for id in reference.encode(text).ids}
    vocabulary = reference.vocabulary()
    assert tokparity("run").code == 0

    (pair,) = footer(project)["pairs"]
    assert pair["coverage"]["vocabulary"] == [len(given), len(vocabulary.tokens)]
    assert pair["coverage"]["added"] == [
        len(given & vocabulary.added.keys()),
        len(vocabulary.added),
    ]


def test_what_gives_no_ids_covers_nothing(project, tokparity):
    """A check of the vocabulary sees all of it, and encodes nothing."""
    project.plan({**PAIR, "checks": ["vocabulary"]})
    assert tokparity("run").code == 0

    assert footer(project)["pairs"][0]["coverage"] == {}


COUNTS = '''
from mine import Mine

class Asked(Mine):
    """Encodes otherwise once its vocabulary was asked for."""
    asked = False
    def vocabulary(self):
        self.asked = True
        return super().vocabulary()
    def encode(self, text, *args):
        found = super().encode(text, *args)
        return found._replace(ids=found.ids[::-1]) if self.asked else found

class HasNone(Mine):
    def vocabulary(self):
        raise RuntimeError("no vocabulary")
'''


def test_the_vocabulary_is_asked_for_after_everything_is_compared(project, tokparity):
    """A question that changes a side must not change what is compared."""
    project.plan(
        {"reference": "py:asked:Asked", "checks": ["ids", "ids_batched"]}, rows=["ab", "c"]
    )
    project.file("asked.py", COUNTS)

    assert tokparity("run").code == 0


def test_a_reference_without_a_vocabulary_is_covered_by_nobody_knows_what(project, tokparity):
    """No share is told of what is not known."""
    project.plan({"reference": "py:asked:HasNone", "checks": ["ids"]})
    project.file("asked.py", COUNTS)
    assert tokparity("run").code == 0

    assert footer(project)["pairs"][0]["coverage"] == {}


def test_a_check_that_looks_at_all_there_is_bounds_nothing_else(project, tokparity):
    """Two answers about one vocabulary are no sample of vocabularies."""
    project.plan({**PAIR, "checks": ["ids", "vocabulary"]})
    said = tokparity("run").out
    rows = {
        line.split()[0]: line.split()[-1] for line in said.splitlines() if line.startswith("  ")
    }

    assert rows["vocabulary"] == "-"
    assert float(rows["ids"]) > 0
