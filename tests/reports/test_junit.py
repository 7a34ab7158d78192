"""JUnit: a document that every CI reads, and that is as red as the run."""

from xml.etree import ElementTree as ET

import pytest
from planted_runs import HOSTILE, row

from parity.reports import junit


def document(run):
    """The report, parsed."""
    return ET.fromstring(junit.render(run).encode())  # noqa: S314


def outcomes(run):
    """What became of each test case."""
    return {
        f"{case.get('classname')}.{case.get('name')}": [child.tag for child in case]
        for case in document(run).iter("testcase")
    }


def test_each_check_and_side_is_a_test_case(diverging):
    """A divergence is a failure."""
    assert outcomes(diverging) == {
        "toy.ids": ["failure"],
        "toy.repeatable[candidate]": [],
        "tokparity.whole": [],
        "tokparity.canaries": [],
        "tokparity.ledger": [],
    }


def test_a_failure_shows_the_first_divergences(diverging):
    """As the terminal does."""
    failure = document(diverging).find(".//failure")
    words = "1 of unexamined: no cause was looked for"

    assert failure.get("message") == f"1 of 7 comparisons differ: {words}"
    assert "first difference at [3] of 5 / 5" in failure.text


@pytest.mark.parametrize("kind", ["diverging", "hostile"])
def test_the_counts_of_a_suite_add_up(request, kind):
    """Every CI believes the attributes."""
    for suite in document(request.getfixturevalue(kind)).iter("testsuite"):
        counts = {
            name: len(suite.findall(f"testcase/{tag}")) if tag else len(suite.findall("testcase"))
            for name, tag in {
                "tests": "", "failures": "failure", "errors": "error", "skipped": "skipped",
            }.items()
        }  # fmt: skip

        assert {name: int(suite.get(name)) for name in counts} == counts


def test_hostile_payloads_are_well_formed(hostile):
    """What XML cannot hold is escaped, and not dropped."""
    text = junit.render(hostile)

    assert ET.fromstring(text.encode()).tag == "testsuites"  # noqa: S314
    assert r"\u001b[31m" in text
    assert r"\ud83d" in text
    assert not {"\x1b", "\x00", "\ufffe"} & set(text)


@pytest.mark.parametrize(
    ("rows", "more", "red"),
    [
        ([row("ids", compared=0, same=0)], {"problem": HOSTILE}, "toy.evidence"),
        ([row("ids", unexpected=1)], {}, "toy.ids"),
        ([row("ids", nondeterministic=1)], {}, "toy.ids"),
        ([row("ids")], {"canaries": {"planted": 2, "survived": ["a"]}}, "tokparity.canaries"),
        ([row("ids")], {"whole": False, "stopped": HOSTILE}, "tokparity.whole"),
    ],
)
def test_what_is_not_green_is_red(planted, rows, more, red):
    """An unexpected match, a survivor, a run that was cut: each in its place."""
    run = planted(rows, **more)

    assert outcomes(run)[red] in (["failure"], ["error"])


@pytest.mark.parametrize(("refused", "said"), [(True, "refused: no."), (False, "no.")])
def test_a_refusal_is_an_error_with_its_word(planted, refused, said):
    """Nothing was proved, and it is told why."""
    run = planted([], problem="no.", refused=refused)

    assert document(run).find(".//error").get("message") == said


def test_a_run_without_a_footer_is_an_error(diverging):
    """However many cases were the same before."""
    assert outcomes(diverging._replace(footer={}))["tokparity.whole"] == ["error"]


def test_a_check_that_compared_nothing_is_skipped_with_its_reason(planted):
    """It is not counted as a pass."""
    lacks = row("ids", compared=0, same=0, unsupported=2, unsupported_because={"no ids": 2})
    skipped = document(planted([lacks])).find(".//skipped")

    assert skipped.get("message") == "nothing compared: no ids"


def test_divergences_beyond_those_shown_are_counted(diverging):
    """The counter is exact, whatever was written."""
    pairs = [diverging.footer["pairs"][0] | {"rows": [row("ids", diverged=5000, compared=9000)]}]
    run = diverging._replace(
        divergences=diverging.divergences * 30, footer=diverging.footer | {"pairs": pairs}
    )

    failure = document(run).find(".//failure")

    assert failure.get("message").startswith("5,000 of 9,000 comparisons differ: 30 of ")
    assert failure.text.endswith("... and 10 more")


def test_both_sides_are_named_in_the_properties(diverging):
    """By spec, class and file."""
    found = {item.get("name"): item.get("value") for item in document(diverging).iter("property")}

    assert found["reference.spec"] == "mock:x"
    assert found["candidate.file_sha256"] == "ab" * 32


def several(run, *causes):
    """The run with a divergence of each of these causes."""
    (found,) = run.divergences
    rows = [
        {**found, "cause": cause, "case": {**found["case"], "id": f"t/x-{number}"}}
        for number, cause in enumerate(causes)
    ]
    return run._replace(divergences=rows)


def test_there_is_one_failure_a_cause(diverging):
    """The most frequent in the check's own test case, which has one name on every run."""
    run = several(diverging, "case", "digits", "digits", "digits")
    failures = {
        case.get("name"): case.find("failure").get("type")
        for case in document(run).iter("testcase")
        if case.find("failure") is not None
    }

    assert failures == {"ids": "digits", "ids [case]": "case"}
    assert "3 of digits: numbers are cut otherwise" in junit.render(run)


@pytest.mark.parametrize(
    ("kind", "tags", "says"),
    [
        ("all expected", ["skipped"], "3 of 3 differ as the ledger says; known since"),
        ("as expected", ["system-out"], "3 of 7 differ as the ledger says\nknown since"),
    ],
)
def test_what_differs_as_expected_is_told_with_its_reason(kinds, kind, tags, says):
    """Where nothing else was compared, nothing was shown to agree: it is no pass."""
    (case,) = [case for case in document(kinds(kind)).iter("testcase") if case.get("name") == "ids"]

    assert [child.tag for child in case] == tags
    assert says in (case[0].get("message") or case[0].text)


def test_each_stale_or_expired_entry_is_a_failure(kinds):
    """Of the ledger, with its place."""
    found = [
        case for case in document(kinds("stale")).iter("testcase") if "ledger" in case.get("name")
    ]

    assert [case.get("name") for case in found] == ["ledger", "ledger [2]"]
    assert [case.find("failure").get("type") for case in found] == ["stale entry", "expired entry"]


def test_an_unexpected_match_is_a_cause_of_its_own(kinds):
    """The ledger is wrong, and neither side is."""
    failure = document(kinds("unexpected")).find(".//failure")

    assert failure.get("type") == "unexpected-match"
