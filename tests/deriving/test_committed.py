"""The derived corpora that came along are as MANIFEST.json, SOURCES.toml and TAGS.md say."""

import hashlib

import pytest

from parity import artefact, corpus, derived, jsonl
from parity.deriving import building, sources
from parity.deriving.families import FAMILIES
from parity.deriving.rows import Family

SHIPPED = artefact.shipped()
KNOWN = derived.read(SHIPPED)
COMMITTED = [name for name, entry in KNOWN.entries.items() if entry.committed]


def test_the_manifest_names_every_family_and_its_version():
    """Who changes a derivation records it anew."""
    found = {
        name: (entry.derivation, entry.committed, entry.sources)
        for name, entry in KNOWN.entries.items()
    }

    assert found == {
        name: (family.version, family.committed, [family.source] if family.source else [])
        for name, family in FAMILIES.items()
    }


@pytest.mark.parametrize("name", COMMITTED)
def test_a_committed_corpus_is_as_the_manifest_has_it(name):
    """Count and digest are those of its lines, whoever compressed them."""
    with jsonl.opened(KNOWN.place(name)) as file:
        data = file.read()

    assert (data.count(b"\n"), hashlib.sha256(data).hexdigest()) == (
        KNOWN.entries[name].cases,
        KNOWN.entries[name].sha256,
    )


@pytest.mark.parametrize("name", COMMITTED)
def test_a_committed_corpus_has_its_topic_tags_and_licence(name):
    """Each case says where it comes from; the family has no tag that no case has."""
    cases = list(corpus.read(KNOWN.place(name)))
    source = (
        f"{sources.read(SHIPPED)[FAMILIES[name].source].name}:" if FAMILIES[name].source else "tok"
    )

    assert {case.id.rpartition("/")[0] for case in cases} == {name}
    assert {tag for case in cases for tag in case.tags} == set(FAMILIES[name].tags)
    assert {case.licence for case in cases} == {KNOWN.entries[name].licence}
    assert all(case.source.startswith(source) for case in cases)


def test_no_id_comes_twice_over_all_that_came_along():
    """Beside the corpora that are kept by hand, too."""
    paths = [*sorted(SHIPPED.glob("*.jsonl")), *map(KNOWN.place, COMMITTED)]

    assert corpus.survey(paths).count > 30_000


@pytest.mark.parametrize("name", [name for name in COMMITTED if not FAMILIES[name].source])
def test_what_needs_no_source_is_made_again_the_same(name):
    """The derivation at hand is the one that the manifest was recorded with."""
    assert building.make(name, FAMILIES[name], {}).sha256 == KNOWN.entries[name].sha256


def test_the_licence_of_what_came_along_lies_beside_it():
    """Each text that SOURCES.toml names is there, and one is named for all that is committed."""
    known = sources.read(SHIPPED)
    texts = {name: [SHIPPED / "LICENSES" / text for text in known[name].texts] for name in known}
    used = {FAMILIES[name].source for name in COMMITTED} - {""}

    assert all(texts[name] for name in used)
    assert all(path.stat().st_size for paths in texts.values() for path in paths)


def test_a_family_is_one_thing():
    """A source is known, a tag comes once."""
    known = {"", *sources.read(SHIPPED)}

    assert all(isinstance(family, Family) for family in FAMILIES.values())
    assert {family.source for family in FAMILIES.values()} <= known
    assert all(len(set(family.tags)) == len(family.tags) for family in FAMILIES.values())
