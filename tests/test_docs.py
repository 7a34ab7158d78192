"""The documents say what is so."""

import re
from pathlib import Path

import pytest

from parity import algorithms, artefact, assets, backends, canary, corpus, derived
from parity.backends._faults import TRAPS
from parity.causes import ABOUT
from parity.checks import CHECKS, LAWS
from parity.generators import GENERATORS

ROOT = Path(__file__).parent.parent
DOCS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.name)
def test_every_link_to_a_file_leads_somewhere(path):
    """A document that sends its reader away sends him to a file that is there."""
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", path.read_text(encoding="utf-8"))

    assert [link for link in links if not (path.parent / link).exists()] == []


def test_the_readme_counts_the_corpus_as_it_is():
    """The number of cases and corpora is the one that reading them gives."""
    paths = corpus.find(["all"], artefact.shipped(), ROOT)
    cases = corpus.survey(paths).count
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")

    assert f"corpus of {cases:,} cases" in README
    assert f"{cases:,} cases in {len(paths)} corpora" in changelog


def test_the_documents_count_derived_cases_as_the_manifest_does():
    """Each corpus in the table, and the sums."""
    entries = derived.read(artefact.shipped()).entries
    page = (ROOT / "docs" / "corpora.md").read_text(encoding="utf-8")
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    all_of_it = sum(one.cases for name, one in entries.items() if name.startswith("derived"))
    along = sum(one.cases for one in entries.values() if one.committed)
    made_up = sum(one.cases for name, one in entries.items() if name.startswith("conversations"))

    for name, one in entries.items():
        source, here = ", ".join(one.sources) or "this project", "yes" if one.committed else "no"
        assert f"| `{name}` | {one.cases:,} | {source} | {one.licence} | {here} |" in page
    assert f"{all_of_it:,} cases of `derived` in all, {along:,} of which come along" in page
    assert f"{all_of_it:,} cases out of public data" in changelog
    assert f"{along:,} of which come along" in changelog
    assert f"`conversations`: {made_up:,} made up here" in changelog


def test_the_readme_counts_the_canaries_as_they_are():
    """The number of planted faults is the one that a run prints."""
    assert f"Before and after each run {canary.release().planted} planted faults" in README


def test_the_changelog_counts_the_tokenizers_as_they_are():
    """The tokenizers that come along, and those in packages, are counted."""
    numbers = {5: "five", 7: "seven"}
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")

    assert f"{numbers[len(artefact.tiny())]} tiny tokenizers" in changelog
    assert f"{numbers[len(assets.names())]} real ones" in changelog


def test_the_readme_names_every_check_law_and_kind():
    """What can be asked for stands in the tables of the README."""
    named = set(re.findall(r"`([a-z_]+)`", README))
    kinds = {row.kind for row in backends.known() if row.origin == "tokparity"}

    assert {*CHECKS, *LAWS, *kinds} <= named


def test_the_page_of_strategies_tells_of_every_generator():
    """In the words of the generator itself."""
    page = (ROOT / "docs" / "strategies.md").read_text(encoding="utf-8")
    rows = [
        f"| `{row.name}` | {row.kind} | {row.what.replace(': ', ' | ')} |"
        for row in GENERATORS.values()
    ]

    assert [row for row in rows if row not in page] == []


def test_the_page_of_the_search_tells_of_every_cause():
    """In the words of the cause itself, and of no other; its traps are counted."""
    page = (ROOT / "docs" / "fuzzing.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z-]+)` \| (.*) \|$", page, re.MULTILINE)
    searched = [trap for trap in TRAPS.values() if trap.caught_by != "vocabulary"]

    assert rows == list(ABOUT.items())
    assert f"{len(searched)} traps" in page


def test_the_table_of_detokenizers_is_what_the_command_prints():
    """Which algorithm breaks which law, over the first tokenizer of the page."""
    found = algorithms.judge("hf:tiny:byte-bpe-4096", algorithms.shipped_cases())
    page = (ROOT / "docs" / "streaming.md").read_text(encoding="utf-8")

    assert algorithms.as_markdown(found) in page
