"""Every format is what its standard says, whatever the run came to, and as red as the run."""

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import jsonschema
import pytest
import xmlschema
from planted_runs import KINDS

from parity import reports, runfile
from parity.errors import UsageError
from parity.reports.outcome import outcome

SCHEMAS = Path(__file__).parent / "schemas"


def sarif_schema():
    """The validator of SARIF, whose schema says which draft it is."""
    schema = json.loads((SCHEMAS / "sarif-2.1.0-rtm.5.json").read_bytes())
    return jsonschema.validators.validator_for(schema)(
        schema, format_checker=jsonschema.FormatChecker()
    )


SARIF = sarif_schema()
JUNIT = xmlschema.XMLSchema(SCHEMAS / "junit-10.xsd")
OURS = {
    name: jsonschema.Draft202012Validator(json.loads(reports.schema(name)))
    for name in reports.SCHEMAS
}


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("format", reports.SCHEMAS)
def test_a_format_of_ours_is_as_its_schema_says(kinds, name, format):
    """Badge, GitLab and JSON."""
    found = json.loads(reports.render(format, kinds(name)))

    assert [error.message for error in OURS[format].iter_errors(found)] == []


@pytest.mark.parametrize("name", KINDS)
def test_sarif_is_as_its_schema_says(kinds, name):
    """By the schema of the standard, formats of texts included."""
    found = json.loads(reports.render("sarif", kinds(name)))

    assert [error.message for error in SARIF.iter_errors(found)] == []


@pytest.mark.parametrize("name", KINDS)
def test_junit_is_as_jenkins_says(kinds, name):
    """By its schema."""
    found = ET.fromstring(reports.render("junit", kinds(name)))  # noqa: S314

    assert [str(error) for error in JUNIT.iter_errors(found)] == []


def test_the_schemas_refuse_what_is_wrong(diverging):
    """A validator that takes anything would prove nothing."""
    sarif = json.loads(reports.render("sarif", diverging))
    sarif["runs"][0]["results"][0]["level"] = "bad"
    report = json.loads(reports.render("json", diverging)) | {"more": 1}
    xml = ET.fromstring(reports.render("junit", diverging).replace("testcase", "case"))  # noqa: S314

    assert not SARIF.is_valid(sarif)
    assert not OURS["json"].is_valid(report)
    assert not JUNIT.is_valid(xml)
    assert not OURS["badge"].is_valid({"schemaVersion": 1})
    assert not OURS["gitlab"].is_valid([{"description": "x"}])


WORDS = ("INCONCLUSIVE", "DIVERGED", "GOLDEN OR LOCK PROBLEM", "NOTHING WAS COMPARED")
RED = {
    "badge": lambda text: json.loads(text)["isError"],
    "github": lambda text: "::error " in text,
    "gitlab": lambda text: json.loads(text) != [],
    "html": lambda text: '<div class="verdict green">' not in text and "exit code 0" not in text,
    "json": lambda text: json.loads(text)["exit"] != 0,
    "junit": lambda text: "<failure" in text or "<error" in text,
    "markdown": lambda text: not text.startswith("### ✅"),
    "sarif": lambda text: (
        not json.loads(text)["runs"][0]["invocations"][0]["executionSuccessful"]
        or json.loads(text)["runs"][0]["invocations"][0]["exitCode"] != 0
    ),
    "text": lambda text: any(word in text for word in WORDS),
}
"""How each format says that a run is not green."""


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("format", RED)
def test_a_format_is_as_red_as_the_run(kinds, name, format):
    """Green where the exit code is 0, and nowhere else."""
    assert RED[format](reports.render(format, kinds(name))) is (KINDS[name] != 0)


@pytest.mark.parametrize("name", [name for name, code in KINDS.items() if code == 3])
@pytest.mark.parametrize("format", RED)
def test_what_proves_nothing_is_said_to_be_inconclusive(kinds, name, format):
    """In each format by a word, or by what its standard has for it."""
    text = reports.render(format, kinds(name))
    said = {
        "junit": "<error" in text,
        "sarif": '"executionSuccessful": false' in text,
    }

    assert said.get(format, "inconclusive" in text.lower() or "the run is not whole" in text)


@pytest.mark.parametrize("name", KINDS)
def test_the_exit_code_of_a_kind_of_run_is_the_same_in_all_reports(kinds, name):
    """It is what the command line ends with."""
    run = kinds(name)
    sarif = json.loads(reports.render("sarif", run))["runs"][0]["invocations"][0]

    assert outcome(run).exit == KINDS[name]
    assert json.loads(reports.render("json", run))["exit"] == KINDS[name]
    assert sarif["exitCode"] == KINDS[name]


@pytest.fixture
def real(project, tokparity):
    """A run of a plan: smallest cases, places, failures, laws, what is not compared."""
    project.plan(
        {"candidate": "mock:drops_last_id", "checks": ["ids", "text", "repeatable"]},
        {"name": "fails", "candidate": "py:mine:Fails", "checks": ["ids"]},
        {"name": "lacks", "candidate": "py:mine:LacksOffsets", "checks": ["offsets", "ids"]},
        {"name": "gone", "candidate": "py:mine:gone"},
        rows=["abc", "d e", [1, 2]],
    )
    tokparity("run", "--output", "jsonl=run.jsonl")
    return runfile.read(Path("run.jsonl"))


def test_a_run_of_a_plan_is_as_every_schema_says(real):
    """The same with everything that a real run writes, and without when and where it was."""
    for run in (real, reports.reproducible(real)):
        report = json.loads(reports.render("json", run))
        for name, schema in OURS.items():
            schema.validate(json.loads(reports.render(name, run)))
        SARIF.validate(json.loads(reports.render("sarif", run)))
        JUNIT.validate(ET.fromstring(reports.render("junit", run)))  # noqa: S314

        assert report["divergences"][0]["place"]["file"] == "texts.jsonl"
        assert report["divergences"][0]["minimal"]


def halved(data):
    """A run file of which the second half is lost."""
    return data[: len(data) // 2]


LOST = {
    "cut in half": (halved, "the run file is cut or damaged"),
    "of a newer schema": (
        lambda data: data.replace(b'"schema":5', b'"schema":6').replace(
            b'"schema": 5', b'"schema": 6'
        ),
        "the schema is 6, this version reads 5",
    ),
    "of something else": (lambda _: b'{"name": "other", "version": 1}\n', "no line of a run file"),
    "empty": (lambda _: b"", "is empty"),
}


@pytest.mark.parametrize(("damage", "says"), LOST.values(), ids=LOST)
def test_evidence_that_is_lost_is_exit_code_3_in_every_format(real, tokparity, damage, says):
    """It is said so, and no report is written that somebody could believe."""
    Path("bad.jsonl").write_bytes(damage(real.path.read_bytes()))
    for format in reports.FORMATS:
        ran = tokparity("report", "bad.jsonl", "--format", format, "--output", "out")

        assert (ran.code, ran.out) == (3, "")
        assert says in ran.err
        assert not Path("out").exists()


def objects(schema, name=""):
    """Every object schema in a schema, with the property that it stands in."""
    if isinstance(schema, dict):
        if "properties" in schema:
            yield name, schema
        for key, item in schema.items():
            yield from objects(item, name if key in ("items", "anyOf") else key)
    elif isinstance(schema, list):
        for item in schema:
            yield from objects(item, name)


@pytest.mark.parametrize("format", reports.SCHEMAS)
def test_a_schema_of_ours_describes_every_property_and_is_closed(format):
    """A reader needs no other page; a key that nobody named is not let through."""
    schema = json.loads(reports.schema(format))
    jsonschema.Draft202012Validator.check_schema(schema)
    found = list(objects(schema))

    assert found
    assert [name for name, one in found if one.get("additionalProperties") is not False] == []
    assert [
        f"{name}.{key}"
        for name, one in found
        for key, item in one["properties"].items()
        if not item.get("description", "").endswith((".", "`."))
    ] == []


def test_a_schema_is_printed(tokparity):
    """Of json where no format is named."""
    ran = tokparity("report", "--schema")

    assert (ran.code, ran.out) == (0, reports.schema("json"))
    assert tokparity("report", "--schema", "--format", "gitlab").out == reports.schema("gitlab")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--schema", "--format", "sarif"), "no schema of format 'sarif' here; there is of"),
        (("--schema", "run.jsonl"), "takes no run file"),
        (("--format", "json"), "name a run file"),
    ],
)
def test_a_schema_that_cannot_be_meant_is_a_usage_error(tokparity, words, says):
    """In words."""
    ran = tokparity("report", *words)

    assert ran.code == 2
    assert says in ran.err


def test_an_unknown_schema_is_refused():
    """With those that there are."""
    with pytest.raises(UsageError, match="there is of badge, gitlab, json"):
        reports.schema("html")
