"""The registry: a spec names one backend or says why not, and nothing falls back to another."""

import subprocess
import sys

import pytest

from parity import backends
from parity.backends import Spec, known, load, read_spec
from parity.errors import BadSpec, LoadFailed, MissingPackage, Refused, UnknownBackend

MODULES = {
    "leaves": "raise SystemExit(0)",
    "breaks": "def make(): raise OSError('no GPU')",
    "exits": "def make(): raise SystemExit(0)",
    "panics": "class Panic(BaseException): pass\ndef make(): raise Panic('core dumped')",
}


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("hf:a", Spec("hf", "a", {})),
        ("hf:", Spec("hf", "", {})),
        ("hf:C:\\a,b", Spec("hf", "C:\\a,b", {})),
        ("hf:a,b,c=d=e,f=", Spec("hf", "a,b", {"c": "d=e", "f": ""})),
        ("mock:x,of=hf:tiny:a", Spec("mock", "x", {"of": "hf:tiny:a"})),
    ],
)
def test_a_spec_is_taken_apart(text, spec):
    """Only `,name=` starts an option; everything else is the target."""
    assert read_spec(text) == spec


@pytest.mark.parametrize("text", ["", "hf", ":x", "hf:a,b=1,b=2"])
def test_a_spec_that_cannot_be_meant_is_refused(text):
    """Nothing is guessed."""
    with pytest.raises(BadSpec):
        read_spec(text)


@pytest.mark.parametrize(
    "kind", ["hff", "HF", "_faults", "__init__", "../run", "/etc/passwd", "h f"]
)
def test_an_unknown_kind_names_those_that_are_known(kind):
    """It never becomes another backend."""
    with pytest.raises(
        UnknownBackend,
        match=r"known: .*hf, .*jinja, .*minijinja, .*mock, .*tiktoken, .*transformers",
    ):
        load(f"{kind}:x")


@pytest.mark.parametrize("text", ["hf:tiny:byte-bpe-600,use=x", "mock:honest,off=x"])
def test_an_unknown_option_is_refused(text):
    """A misspelt option that is dropped would compare something else."""
    with pytest.raises(BadSpec, match=r"has no option .*; known: "):
        load(text)


def test_a_missing_package_is_named_with_its_extra(monkeypatch):
    """It is inconclusive, not a skip."""
    monkeypatch.delitem(sys.modules, "parity.backends.tiktoken", raising=False)
    monkeypatch.setitem(sys.modules, "tiktoken", None)

    with pytest.raises(MissingPackage, match=r"pip install 'tokparity\[tiktoken\]'") as caught:
        load("tiktoken:x")
    assert caught.value.exit_code == 3


def test_a_broken_package_is_a_failed_load(monkeypatch):
    """An extension that cannot be linked is no bug of ours."""

    def broken(_):
        raise ImportError("libx.so.1: cannot open shared object file", name="tiktoken")

    monkeypatch.setattr(backends.importlib, "import_module", broken)

    with pytest.raises(LoadFailed, match=r"'tiktoken' cannot be imported: libx\.so\.1"):
        load("tiktoken:x")


UNFIT = {
    "hf": ("tokenizer.json", '{"model": {"type": "NoSuchModel"}}'),
    "transformers": ("tokenizer.json", '{"model": {"type": "NoSuchModel"}}'),
    "tiktoken": (
        "tiktoken.json", '{"ranks": "tiktoken.json", "pattern": "x", "special_tokens": {}}',
    ),
    "mistral_common": ("tekken.json", '{"config": {"version": "v3"}, "vocab": []}'),
}  # fmt: skip


@pytest.mark.parametrize("kind", UNFIT)
def test_a_file_that_its_library_does_not_take_is_refused(tmp_path, kind):
    """An outcome of its own, in the library's own words."""
    pytest.importorskip({"hf": "tokenizers"}.get(kind, kind))
    name, content = UNFIT[kind]
    (tmp_path / name).write_text(content)

    with pytest.raises(Refused, match=f"refuses {tmp_path}.*; its library says "):
        load(f"{kind}:{tmp_path}")


@pytest.mark.parametrize("name", MODULES)
def test_whatever_a_backend_does_while_it_loads_is_a_failed_load(tmp_path, monkeypatch, name):
    """A library that exits with success cannot end the run with success."""
    module = f"backend_that_{name}"
    (tmp_path / f"{module}.py").write_text(MODULES[name])
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", sys.path[:])

    with pytest.raises(LoadFailed):
        load(f"py:{module}:make")


def test_a_user_who_interrupts_is_obeyed(monkeypatch):
    """An interruption is no failure of a backend."""

    def make(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(backends, "_maker", lambda *_: make)

    with pytest.raises(KeyboardInterrupt):
        load("hf:x")


def test_every_file_is_a_kind_with_a_summary():
    """The folder is the registry."""
    kinds = {row.kind: row for row in known() if row.origin == "tokparity"}

    assert {"hf", "mock", "py", "reference", "tiktoken", "transformers"} <= set(kinds)
    assert all(row.summary.endswith(".") or row.summary for row in kinds.values())
    assert kinds["transformers"].needs == ("transformers",)


def test_knowing_the_kinds_imports_none_of_their_libraries():
    """The list of backends is there at once, and for somebody who has none of them."""
    code = (
        "import sys; from parity.backends import known; known();"
        "print({'tokenizers', 'tiktoken', 'transformers'} & set(sys.modules))"
    )
    command = [sys.executable, "-c", code]

    assert subprocess.run(command, check=True, capture_output=True).stdout == b"set()\n"  # noqa: S603


def test_a_backend_knows_the_spec_that_it_was_loaded_from():
    """So that another like it can be loaded, in this process or elsewhere."""
    text = "mock:drops_last_id,of=hf:tiny:byte-bpe-600"
    backend = backends.load(text)

    assert (backend.spec, backend.inner.spec) == (text, "hf:tiny:byte-bpe-600")
