"""SARIF: a rule a class, a result a divergence where its case stands."""

import json
from urllib.parse import unquote

import pytest
from planted_runs import HOSTILE

from parity.identities import identity
from parity.reports import sarif


def run_of(run):
    """The one run of the log."""
    (one,) = json.loads(sarif.render(run))["runs"]
    return one


def placed(run, **place):
    """The run with its divergence at a place."""
    (row,) = run.divergences
    return run._replace(divergences=[{**row, "place": {"corpus": "x", **place}}])


def where(run):
    """The place of the one result."""
    found = run_of(run)["results"][0]["locations"][0]["physicalLocation"]
    return unquote(found["artifactLocation"]["uri"]), found["region"]["startLine"]


def test_a_result_stands_at_the_line_of_its_case(diverging):
    """Or in the plan, where the corpus is not the project's."""
    assert where(placed(diverging, file="texts/a b%.jsonl", line=7)) == ("texts/a b%.jsonl", 7)
    assert where(placed(diverging, file=None, line=7)) == ("pyproject.toml", 1)
    assert where(placed(diverging, file="x", line=-3)) == ("x", 1)


def test_every_place_is_seen_from_the_folder_of_the_run(diverging):
    """Which is told by a name, not as a path of this machine."""
    one = run_of(diverging)
    location = one["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]

    assert location["uriBaseId"] in one["originalUriBaseIds"]
    assert "uri" not in one["originalUriBaseIds"][location["uriBaseId"]]


def test_a_rule_is_a_class_with_its_help(diverging):
    """One for all results of it."""
    (row,) = diverging.divergences
    rows = [{**row, "cause": cause} for cause in ("digits", "case", "digits")]
    one = run_of(diverging._replace(divergences=rows))
    rules = one["tool"]["driver"]["rules"]

    assert [rule["id"] for rule in rules] == ["digits", "case"]
    assert rules[0]["help"]["text"] == "numbers are cut otherwise"
    assert [rules[one["ruleIndex"]]["id"] for one in one["results"]] == ["digits", "case", "digits"]


def test_more_results_than_github_takes_are_counted(kinds, monkeypatch):
    """Those that fail come first, whatever the order in which they were found."""
    monkeypatch.setattr(sarif, "MOST", 2)
    known, red = kinds("as expected").divergences, kinds("diverging").divergences
    one = run_of(kinds("diverging")._replace(divergences=[*known, *known, *red]))
    (note,) = one["invocations"][0]["toolConfigurationNotifications"]

    assert [result["properties"]["verdict"] for result in one["results"]] == [
        "diverged", "expected",
    ]  # fmt: skip
    assert note["message"]["text"] == "1 divergences are in the run file and not here"


def test_a_result_has_the_name_of_its_divergence(diverging):
    """The same on every run that finds it."""
    (result,) = run_of(diverging)["results"]

    assert result["partialFingerprints"] == {"tokparity/v1": identity(diverging.divergences[0])}
    assert identity(diverging.divergences[0]) in result["message"]["text"]


def test_what_the_ledger_expects_is_suppressed_with_its_reason(kinds):
    """By somebody outside of the code."""
    (result,) = run_of(kinds("as expected"))["results"]

    assert result["suppressions"] == [
        {"kind": "external", "status": "accepted", "justification": "known since | `2020` <b>"}
    ]
    assert "suppressions" not in run_of(kinds("unexpected"))["results"][0]


def test_what_only_informs_has_no_level(diverging):
    """The standard wants it so."""
    (row,) = diverging.divergences
    (result,) = run_of(diverging._replace(divergences=[{**row, "verdict": "reported"}]))["results"]

    assert (result["kind"], result["level"]) == ("informational", "none")


@pytest.mark.parametrize(
    ("name", "successful", "says"),
    [
        ("exact", True, []),
        ("diverging", True, []),
        ("stale", True, ["stale entry", "expired entry"]),
        ("refused", False, ["refused"]),
        ("survived", False, ["canary"]),
        ("cut", False, ["not whole"]),
        ("locked", False, ["golden or lock problem"]),
    ],
)
def test_what_proves_nothing_did_not_execute_successfully(kinds, name, successful, says):
    """Each problem is a notification."""
    (found,) = run_of(kinds(name))["invocations"]

    assert found["executionSuccessful"] is successful
    assert [one["descriptor"]["id"] for one in found["toolConfigurationNotifications"]] == says


def test_when_and_how_it_was_run_is_told_where_it_is_known(diverging):
    """As the standard writes times; what is no time is left out."""
    header = diverging.header | {
        "started": "2027-01-01T12:00:00+00:00", "command": ["tokparity", "run", "--built-in"],
    }  # fmt: skip
    (found,) = run_of(diverging._replace(header=header))["invocations"]
    (other,) = run_of(diverging._replace(header=header | {"started": "now"}))["invocations"]

    assert found["startTimeUtc"] == "2027-01-01T12:00:00Z"
    assert found["arguments"] == ["run", "--built-in"]
    assert "startTimeUtc" not in other


def test_no_text_hides_or_turns_anything(hostile):
    """A viewer shows what is there; half a surrogate pair is no JSON that others read."""
    text = sarif.render(hostile)
    shown = [result["message"]["text"] for result in run_of(hostile)["results"]]

    assert not any(character in "".join(shown) for character in HOSTILE if not character.isascii())
    assert r"\ud83d" not in text.replace(r"\\ud83d", "")
