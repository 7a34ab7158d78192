"""Reports are a table of formats, and written whole or not at all."""

import pytest

from parity import reports
from parity.errors import EvidenceLost, UsageError


@pytest.mark.parametrize("name", reports.FORMATS)
def test_every_format_ends_with_one_newline(diverging, name):
    """A file of text."""
    text = reports.render(name, diverging)

    assert text.endswith("\n")
    assert not text.endswith("\n\n")


def test_an_unknown_format_is_refused(diverging):
    """With those that are known."""
    with pytest.raises(UsageError, match="no report format 'pdf'; known: badge, github, "):
        reports.render("pdf", diverging)


def test_a_report_that_cannot_be_written_keeps_the_one_that_was_there(
    diverging, tmp_path, monkeypatch
):
    """And leaves nothing beside it."""
    path = tmp_path / "out" / "a.json"
    reports.write("json", diverging, path)
    before = path.read_bytes()

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(EvidenceLost, match="the report cannot be written: No space left"):
        reports.write("json", diverging._replace(footer={}), path)
    assert [file.read_bytes() for file in path.parent.iterdir()] == [before]
