"""Markdown: what matters on one screen, and no text of others that becomes markup."""

import re

import pytest
from markdown_it import MarkdownIt
from planted_runs import HOSTILE, KINDS, row

from parity.compare import compare
from parity.reports import markdown
from parity.types import Case, Failure, Observation

PARSER = MarkdownIt("commonmark").enable("table")
EVIL = (
    "<img src=x onerror=alert(1)>", "</code></summary><script>x</script>", "a | b | c", "@someone",
    "[x](https://example.com)", "![x](y)", "https://example.com", "```\n# head\n```", "`code`",
    "``", "\n\n# heading\n\n- item", "~~~", "|\n|--|\n", "&lt;b&gt; &#64;x", "\\`\\|",
    "a@b.example", HOSTILE,
)  # fmt: skip


def tokens(text):
    """Every token of a document, those within lines too."""
    for token in PARSER.parse(text):
        yield token
        yield from token.children or ()


def hostile_run(planted, text):
    """A run in which every text from outside is this one."""
    case = Case(text, "text", text, {"specials": text})
    found = compare(case, "ids", Observation([1]), Observation(failure=Failure(text, text)))
    known = compare(case, "ids", Observation([1]), Observation([2]))
    rows = [
        row("ids", compared=3, same=1, diverged=1, expected=1, unsupported_because={text: 3}),
    ]
    run = planted(rows, [found, known], problem=text, verdict="inconclusive", exit=3)
    more = {"verdict": text, "stale_entries": [text], "expired_entries": {text: text},
            "canaries": {"planted": 3, "survived": [text]}}  # fmt: skip
    pair = run.footer["pairs"][0] | {"name": text, "coverage": {text: [1, 2]}}
    rows = [
        one | {"pair": text, "cause": text, "where": text, "note": text, "verdict": verdict}
        for one, verdict in zip(run.divergences, ("diverged", "expected"), strict=True)
    ]
    return run._replace(footer=run.footer | more | {"pairs": [pair]}, divergences=rows)


@pytest.mark.parametrize("text", EVIL)
def test_no_text_of_others_becomes_markup(planted, text):
    """No link, picture, heading or table of its own; HTML is ours alone."""
    ours = markdown.render(hostile_run(planted, "x"))
    theirs = markdown.render(hostile_run(planted, text))
    kinds = [[token.type for token in tokens(one)] for one in (ours, theirs)]
    html = [
        re.sub(r"<code>[^<>]*</code>", "<code></code>", token.content)
        for token in tokens(theirs)
        if token.type.startswith("html")
    ]

    assert kinds[0] == kinds[1]
    assert set(re.findall(r"<[^>]*>", "".join(html))) == {
        "<details>", "</details>", "<summary>", "</summary>", "<code>", "</code>",
    }  # fmt: skip


@pytest.mark.parametrize("text", EVIL)
def test_texts_of_others_stand_in_code(planted, text):
    """There a mention mentions nobody, and a link leads nowhere."""
    words = [token.content for token in tokens(markdown.render(hostile_run(planted, text)))
             if token.type == "text"]  # fmt: skip

    assert not any("@" in word or "example.com" in word or "onerror" in word for word in words)


def test_what_hides_or_turns_letters_is_escaped(hostile):
    """In code, too."""
    text = markdown.render(hostile)

    assert not any(character in text for character in "\u202e\u200b\x1b\x07\r\x00\ufffe\x9b")


def test_a_green_run_is_one_screen(planted):
    """However many checks it has; they can be unfolded."""
    rows = [row(f"check-{number}", compared=1000) for number in range(40)]
    text = markdown.render(planted(rows))
    folded = re.sub(r"<details>.*?</details>", "", text, flags=re.DOTALL)

    assert len(folded.splitlines()) < 25
    assert "each check below 0.003 with 95 %" in folded
    assert "| `check-39` | 1,000 | 1,000 | 0 | 0 | 0.003 |" in text


def test_what_is_expected_is_apart_from_what_is_the_same(kinds):
    """With the reason."""
    text = markdown.render(kinds("as expected"))

    assert "| `toy` | 9 | 6 | 0 | 3 | 0.78 |" in text
    assert "- 1 × `known since \\u007c \\u00602020\\u0060 <b>`" in text


def test_a_red_run_says_what_to_do_next(diverging):
    """With the name of a divergence, to be copied."""
    text = markdown.render(diverging)

    for command in ("explain", "replay", "ledger add"):
        assert re.search(rf"\ntokparity {command} D-[0-9a-f]{{8}}", text)
    assert "Next" not in markdown.render(diverging._replace(divergences=[]))


@pytest.mark.parametrize("size", [100, 40_000])
def test_a_summary_fits_into_what_github_takes(diverging, size):
    """What is left out is said, and the verdict never is."""
    (found,) = diverging.divergences
    run = diverging._replace(
        divergences=[{**found, "cause": f"c{number}", "where": "ä" * size} for number in range(100)]
    )
    text = markdown.render(run)

    assert len(text.encode()) <= markdown.MOST
    assert ("parts of this summary are left out" in text) is (size > 1000)
    assert text.startswith("### ❌ tokparity: DIVERGED\n\n`1 of 8 comparisons differ")
    assert "tokparity replay D-" in text


@pytest.mark.parametrize("name", KINDS)
def test_each_problem_is_told(kinds, name):
    """Where there is one."""
    text = markdown.render(kinds(name))

    assert ("\n- **" in text) is (name not in ("exact", "as expected", "all expected",
                                               "unexpected", "diverging"))  # fmt: skip


def test_coverage_is_counts(planted):
    """Neither a share nor rounded."""
    run = planted([row("ids")])
    pair = run.footer["pairs"][0] | {"coverage": {"vocabulary": [3901, 4096], "added": [5, 5]}}
    text = markdown.render(run._replace(footer=run.footer | {"pairs": [pair]}))

    assert "`coverage  vocabulary 3,901 of 4,096, added 5 of 5`" in text
