"""Environments with other versions of a library, made by pip and used by `python=`."""

import io
import json
import re
import shutil
import sys
import zipfile
from pathlib import Path

import pytest
import tokenizers
from rich.console import Console

from parity import backends, environments, fingerprint
from parity.errors import Inconclusive, UsageError
from parity.remote.isolated import ENVIRONMENTS, RECORD

MODEL = "hf:tiny:byte-bpe-600"


def wheel(folder, name, version):
    """Write a wheel of a package that holds one empty module."""
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as out:
        out.writestr(f"{name}.py", "")
        about = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        out.writestr(f"{info}/METADATA", about)
        tags = "Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        out.writestr(f"{info}/WHEEL", tags)
        names = (f"{name}.py", f"{info}/METADATA", f"{info}/WHEEL", f"{info}/RECORD")
        out.writestr(f"{info}/RECORD", "".join(f"{path},,\n" for path in names))


@pytest.fixture
def place(tmp_path, monkeypatch):
    """An empty folder, and pip that finds three packages in another one and nothing elsewhere."""
    here, links = tmp_path / "here", tmp_path / "links"
    here.mkdir()
    links.mkdir()
    for name, version in (("orjson", "1.0"), ("regex", "1.0"), ("old_library", "0.1")):
        wheel(links, name, version)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(links))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.chdir(here)
    return here


@pytest.fixture
def console():
    return Console(record=True, width=200, file=io.StringIO())


def test_an_environment_is_made_listed_and_removed(place, console):
    assert environments.create("old", ["old-library==0.1"], "", console) == 0
    record = json.loads((place / ENVIRONMENTS / "old" / RECORD).read_text())
    environments.listed(console)
    with pytest.raises(UsageError, match="is there already"):
        environments.create("old", ["old-library==0.1"], "", console)
    environments.remove("old", console)

    assert record["requirements"] == ["old-library==0.1"]
    assert {"orjson", "regex"} <= {one["name"] for one in record["packages"]}
    assert not (place / ENVIRONMENTS / "old").exists()
    said = console.export_text()
    assert re.search(r"python=env:old is old.library 0\.1", said)
    assert re.search(r"(?m)^env:old  old.library 0\.1$", said)


def test_what_pip_cannot_install_leaves_nothing(place, console):
    with pytest.raises(Inconclusive, match="No matching distribution found for old-library==9"):
        environments.create("old", ["old-library==9"], "", console)

    assert not (place / ENVIRONMENTS / "old").exists()


@pytest.mark.parametrize("name", ["../x", "", ".hidden", "a/b"])
def test_a_name_is_no_path(name, console):
    with pytest.raises(UsageError):
        environments.create(name, ["x"], "", console)
    with pytest.raises(UsageError):
        environments.remove(name, console)


def test_one_that_is_not_whole_is_told(place, console):
    (place / ENVIRONMENTS / "half").mkdir(parents=True)
    environments.listed(console)

    assert "env:half  not whole" in console.export_text()


@pytest.fixture
def old(tmp_path):
    """An interpreter whose one package is tokenizers, as an older version."""
    site = tmp_path / "old" / "lib" / f"python3.{sys.version_info.minor}" / "site-packages"
    site.mkdir(parents=True)
    (tmp_path / "old" / "bin").mkdir()
    home = Path(sys.base_prefix, "bin")
    text = f"home = {home}\ninclude-system-site-packages = false\n"
    (tmp_path / "old" / "pyvenv.cfg").write_text(text)
    (tmp_path / "old" / "bin" / "python").symlink_to(Path(sys.executable).resolve())
    shutil.copytree(Path(tokenizers.__file__).parent, site / "tokenizers")
    info = site / "tokenizers-0.0.1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: tokenizers\nVersion: 0.0.1\n")
    return tmp_path / "old"


def test_another_interpreter_has_its_own_library_and_is_lent_our_tools(old):
    """It has neither orjson nor regex nor us, and another tokenizers than the one here."""
    there = backends.load(f"{MODEL},python={old}")
    mark = fingerprint.take("x", there)
    found = there.encode("h\u00e9")
    there.close()

    assert mark.packages == {"tokenizers": "0.0.1"}
    assert found == backends.load(MODEL).encode("h\u00e9")


def test_what_is_missing_there_is_not_taken_from_here(old):
    """A library of ours in its place would be the comparison of a thing with itself."""
    site = next(old.glob("lib/*/site-packages"))
    shutil.rmtree(site / "tokenizers")

    with pytest.raises(Inconclusive, match="needs the package tokenizers"):
        backends.load(f"{MODEL},python={old}")


def test_a_search_path_of_ours_does_not_lead_there(old, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(Path(tokenizers.__file__).parent.parent))
    there = backends.load(f"{MODEL},python={old}")
    mark = fingerprint.take("x", there)
    there.close()

    assert mark.packages == {"tokenizers": "0.0.1"}
