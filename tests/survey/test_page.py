"""What the matrix is written as: the same in JSON, on a page and in a document, and only text."""

import json
import re
from html.parser import HTMLParser

import pytest

from parity.survey import document, page
from parity.survey.cells import WORDS

COMMAND = "tokparity matrix tokenizers --install"


@pytest.fixture
def found(matrix):
    """A matrix with something of every sort, and a text that is no HTML."""
    survey = matrix("honest", "reference", "reads", "refuses", checks=("ids", "text"))
    survey.environment = document.environment()
    survey.left_out = {"odd": "pip install <odd>"}
    example = survey.cell("reads", "tiny:byte-bpe-600").checks["ids"].examples[0]
    example.case["payload"] = "</code><script>A\u200b</script> | `x`"
    return survey


class Tags(HTMLParser):
    """Counts what is opened, and keeps ids, links and what is fetched."""

    def __init__(self):
        super().__init__()
        self.open, self.ids, self.links, self.fetched, self.scripts = [], [], [], [], 0

    def handle_starttag(self, tag, attrs):
        about = dict(attrs)
        self.scripts += tag == "script"
        self.ids += [about["id"]] if "id" in about else []
        self.links += [about["href"]] if tag == "a" else []
        self.fetched += [about[key] for key in ("src", "srcset", "data") if key in about]
        self.fetched += [about["href"]] if tag == "link" else []
        if tag not in ("meta", "br", "input"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_page_is_whole_fetches_nothing_and_each_link_leads_somewhere(found):
    """Its one script is its own; what an example holds is text."""
    tags = Tags()
    tags.feed(page.render(found, COMMAND))

    assert tags.open == []
    assert tags.fetched == []
    assert tags.scripts == 1
    assert len(set(tags.ids)) == len(tags.ids)
    assert {link.removeprefix("#") for link in tags.links} <= set(tags.ids)


def test_the_page_tells_cells_words_examples_and_who_is_left_out(found):
    """What the eye cannot see is escaped, and each red cell leads to its example."""
    shown = page.render(found, COMMAND)
    example = found.cell("reads", "tiny:byte-bpe-600").checks["ids"].examples[0]

    assert "\\u200b" in shown
    assert "\u200b" not in shown
    assert "pip install &lt;odd&gt;" in shown
    assert '<a href="#reads--tiny-byte-bpe-600">ids 1' in shown
    assert "it refuses &lt;this&gt; file" in shown
    assert page.escape(example.reproduce) in shown
    assert all(page.escape(what) in shown for what in WORDS.values())


def test_the_json_has_every_cell_with_its_counts(found):
    """Read back, it is what was found; a fingerprint is the implementation's."""
    content = json.loads(document.as_json(found, COMMAND))
    (cell,) = [one for one in content["cells"] if one["implementation"] == "reads"]

    assert (content["matrix"], content["schema"]) == ("tokenizers", document.SCHEMA)
    assert len(content["cells"]) == 4
    assert cell["checks"]["ids"]["differ"] == 1
    assert cell["checks"]["ids"]["causes"] == {"case": 1}
    assert content["implementations"]["reads"]["what"]["packages"].keys() >= {"tokenizers"}
    assert content["left_out"] == {"odd": "pip install <odd>"}
    assert content["vocabularies"]["tiny:byte-bpe-600"]["artefacts"]


def test_the_document_keeps_its_tables(found):
    """A bar and a backtick in an example break none of them."""
    text = "".join(document.markdown(found, COMMAND))
    rows = [row for row in text.splitlines() if row.startswith("|")]
    bars = [len(re.findall(r"(?<!\\)\|", row)) for row in rows]

    assert f"```\n{COMMAND}\n```" in text
    assert "| reads | Python | **ids 1** |" in text
    assert "| honest | Python | reference |" in text
    assert "| reference | Python | = 2/2 |" in text
    assert set(bars) == {3, 4, 7}
