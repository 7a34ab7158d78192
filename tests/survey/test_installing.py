"""Where implementations run: the table is true, and what is not here is said."""

import json
import subprocess

import pytest

from parity import backends, environments
from parity.errors import BadSpec, Inconclusive, UsageError
from parity.remote.isolated import ENVIRONMENTS, RECORD
from parity.survey import installing
from parity.survey.installing import Place, place
from parity.survey.tables import MERGES, Implementation, implementations, vocabularies

ROW = Implementation("odd", "Rust", "hf:{}", ("odd-library==1.0",))
HERE = Implementation("here", "Rust", "hf:{}", ("tokenizers==0.0",))


def where(one, *, install=False):
    return place(one, install=install, told=lambda _: None)


def environment(name, requirements, folder):
    """What `tokparity env create` leaves behind."""
    made = folder / ENVIRONMENTS / name
    made.mkdir(parents=True)
    (made / RECORD).write_text(json.dumps({"requirements": requirements, "packages": []}))


def test_the_table_has_enough_of_every_sort_and_every_kind_is_known():
    """At least fifteen implementations in five languages, pinned, of kinds that are there."""
    rows = implementations()
    kinds = {known.kind for known in backends.known()}

    assert len(rows) >= 15
    assert len({row.language for row in rows}) >= 5
    assert [row.name for row in rows if row.kind not in kinds] == []
    assert all("==" in text for row in rows for text in row.pip)
    assert all(set(row.make) & {"npm", "{python}"} for row in rows if row.make)


def test_the_vocabularies_that_come_along_are_ten_at_least():
    """Those that are not installed are named too."""
    found, missing = vocabularies()

    assert len(found) + len(missing) >= 10


def test_the_merges_alone_are_a_vocabulary_that_cuts_changes_and_adds_nothing(here):
    """It is made in this folder, the same each time, and tokenizers reads it."""
    (one,), _ = vocabularies(["merges"])
    first = (here / one.target / "tokenizer.json").read_bytes()
    native = backends.load(f"hf:{one.target}")

    assert vocabularies([MERGES])[0] == [one]
    assert (here / one.target / "tokenizer.json").read_bytes() == first
    assert native.vocabulary().added == {}
    assert native.encode("a  b\n", "template") == native.encode("a  b\n", "plain")


def test_a_folder_of_vocabularies_is_each_of_them(tmp_path):
    """By the names of the folders; two of one name are refused."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "tokenizer.json").write_text("{}")
    (tmp_path / "three" / "two").mkdir(parents=True)
    (tmp_path / "three" / "two" / "tokenizer.json").write_text("{}")

    assert [one.name for one in vocabularies([str(tmp_path)])[0]] == ["one", "two"]
    with pytest.raises(BadSpec, match="two vocabularies are called 'two'"):
        vocabularies([str(tmp_path), str(tmp_path / "three")])
    with pytest.raises(BadSpec, match="there is no folder with a"):
        vocabularies([str(tmp_path / "four")])


def test_an_unknown_implementation_is_refused():
    """With those that are known."""
    with pytest.raises(UsageError, match="no implementation 'odd' in the matrix"):
        implementations(["odd"])


def test_an_environment_that_is_whole_stands_before_what_is_here(tmp_path, monkeypatch):
    """One that was made of something else is used by nobody, and kept."""
    monkeypatch.chdir(tmp_path)
    missing = where(ROW)
    environment("odd", ["odd-library==1.0"], tmp_path)
    environment("here", ["tokenizers==9"], tmp_path)

    assert missing == Place(missing="pip install odd-library==1.0")
    assert where(ROW).options == f"python=env:odd,timeout={installing.SECONDS}"
    assert where(HERE).missing == "pip install tokenizers==0.0"
    assert "tokparity env remove here" in where(HERE, install=True).missing


def test_what_cannot_be_installed_is_told_and_stops_nobody(tmp_path, monkeypatch):
    """With what pip said."""
    monkeypatch.chdir(tmp_path)

    def create(*_):
        raise Inconclusive("pip install failed:\nno such version")

    monkeypatch.setattr(environments, "create", create)

    assert where(ROW, install=True).missing.endswith("no such version")


def test_a_program_is_made_once_and_by_its_command(tmp_path, monkeypatch):
    """Where that is not wanted, or fails, it is told."""
    monkeypatch.chdir(tmp_path)
    row = Implementation(
        "made", "Zig", "command:./made,model={}", make=("cp", "/bin/true", "made"), made="made"
    )
    told = where(row).missing
    failed = where(row._replace(make=("false",)), install=True).missing
    done = where(row, install=True)

    assert told == "made is not here; --install makes it"
    assert failed.startswith("false does not make it")
    assert done == Place(f"timeout={installing.SECONDS}") == where(row)
    assert subprocess.run(["./made"], check=False).returncode == 0
