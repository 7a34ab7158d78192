"""The matrix of template engines: what is kept in git is what is found, and it can fail."""

import json
from pathlib import Path

import pytest

from parity import matrix, matrix_shown, renderers
from parity.cli import cli
from parity.errors import GoldenError, Inconclusive, UsageError
from parity.matrix import Cell, Finding, Matrix

ROOT = Path(__file__).parent.parent
KEPT = ROOT / "golden" / "matrix"
FOUND = Finding(
    "toy", "", "templates/x-0", "filter:int", "template line 1", {"source": "{{ `x`|int }}",
    "variables": {}}, '"0"', "RenderFailed",
)  # fmt: skip


def kept(engine):
    """The findings that are kept of an engine, and its versions."""
    head, *rows = map(json.loads, matrix.kept(KEPT, engine).read_text().splitlines())
    return head["versions"], rows


@pytest.mark.parametrize("engine", matrix.ENGINES)
def test_the_constructs_of_an_engine_are_what_is_kept(engine):
    """Each cause, smallest template and answer; of the version with which they were recorded."""
    reason = renderers.missing(*matrix.NEEDS.get(engine, ("jinja", "")))
    if reason:
        pytest.skip(reason)
    found = matrix.build({}, [engine])
    versions, rows = kept(engine)
    if found.versions[engine] != versions:
        pytest.skip(f"it was recorded with {versions}, this is {found.versions[engine]}")

    now = [json.loads(json.dumps(one._asdict())) for one in found.findings]
    assert now == [row for row in rows if not row["template"]]


def test_every_engine_is_kept():
    """And nothing else."""
    names = {path.stem for path in KEPT.glob("*.jsonl")}

    assert names == set(matrix.ENGINES)


def test_our_setting_of_jinja_is_transformers():
    """In every construct and in all styles."""
    assert kept("jinja")[1] == []


def test_the_document_is_that_of_what_is_kept():
    """Each cause of each engine has its row, with the number of its cases."""
    page = (ROOT / "docs" / "template-matrix.md").read_text(encoding="utf-8")
    for engine in matrix.ENGINES:
        _, rows = kept(engine)
        part = page.partition(f"## What differs in {engine}\n")[2].partition("\n## ")[0]
        for cause in {row["cause"] for row in rows}:
            count = sum(row["cause"] == cause for row in rows)
            assert f"`{cause}` | {count} |" in part


def toy(differ=1):
    """A matrix of one engine."""
    cells = {("toy", "template.filter"): Cell(3, differ)}
    return Matrix(
        ["toy"], cells, {}, [FOUND] * differ, {"toy": {"version.toy": "1"}}, {"odd": "no"}
    )


def test_the_document_tells_cells_causes_and_who_is_left_out():
    """A backtick and a bar in an example break no table."""
    text = "".join(matrix_shown.document(toy()))

    assert "| template.filter | 3 | **1** |" in text
    assert (
        '| `filter:int` | 1 | ``"{{ `x`\\|int }}"`` | `"0"` | `RenderFailed` | constructs |' in text
    )
    assert "Not compared: odd: no" in text
    assert "toy 1" in text


def test_what_is_the_same_is_told_so():
    """An engine without findings."""
    text = "".join(matrix_shown.document(toy(0)))

    assert "| template.filter | 3 | = |" in text
    assert "Nothing." in text


def test_findings_are_kept_and_compared(tmp_path):
    """Written once; another finding is a change; what was never written is missing."""
    with pytest.raises(GoldenError, match=r"toy\.jsonl is missing: record it with --update"):
        matrix_shown._kept(toy(), tmp_path / "new", "toy", update=False)
    matrix_shown._kept(toy(), tmp_path / "new", "toy", update=True)

    assert matrix_shown._kept(toy(), tmp_path / "new", "toy", update=False)
    assert not matrix_shown._kept(toy(0), tmp_path / "new", "toy", update=False)


def test_a_matrix_of_no_engine_proves_nothing(monkeypatch):
    """Whatever the reason."""
    monkeypatch.setattr(renderers, "missing", lambda *_: "it is not here")

    with pytest.raises(Inconclusive, match="no engine is here: it is not here"):
        matrix.build({}, ["minijinja"])


def test_a_canary_that_survives_stops_the_matrix(monkeypatch):
    """Nothing could be believed."""
    monkeypatch.setattr(matrix.canary, "release", lambda: matrix.canary.Canaries(1, ("escapes",)))

    with pytest.raises(Inconclusive, match="'escapes' survived"):
        matrix.build({}, ["jinja"])


def test_templates_are_the_folders_that_have_one(tmp_path):
    """By the names of the folders; none is a mistake."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    with pytest.raises(UsageError, match=r"no folder in .* has a chat template"):
        matrix_shown.targets(tmp_path)
    (tmp_path / "b" / "chat_template.jinja").write_text("x")

    assert matrix_shown.targets(tmp_path) == {"b": str(tmp_path / "b")}
    with pytest.raises(UsageError, match="is no folder"):
        matrix_shown.targets(tmp_path / "c")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["--engine", "odd"], "no engine 'odd'; known: jinja"), (["--update"], "--golden FOLDER")],
)
def test_what_cannot_be_meant_is_refused(arguments, said):
    """Before anything is rendered."""
    with pytest.raises(Exception, match=said):
        cli.main(["matrix", "templates", *arguments], standalone_mode=False)


def test_findings_are_not_written_in_ci(monkeypatch, tmp_path):
    """As no golden is."""
    monkeypatch.setenv("CI", "true")

    with pytest.raises(GoldenError, match="CI is set"):
        cli.main(
            ["matrix", "templates", "--golden", str(tmp_path), "--update"], standalone_mode=False
        )
