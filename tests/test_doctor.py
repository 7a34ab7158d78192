"""The doctor: each thing that can be wrong is a line with how to mend it, and never the end."""

import importlib.metadata
import json
import re
import subprocess
import sys

import pytest

from parity import doctor
from parity.doctor import installed, kept, sides

EXPIRED = """
[[expected]]
pair = "toy"
check = "ids"
select = "id:*"
reason = "r"
expires = 2020-01-01
"""
DIES = """
import os
from parity.backends.mock import Honest

def at_load():
    os._exit(3)

def says():
    print("noise " * 9999)
    return Honest()
"""


def notes(ran):
    """What `--json` printed, by (section, name)."""
    document = json.loads(ran.out)
    assert document["exit"] == ran.code
    return {(row["section"], row["name"]): row for row in document["notes"]}


def test_an_empty_folder_is_well(tokparity):
    """Nothing is there that could be broken; what to begin with is said."""
    ran = tokparity("doctor")

    assert ran.code == 0
    assert "[ok]   plan: none here" in ran.out
    assert "-> tokparity init --from hf:DIR" in ran.out
    assert re.search(r"^\d+ ok, \d+ warn, 0 FAIL$", ran.out, re.MULTILINE)


def test_the_json_has_one_shape(project, tokparity):
    """A list of notes, each with the same keys, and the exit code."""
    project.plan({"candidate": "hf:nowhere"})
    document = json.loads(tokparity("doctor", "--json").out)

    assert list(document) == ["schema", "exit", "notes"]
    assert (document["schema"], document["exit"]) == (1, 1)
    assert {tuple(row) for row in document["notes"]} == {
        ("section", "state", "name", "text", "mend")
    }
    assert {row["state"] for row in document["notes"]} <= {"ok", "warn", "FAIL"}
    assert all(isinstance(text, str) for row in document["notes"] for text in row.values())


def test_versions_are_told(tokparity):
    """Of us, Python, its Unicode, the plugin, and what decides answers."""
    found = notes(tokparity("doctor", "--json"))

    for name in ("tokparity", "Python", "platform", "Unicode of this Python", "tokenizers",
                 "orjson", "transformers", "torch", "pytest", "syrupy", "hypothesis"):  # fmt: skip
        assert found["versions", name]["state"] == "ok", name
    assert "active" in found["versions", "pytest plugin"]["text"]
    assert found["versions", "tokenizers"]["text"] == importlib.metadata.version("tokenizers")


def test_each_side_is_what_it_really_is(project, tokparity):
    """Its class, digest, versions and Unicode tables, and that two state other ones."""
    project.plan({"reference": "hf:tiny:unigram", "candidate": "reference:tiny:unigram"})
    found = notes(tokparity("doctor", "--json"))
    one, two = (found["pair toy", side]["text"] for side in ("reference", "candidate"))

    assert one.startswith("hf:tiny:unigram, tokenizers.Tokenizer in tokenizers.")
    assert "unicode patterns 16" in one
    assert "tokenizer.json 013bad99" in two


PAIRS = {
    "no file": ({"candidate": "hf:nowhere"}, "candidate", "'nowhere' does not exist"),
    "unknown": ({"candidate": "py:mine:Nobody"}, "candidate", "Nobody"),
    "exits": ({"candidate": "py:dies:at_load"}, "load", "its process ended, exit code 3"),
    "the same": ({"candidate": "mock:honest"}, "two sides", "one and the same"),
    "no identity": ({"candidate": "py:mine:HasNoIdentity"}, "candidate", "who am I"),
    "locked": ({"candidate": "py:mine:locked"}, "candidate", "the lock names another file"),
}


@pytest.mark.parametrize("case", PAIRS)
def test_a_side_that_cannot_be_had_is_a_line(project, tokparity, case):
    """And the pair after it has its own."""
    pair, name, said = PAIRS[case]
    project.file("dies.py", DIES)
    project.plan(pair, {"name": "next", "candidate": "py:dies:says"})
    ran = tokparity("doctor", "--json")
    found = notes(ran)

    assert ran.code == 1
    assert found["pair toy", name]["state"] == "FAIL"
    assert said in found["pair toy", name]["text"]
    assert found["pair toy", name]["mend"]
    assert found["pair next", "candidate"]["text"].startswith("py:dies:says, parity.backends.mock")


LIBRARY = '''
"""A library, and a backend on it."""
from parity.backend import Identity
import mine

class Tok:
    def encode(self):
        return 1

class OnIt(mine.Mine):
    def identity(self):
        return Identity(Tok(), origin="library")
'''
PATCHING = '''
"""A backend that makes another one's library its own."""
import library, mine

def make():
    library.Tok.encode = lambda self: 2
    return mine.Mine()
'''


def test_a_side_that_is_patched_is_a_line(project, tokparity):
    """By what the other one brings: both are loaded before either is looked at."""
    project.file("library/__init__.py", LIBRARY)
    project.file("patching.py", PATCHING)
    project.plan({"reference": "py:library:OnIt", "candidate": "py:patching:make"})
    found = notes(tokparity("doctor", "--json"))["pair toy", "reference"]

    assert found["state"] == "FAIL"
    assert "Tok.encode was replaced by" in found["text"]


def test_a_side_that_hangs_is_a_line(project, tokparity, monkeypatch):
    """After its time."""
    project.file("hangs.py", "import threading\ndef make():\n    threading.Event().wait()\n")
    project.plan({"candidate": "py:hangs:make"})
    monkeypatch.setattr(sides, "LIMIT", 4)
    found = notes(tokparity("doctor", "--json"))

    assert found["pair toy", "load"]["text"] == "it does not load in 4 seconds"


def test_a_self_check_may_be_one_thing_twice(project, tokparity):
    """It says that it is meant."""
    project.plan({"candidate": "mock:honest", "self_check": True})

    assert tokparity("doctor").code == 0


@pytest.mark.parametrize(("specs", "code"), [
    (["mock:honest"], 0), (["mock:honest", "py:mine:Mine"], 0), (["mock:honest", "mock:honest"], 1),
    (["hff:x"], 1), (["x"], 1), (["mock:honest", "mock:drops_last_id", "hf:nowhere"], 1),
])  # fmt: skip
def test_specs_can_be_named(project, tokparity, specs, code):
    """One or several, each alone; two of them as a pair."""
    project.file("mine.py", "")
    project.plan()

    assert tokparity("doctor", *specs).code == code


BROKEN = {
    "no toml": {"pyproject.toml": "[tool"},
    "no pair": {"pyproject.toml": "[tool.parity]\n"},
    "nearly": {"pyproject.toml": "[tool.partiy]\n"},
    "no text": {"pyproject.toml": b"\xff"},
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_plan_is_a_line_and_the_rest_is_told(project, tokparity, case):
    """Versions, backends and what is around do not hang upon it."""
    for name, content in BROKEN[case].items():
        project.file(name, content)
    ran = tokparity("doctor", "--json")
    found = notes(ran)

    assert ran.code == 1
    assert found["plan", "plan"]["state"] == "FAIL"
    assert "pyproject.toml" in found["plan", "plan"]["text"]
    assert {"versions", "here", "backends", "devices"} <= {section for section, _ in found}


def recorded(project, tokparity):
    """A plan with a golden of its two texts."""
    project.plan({"golden": ["ids"]})
    tokparity("golden", "update")
    return project.folder / "golden" / "toy" / "texts.ids.jsonl"


def test_goldens_that_are_well_are_counted(project, tokparity):
    """Without a run."""
    recorded(project, tokparity)
    ran = tokparity("doctor")

    assert ran.code == 0
    assert "[ok]   goldens: 1 of 1 can be read" in ran.out


def edited(data):
    """A value by hand."""
    return data.replace(b'"value": [', b'"value": [1, ')


def conflict(data):
    """A merge that nobody resolved."""
    return data + b"<<<<<<< HEAD\n"


def newer(data):
    """Of a schema that is not ours."""
    return re.sub(rb'^{"golden": \d+', b'{"golden": 99', data)


@pytest.mark.parametrize(("damage", "said"), [
    (edited, "was edited by hand"), (conflict, "a conflict of a merge is not resolved"),
    (newer, "schema"), (None, "texts.ids.jsonl"),
])  # fmt: skip
def test_a_golden_that_cannot_be_relied_upon_is_a_failure(project, tokparity, damage, said):
    """With its place: edited, in conflict, of another schema, gone."""
    path = recorded(project, tokparity)
    if damage:
        path.write_bytes(damage(path.read_bytes()))
    else:
        path.unlink()
    ran = tokparity("doctor", "--json")
    row = notes(ran)["goldens", "damaged" if damage else "missing"]

    assert (ran.code, row["state"]) == (1, "FAIL")
    assert said in row["text"]


def test_goldens_of_another_corpus_orphans_and_pending_ones_are_told(project, tokparity):
    """They can be as they are, for now."""
    path = recorded(project, tokparity)
    project.file("golden/gone/texts.ids.jsonl", path.read_bytes())
    project.file(".parity/pending/toy/texts.ids.jsonl", "{}\n")
    project.corpus("texts.jsonl", "abc", "d e", "more")
    ran = tokparity("doctor", "--json")
    found = notes(ran)

    assert ran.code == 0
    assert found["goldens", "moved"]["state"] == "warn"
    assert "golden/gone/texts.ids.jsonl" in found["goldens", "orphan"]["text"]
    assert found["goldens", "pending"]["mend"] == "tokparity review"


@pytest.mark.parametrize(("content", "name", "said"), [
    ("[[expected]", "ledger", "golden/expected.toml"),
    (EXPIRED, "expired", "expired on 2020-01-01: r"),
])  # fmt: skip
def test_a_ledger_that_does_not_hold_is_a_failure(project, tokparity, content, name, said):
    """Broken, or out of date."""
    project.plan()
    project.file("golden/expected.toml", content)
    ran = tokparity("doctor", "--json")
    row = notes(ran)["ledger", name]

    assert (ran.code, row["state"]) == (1, "FAIL")
    assert said in row["text"]


def test_the_newest_run_file_is_told(project, tokparity):
    """Whether it is whole."""
    project.plan()
    tokparity("run")
    whole = notes(tokparity("doctor", "--json"))["evidence", "run files"]
    (path,) = (project.folder / ".parity" / "runs").iterdir()
    path.write_bytes(path.read_bytes()[:-30])
    cut = notes(tokparity("doctor", "--json"))["evidence", "run files"]

    assert (whole["state"], cut["state"]) == ("ok", "warn")
    assert whole["text"].endswith(": whole, exact")


def test_a_place_that_cannot_be_written_is_a_failure(project, tokparity):
    """A file in the place of the folder: run files have none."""
    project.file(".parity", "")
    ran = tokparity("doctor", "--json")

    assert notes(ran)["here", ".parity"]["state"] == "FAIL"
    assert (project.folder / ".parity").read_bytes() == b""


def test_ci_and_git_are_told(project, tokparity, monkeypatch):
    """What is not written, and what goldens are kept in."""
    monkeypatch.setenv("CI", "1")
    (project.folder / ".git").mkdir()
    found = notes(tokparity("doctor", "--json"))
    monkeypatch.setattr(kept.shutil, "which", lambda _: None)

    assert found["here", "CI"]["text"].startswith("set: goldens")
    assert found["here", "git"]["state"] == "ok"
    assert [note.text for note in kept.surroundings()][-1].startswith("not installed")


def test_who_has_our_name_too_is_told(project, monkeypatch):
    """A distribution with our package, one with our script, and a folder that hides it."""
    project.file("parity/__init__.py", "")

    class Point:
        dist = type("Dist", (), {"name": "parity-ci"})

    monkeypatch.setattr(installed.metadata, "packages_distributions",
                        lambda: {"parity": ["tokparity", "parity"]})  # fmt: skip
    monkeypatch.setattr(installed.metadata, "files", lambda _: ["parity/__init__.py"])
    monkeypatch.setattr(installed.metadata, "entry_points", lambda **_: [Point])
    found = list(installed.names())

    assert [note.state for note in found] == ["FAIL", "warn", "FAIL", "ok"]
    assert "the distribution parity has a top-level package `parity` too" in found[0].text
    assert found[0].mend == "pip uninstall parity"
    assert found[3].text == "is a script of parity-ci; ours is `tokparity`"


@pytest.mark.parametrize(("variable", "value", "said"), [
    ("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1", "loads no plugin by itself"),
    ("PYTEST_ADDOPTS", "-p no:parity", "switches it off"),
])  # fmt: skip
def test_a_plugin_that_is_not_loaded_is_told(monkeypatch, variable, value, said):
    """`pytest -m parity` would collect nothing, and could look green."""
    monkeypatch.setenv(variable, value)
    (note,) = [note for note in installed.versions() if note.name == "pytest plugin"]

    assert note.state == "warn"
    assert said in note.text


def test_what_is_missing_comes_with_how_to_get_it(monkeypatch):
    """A library that only some need, and one without which nothing runs."""
    monkeypatch.setattr(installed, "_version", lambda _: "")
    found = {note.name: note for note in installed.versions()}
    kinds = {note.name: note for note in installed.backends()}

    assert found["transformers"].mend == "pip install 'tokparity[transformers]'"
    assert (found["tokenizers"].state, found["tokenizers"].mend) == (
        "FAIL", "pip install tokenizers",
    )  # fmt: skip
    assert all(note.mend.startswith("pip install ") for name, note in kinds.items()
               if name != "ready" and note.mend)  # fmt: skip


def test_devices_are_looked_at_only_where_asked(project):
    """PyTorch takes seconds; without --devices neither it nor another backend is imported."""
    code = (
        "import sys\nfrom parity import cli\nsys.argv = ['tokparity', 'doctor', '--json']\n"
        "try:\n    cli.main()\nexcept SystemExit:\n    pass\n"
        "heavy = {'torch', 'transformers', 'tokenizers', 'numpy'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    command = [sys.executable, str(project.file("code.py", code))]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603

    assert done.stdout.splitlines()[-1] == "[]"
    assert '"not looked at"' in done.stdout


def test_devices_are_told_where_asked():
    """Or that there is no CUDA, and which torch says so."""
    note = installed.devices(look=True)

    assert note.state == "ok"
    assert re.match(r"cuda|cpu: no CUDA device \(torch ", note.text)


def test_the_mark_is_a_word(project, tokparity):
    """Colour is never the only sign."""
    project.plan({"candidate": "hf:nowhere"})
    ran = tokparity("doctor")

    assert "\x1b" not in ran.out
    assert "[FAIL] candidate: hf:nowhere: 'nowhere' does not exist" in " ".join(ran.out.split())


def test_it_changes_nothing(project, tokparity):
    """It only looks."""
    recorded(project, tokparity)
    before = {path: path.read_bytes() for path in project.folder.rglob("*") if path.is_file()}
    tokparity("doctor")

    assert {path: path.read_bytes() for path in project.folder.rglob("*")
            if path.is_file() and "__pycache__" not in path.parts} == before  # fmt: skip
    assert doctor.SCHEMA == 1
