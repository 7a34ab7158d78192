"""The page of full decoding: one file that shows whatever tokens are, and runs nothing."""

import json
import re

import pytest

from parity.decoded import page, tokens


@pytest.fixture
def made(tokparity, decode_project, engines_here):  # noqa: ARG001 (where it runs)
    """A function that runs the command and returns its page and its document."""

    def run(reference, candidate):
        tokparity(
            "decode", "--reference", f"callable:noisy:{reference}",
            "--candidate", f"callable:noisy:{candidate}", "--prompts", "p.jsonl",
            "--html", "r.html", "--json", "r.json",
        )  # fmt: skip
        html = (decode_project / "r.html").read_text()
        return html, json.loads((decode_project / "r.json").read_text())

    return run


def test_tokens_are_escaped_whatever_they_are(made):
    """No markup runs, nothing turns the direction of the text, no control character is hidden."""
    html, _ = made("Markup", "Markup,batch=2")

    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", html)
    assert "\\u202eevil" in html
    assert "\\u001b[31m" in html
    assert "\\u0301" in html


def test_a_token_without_a_text_is_shown_by_its_id(made):
    """Half a character, and a special token that is left out of the text."""
    html, _ = made("Markup", "Markup,batch=2")

    assert '\ufffd <span class="id">105</span>' in html
    assert '<span class="id">101</span></bdi>' in html


def test_nothing_is_fetched_and_nothing_runs(made):
    """The page is one file without a script."""
    html, _ = made("Noisy", "SkipsOneAtX")

    assert not re.search(r"\b(src|href|on\w+)\s*=|@import|url\(|<script|<link", html)


def test_the_first_place_that_differs_is_marked_and_both_go_on_beside_each_other(made):
    """With the class, its reason, and the levels as chips."""
    html, document = made("Noisy", "SkipsOneAtX")
    parted = re.findall(r'<span class="step[^"]*parted" data-mark="parts here">(.*?)8\.9', html)

    assert len(parted) == 1
    assert ">f</bdi>" in parted[0]
    assert 'class="token other" title="id 103">g</bdi>' in parted[0]
    assert "L1 ids: differs at 2" in html
    assert "a fault" in html
    assert html.count('class="token other"') == 22
    assert page.render(document) == html


def test_a_margin_below_the_budget_is_marked(made):
    """There a tiny error may choose another token."""
    html, _ = made("Noisy", "ChoosesTheOtherAtT")

    assert len(re.findall(r'class="step low( parted)?"', html)) == 2


def test_shifts_that_change_no_id_are_marked_where_they_begin(made):
    """The ids are the same, and the logits are not."""
    html, _ = made("Noisy", "Tilted")

    assert html.count('data-mark="shifts from here"') == 4


@pytest.mark.parametrize(
    ("margin", "width"), [(0.0, 0), (1e-5, 0), (1e-4, 0), (0.1, 60), (10.0, 100), (99.0, 100)]
)
def test_a_bar_is_as_long_as_the_order_of_its_margin(margin, width):
    """From 0.0001 to 10 nats; what is beyond fills it."""
    strip = tokens.alone({"ids": [5], "tokens": ["a"], "margins": [margin]}, None)

    assert f"width:{width}%" in strip
