"""The page of a run: one file that is valid HTML, says every count, and can do nothing."""

import base64
import hashlib
import itertools
import re
from xml.etree import ElementTree as ET

import html5lib
import paged_runs
import pytest
from paged_runs import differs, ids
from planted_runs import row

from parity import reports
from parity.compare import Verdict
from parity.identities import identity
from parity.reports.page import sides
from parity.types import Observation

RUNS = {
    "red": paged_runs.red,
    "green": paged_runs.green,
    "hostile": paged_runs.hostile,
    "cut": lambda folder: paged_runs.red(folder, cut=True),
    "stopped": lambda folder: paged_runs.green(folder, whole=False, stopped="interrupted", exit=3),
    "empty": lambda folder: paged_runs.written(folder, {}),
}
X = "{http://www.w3.org/1999/xhtml}"


@pytest.fixture(params=RUNS)
def page(request, tmp_path):
    """The page of each run."""
    return reports.render("html", RUNS[request.param](tmp_path))


def parsed(page):
    """The page as a tree. Raises for what a browser would have to guess."""
    return html5lib.HTMLParser(strict=True).parse(page)


def words(page):
    """What a person reads, with single spaces."""
    body = parsed(page).find(f"{X}body")
    for script in body.findall(f".//{X}script"):
        script.text = ""
    return " ".join("".join(body.itertext()).split())


def of(folder, **more):
    """The words of the red run with something else in its footer."""
    return words(reports.render("html", paged_runs.red(folder, **more)))


def test_a_page_is_valid_utf_8_and_html(page):
    """Whatever stands in its run file."""
    page.encode("utf-8")

    assert parsed(page).get("lang") == "en"
    assert page.startswith("<!doctype html>\n")
    assert not re.search("[^\n\x20-\x7e\xa0-\U0010ffff]", page)


def test_a_page_is_the_same_each_time_and_wherever_its_run_file_lies(tmp_path):
    """Nothing of the clock, of hashes in memory, or of a path is in it."""
    (tmp_path / "other").mkdir()
    run = paged_runs.red(tmp_path)
    moved = run._replace(path=tmp_path / "other" / "x.jsonl")

    assert reports.render("html", run) == reports.render("html", moved)


def test_a_page_has_no_address_to_load(page):
    """Every link leads to a place in the page itself."""
    tree = parsed(page)
    links = [node.get("href") for node in tree.iter() if node.get("href")]

    assert all(link.startswith("#") for link in links)
    assert not any(node.get(name) for node in tree.iter() for name in ("src", "srcset", "action"))
    assert not re.search(r"url\(|@import", page[page.index("<style>") : page.index("</style>")])


def test_a_link_leads_to_a_place_that_is_there_once(page):
    """Without the script too."""
    tree = parsed(page)
    names = [node.get("id") for node in tree.iter() if node.get("id")]
    links = {node.get("href")[1:] for node in tree.iter() if node.get("href")}

    assert len(names) == len(set(names))
    assert links <= set(names)


def test_the_policy_allows_this_style_and_this_script_and_nothing_else(page):
    """A payload that got past the escaping could do nothing; nor has the page what it forbids."""
    tree = parsed(page)
    policy = tree.find(f".//{X}meta[@http-equiv]").get("content")
    for kind in ("style", "script"):
        (node,) = tree.iter(f"{X}{kind}")
        digest = base64.b64encode(hashlib.sha256(node.text.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
    handlers = {name for node in tree.iter() for name in node.attrib if name.startswith("on")}

    assert policy.startswith("default-src 'none'; ")
    assert not re.search("http|unsafe|data:|self", policy)
    assert handlers == set()
    assert not [node for node in tree.iter() if node.get("style")]


def test_a_hostile_run_makes_no_element_of_its_own(tmp_path):
    """What would be markup is text."""
    tree = parsed(reports.render("html", paged_runs.hostile(tmp_path)))
    found = {str(node.tag).removeprefix(X) for node in tree.iter()}

    assert not found & {"img", "b\u200b", "red", "iframe", "object"}
    assert sum(node.tag == f"{X}script" for node in tree.iter()) == 1


def test_headings_are_in_order_and_tables_have_scopes(page):
    """Who cannot see the page can find the way in it."""
    tree = parsed(page)
    levels = [int(node.tag[-1]) for node in tree.iter() if re.search(r"}h\d$", str(node.tag))]
    heads = list(tree.iter(f"{X}th"))

    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    assert all(head.get("scope") in ("row", "col") for head in heads)
    assert {"header", "main", "footer"} <= {str(node.tag).removeprefix(X) for node in tree.iter()}


@pytest.mark.parametrize(
    ("name", "color", "said"),
    [
        ("red", "red", "DIVERGED exit code 1"),
        ("green", "green", "EXACT exit code 0"),
        ("hostile", "amber", "INCONCLUSIVE exit code 3"),
        ("cut", "amber", "INCONCLUSIVE exit code 3"),
        ("stopped", "amber", "INCONCLUSIVE exit code 3"),
        ("empty", "amber", "INCONCLUSIVE exit code 3"),
    ],
)
def test_the_verdict_is_in_words_and_only_what_proves_something_is_green(
    tmp_path, name, color, said
):
    """Cut, stopped, with a survivor, or nothing compared: never green, in no place."""
    page = reports.render("html", RUNS[name](tmp_path))
    tree = parsed(page)
    colors = {node.get("class") for node in tree.iter() if "green" in (node.get("class") or "")}

    assert said in words(page)
    assert tree.find(f".//{X}header/{X}div").get("class") == f"verdict {color}"
    assert bool(colors) == (name in ("red", "green"))


def test_a_survivor_makes_no_page_green_whatever_the_footer_says(tmp_path):
    """The canary stands above the verdict."""
    run = paged_runs.green(tmp_path, canaries={"planted": 3, "survived": ["drops"]})
    page = reports.render("html", run)

    assert 'class="verdict amber"' in page
    assert "the canary drops survived: this run cannot be believed" in words(page)


def test_counts_come_with_their_bound(tmp_path):
    """A share is said with what it proves, and nothing is a percentage of parity."""
    said = words(reports.render("html", paged_runs.green(tmp_path)))

    assert "0 of 44,112 differ, over all checks; below 6.8e-5 with 95 %" in said
    assert "100" not in said


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"stale_entries": ["expected.toml:3"]}, "entry expected.toml:3 selects no case any more"),
        ({"expired_entries": {"e.toml:9": "2026-01-02"}}, "entry e.toml:9 expired on 2026-01-02"),
        ({"problem": "it left"}, "one: a problem: it left"),
        ({"problem": "no", "refused": True}, "one: refused: no"),
        ({"cut": True}, "The run is not whole, so it proves nothing: it has no footer"),
        ({"header": {"not_compared": ["no server"]}}, "not compared: no server"),
        ({"header": {"shard": [1, 3]}}, "shard[1, 3]"),
        ({}, "4 of 90 differ beyond the ledger"),
        ({}, "1 expected, 40 unsupported"),
        ({}, "canaries: 3 of 3 planted faults were caught"),
        ({}, "tokenizer.json cd"),
        ({}, "Compared nothing on any pair: offsets."),
    ],
)
def test_the_head_says_what_the_verdict_rests_on(tmp_path, more, said):
    """The ledger, problems, limits, canaries, both sides."""
    assert said in of(tmp_path, **more)


def test_coverage_stands_beside_the_counts(tmp_path):
    """Where the run file has it."""
    run = paged_runs.green(tmp_path)
    run.footer["pairs"][0]["coverage"] = {"vocabulary": [1200, 4096]}

    assert "Coverage: 1,200 of 4,096 of the vocabulary." in words(reports.render("html", run))


def test_what_was_left_out_is_counted(tmp_path):
    """Counts are the footer's; what the run file lacks is said in the head and at the tags."""
    found = [differs(f"t{n}", ids(1), ids(2), tags=["a"], cause="case") for n in range(1100)]
    rows = [row("ids", compared=2000, same=900, diverged=1100)]
    run = paged_runs.written(tmp_path, {"one": (rows, found)}, verdict="diverged", exit=1)
    said = words(reports.render("html", run))

    assert "100 divergences counted and not written" in said
    assert "100 that differ are counted and not in the run file" in said
    assert "1,100 of 2,000" in said
    assert "case 1,000 cases of ids" in said
    assert "1,000 cases, the first 50 listed" in said
    assert "950 more cases of this cause" in said


def section(run, name):
    """The section of the cause of a name, as a tree."""
    tree = parsed(reports.render("html", run))
    return next(node for node in tree.iter(f"{X}details") if node.get("data-cause") == name)


def told(node):
    """The words of a node."""
    return " ".join(" ".join(node.itertext()).split())


def test_a_cause_says_what_it_is_on_how_little_and_what_to_type(tmp_path):
    """Name, explanation, count, identity, smallest input with code points, commands, cases."""
    run = paged_runs.red(tmp_path)
    said = told(section(run, "normal-form"))
    name = identity(run.divergences[0])

    assert said.startswith("normal-form 2 cases of ids , smallest")
    assert "the text is read in another normal form" in said
    assert "U+00E9 (not proven: 9 tries)" in said
    assert f"tokparity explain {name}" in said
    assert f"tokparity replay {name}" in said
    assert identity(run.divergences[1]) in said


def test_tokens_stand_beside_each_other_with_what_is_alike_in_one_row(tmp_path):
    """As a person aligns them; a side that has nothing says so."""
    tables = section(paged_runs.red(tmp_path), "normal-form").findall(f".//{X}table")
    lines = [[told(cell) for cell in line] for line in tables[1].iter(f"{X}tr")]

    assert lines == [
        ["token", "reference", "candidate"],
        ["0", "1", "1"],
        ["1 differs", '4 "Ġfour"', '5 "e"'],
        ["– | 2 differs", "nothing", "6"],
    ]


def test_texts_are_marked_where_they_part(tmp_path):
    """With the number of the code point."""
    run = paged_runs.red(tmp_path)
    page = reports.render("html", run)

    assert '"one <mark>t</mark>wo"' in page
    assert '"one <mark> </mark>two"' in page
    assert "They part at code point 4 of 7 and 8." in page


def test_what_no_run_fails_for_stands_apart(tmp_path):
    """Expected and reported are in a closed box of their own."""
    tree = parsed(reports.render("html", paged_runs.red(tmp_path)))
    (apart,) = [node for node in tree.iter(f"{X}details") if node.get("class") == "quiet"]
    inside = [
        node.get("data-cause") for node in apart.iter(f"{X}details") if node.get("data-cause")
    ]

    assert apart.get("open") is None
    assert inside == ["case"]


def test_a_cell_has_both_counts_and_a_shade_of_their_share(tmp_path):
    """So that colour is never the only sign, and the edge of a shade is exact."""
    tree = parsed(reports.render("html", paged_runs.red(tmp_path)))
    cells = {
        (told(cell), cell.get("class"))
        for cell in tree.iter(f"{X}td")
        if "heat" in (cell.get("class") or "")
    }

    assert ("3 of 40 1 expected", "heat h3") in cells
    assert ("1 of 10", "heat h3") in cells
    assert ("0 of 40", "heat h0") in cells
    assert ("not asked", "heat nothing") in cells


def test_tags_are_counted_of_what_differs_and_so_it_is_said(tmp_path):
    """A run file has no others; what is expected is not among them."""
    page = reports.render("html", paged_runs.red(tmp_path))
    tree = parsed(page)
    table = next(one for one in tree.iter(f"{X}table") if "those with the tag" in told(one))
    lines = [[told(cell) for cell in line] for line in table.iter(f"{X}tr")]

    assert lines[1:] == [
        ["latin.marks", "2 of 3", "0 of 1"],
        ["digits", "1 of 3", "1 of 1"],
        ["cjk", "1 of 3", "0 of 1"],
    ]
    assert "counts of what differs, not of what was compared" in words(page)


def test_a_plot_has_units_its_number_of_points_and_a_table(tmp_path):
    """A picture that nobody sees says the same."""
    tree = parsed(reports.render("html", paged_runs.red(tmp_path)))
    figures = [told(figure) for figure in tree.iter(f"{X}figure")]

    assert figures[0].startswith("Lengths of texts that differ , 3 points")
    assert "length in code points" in figures[0]
    assert "2–3 3" in figures[0]
    assert len(figures) == 4


def test_lists_that_are_long_are_aligned_in_part_and_that_is_said():
    """Nine thousand ids are no table, and cost no minutes."""
    one = {"value": list(range(9000))}
    shown = sides.beside(one, {"value": list(range(1, 9001))}, {})
    tree = ET.fromstring(f"<div>{shown.replace(' class=differs', '')}</div>")  # noqa: S314

    assert len(tree.findall(".//tr")) < sides.ROWS + 20
    assert "8,600 more are not aligned here." in shown
    assert "9,000 and 9,000 ids." in shown


@pytest.mark.parametrize(
    ("one", "two", "said"),
    [
        (Observation(["a", "b"]), Observation(["b"]), "nothing"),
        (Observation([[0, 1]]), Observation([[0, 2]]), "[0, 2]"),
        (Observation(b"\xff"), Observation(b"\xfe"), "bytes fe"),
        (Observation("a\U0001f468\u200d"), Observation("a\u202e"), r"\u202e"),
        (Observation("ab"), Observation("a"), "end"),
        (Observation({"a": 1}), Observation({"a": 2}), "{&#x27;a&#x27;: 2}"),
        (Observation("x" * 70_000), Observation("x" * 69_999 + "y"), "too large for the run file"),
    ],
    ids=lambda one: "" if isinstance(one, Observation) else one,
)
def test_answers_of_every_kind_stand_beside_each_other(tmp_path, one, two, said):
    """Chunks, offsets, bytes, texts, mappings, and what was too large."""
    found = [differs("abc", one, two, check="text")]
    rows = [row("text", compared=1, same=0, diverged=1)]
    page = reports.render("html", paged_runs.written(tmp_path, {"one": (rows, found)}, exit=1))

    parsed(page)
    assert said in page


def test_ids_that_are_too_many_for_the_run_file_are_seen_through_its_window(tmp_path):
    """What ends there ends in the window, not in the answer, and so it is said."""
    one, two = list(range(40_000)), list(range(20_000))
    two[20] = 8
    run = paged_runs.written(
        tmp_path,
        {
            "one": (
                [row("ids", compared=1, same=0, diverged=1)],
                [differs("a", ids(*one), ids(*two))],
            )
        },
        exit=1,
    )
    node = section(run, "not examined")
    said = told(node)

    assert "there are too many for the run file" in said
    assert "20 differs 20 8" in said
    assert "first difference [20] of 40,000 and 20,000" in said
    assert "9 and 9" not in said


def test_a_cause_says_where_in_the_corpus_its_case_stands(tmp_path):
    """A file with its line, or the corpus where the file is elsewhere."""
    found = [
        differs("a", ids(1), ids(2), cause="case"),
        differs("b", ids(1), ids(2), cause="empty"),
    ]
    found[0][1]["place"] = {"corpus": "texts", "file": "texts/a.jsonl", "line": 3}
    found[1][1]["place"] = {"corpus": "cjk", "file": None, "line": 4}
    rows = [row("ids", compared=2, same=0, diverged=2)]
    run = paged_runs.written(tmp_path, {"one": (rows, found)}, exit=1)

    assert "texts/a.jsonl:3" in told(section(run, "case"))
    assert "cjk:4" in told(section(run, "empty"))


def test_a_case_that_comes_twice_has_two_places(tmp_path):
    """Under one name, of two verdicts."""
    found = [
        differs("a", ids(1), ids(2), cause="case"),
        differs("a", ids(1), ids(2), cause="case", verdict=Verdict.EXPECTED),
    ]
    rows = [row("ids", compared=2, same=0, diverged=1, expected=1)]
    page = reports.render("html", paged_runs.written(tmp_path, {"one": (rows, found)}, exit=1))
    name = identity({"pair": "one", "check": "ids", "judged": "both", "case": {
        "id": found[0][0].case.id, "kind": "text", "payload": "a", "options": {}}})  # fmt: skip

    assert f'id="{name}"' in page
    assert f'id="{name}-2"' in page


def test_a_run_of_thousands_of_divergences_stays_small(tmp_path):
    """What is listed is cut and said to be; what is counted is not."""
    page = reports.render("html", paged_runs.large(tmp_path))

    assert len(page.encode()) < 8_000_000
    assert "The first 300 causes have tables and lists of cases." in page
    assert "2,503 causes, 5,000 cases in the run file." in page
    assert page.count('class="cause"') == 2503
