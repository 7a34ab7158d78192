"""Fingerprints: two names for one thing are seen, and so is one name for another thing."""

import ctypes
import functools
import shutil
import subprocess
import sys
import textwrap
from unittest import mock

import pytest
import tokenizers

from parity import artefact, fingerprint
from parity.backend import Backend, Identity
from parity.backends import load
from parity.backends.mock import Honest
from parity.errors import LoadFailed, NotWhatWasAsked, SelfComparison
from parity.reference.tokenizer import Tokenizer as ReferenceTokenizer

TINY = "tiny:byte-bpe-600"
HF = f"hf:{TINY}"


def take(spec):
    """The fingerprint of what a spec loads."""
    return fingerprint.take(spec, load(spec))


def copied(folder, name="tiny"):
    """The tiny tokenizer in another place."""
    return shutil.copytree(artefact.resolve(TINY), folder / name)


def alias():
    """Somebody's own name for the hf backend."""
    return load(HF)


class Shim:
    """Looks like `tokenizers.Tokenizer` and is something else."""

    def __init__(self, inner):
        self.inner = inner

    @classmethod
    def from_file(cls, path):
        return cls(tokenizers.Encoding if path is None else path)


class Impostor(Shim):
    """The same, and it claims the other's name."""

    __module__ = "tokenizers"
    __qualname__ = "Tokenizer"


def another(*_args, **_kwargs):
    """In the place of a method."""


def wrapping(method):
    """A patch with good manners: it carries the name and `__wrapped__` of what it replaces."""

    @functools.wraps(method)
    def wrapper(*args, **options):
        return method(*args, **options)

    return wrapper


def counting(method):
    """A patch by a callable object."""
    return functools.partial(another, method)


def instancemethod(function):
    """What pybind11 wraps a method in: Python itself has no way to make one."""
    make = ctypes.pythonapi.PyInstanceMethod_New
    make.restype, make.argtypes = ctypes.py_object, [ctypes.py_object]
    return make(function)


PATCHES = {
    "a function": lambda _: another,
    "a wrapper that names what it wraps": wrapping,
    "a partial": counting,
    "a mock": lambda _: mock.MagicMock(),
    "a mock with the right signature": mock.create_autospec,
    "a static method": lambda _: staticmethod(another),
    "a class method": lambda _: classmethod(another),
    "a property": lambda _: property(another),
    "what pybind11 wraps a method in": lambda _: instancemethod(another),
}


@pytest.fixture
def module(tmp_path, monkeypatch):
    """The `py:` backend finds this module's alias."""
    (tmp_path / "my_alias_of_hf.py").write_text(
        f"from parity.backends import load\ndef make(): return load({HF!r})\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", sys.path[:])
    yield "py:my_alias_of_hf:make"
    sys.modules.pop("my_alias_of_hf", None)


def test_one_spec_twice_is_refused():
    """Comparing a thing with itself proves nothing."""
    with pytest.raises(SelfComparison, match="one and the same"):
        fingerprint.refuse_equal(take(HF), take(HF))


def test_a_copied_folder_is_the_same_thing(tmp_path):
    """Digests decide, not paths."""
    with pytest.raises(SelfComparison):
        fingerprint.refuse_equal(take(HF), take(f"hf:{copied(tmp_path)}"))


def test_an_alias_is_the_same_thing(module):
    """What does the work decides, not the kind that names it."""
    with pytest.raises(SelfComparison):
        fingerprint.refuse_equal(take(HF), take(module))


def test_the_honest_mock_twice_is_refused():
    """A fake has an identity too."""
    with pytest.raises(SelfComparison):
        fingerprint.refuse_equal(take("mock:honest"), take("mock:honest"))


@pytest.mark.parametrize(
    "other",
    [
        "hf:tiny:byte-bpe-4096",
        f"transformers:{TINY}",
        f"reference:{TINY}",
        f"mock:drops_last_id,of={HF}",
    ],
)
def test_two_things_may_be_compared(other):
    """Another file, another library, another loader or a fault on top."""
    assert fingerprint.refuse_equal(take(HF), take(other)) is None


def test_a_changed_artefact_is_visible(tmp_path):
    """A file that is replaced between two looks has two digests."""
    folder = copied(tmp_path)
    backend = load(f"hf:{folder}")
    before = fingerprint.take("a", backend)
    with (folder / "tokenizer.json").open("ab") as file:
        file.write(b"\n")

    assert fingerprint.take("a", backend).artefacts != before.artefacts


def test_an_artefact_that_is_gone_is_an_error(tmp_path):
    """What was compared cannot be named any more."""
    folder = copied(tmp_path)
    backend = load(f"hf:{folder}")
    shutil.rmtree(folder)

    with pytest.raises(LoadFailed, match="cannot be read any more"):
        fingerprint.take("a", backend)


def test_two_artefacts_of_one_name_are_both_there(tmp_path):
    """Neither digest hides the other."""
    names = []
    for content in (b"1", b"2"):
        (tmp_path / content.decode()).mkdir()
        names.append(tmp_path / content.decode() / "same.json")
        names[-1].write_bytes(content)

    class Two(Backend):
        def identity(self):
            return Identity(self, artefacts=[str(name) for name in names])

    assert len(fingerprint.take("two", Two()).artefacts) == 2


def test_a_compiled_class_is_known_by_its_extension_module():
    """Not by the Python file that imports it."""
    mark = take(HF)

    assert mark.file.startswith("tokenizers.")
    assert mark.file_sha256
    assert mark.packages["tokenizers"] == tokenizers.__version__


@pytest.mark.parametrize("shim", [Shim, Impostor])
def test_a_replaced_class_is_not_what_was_asked(monkeypatch, shim):
    """As a fast tokenizer does it that patches another's class for the whole process."""
    monkeypatch.setattr(tokenizers, "Tokenizer", shim)

    with pytest.raises(NotWhatWasAsked, match=r"was to run on tokenizers|was replaced"):
        take(HF)


@pytest.mark.parametrize("patch", PATCHES.values(), ids=PATCHES)
@pytest.mark.parametrize(
    ("spec", "owner", "method"),
    [
        (HF, tokenizers.Tokenizer, "encode"),
        (f"reference:{TINY}", ReferenceTokenizer, "encode"),
        ("mock:honest", Honest, "encode"),
        ("mock:honest", Honest, "encode_batch"),
        ("mock:drops_last_id", Honest, "decode"),
    ],
)
def test_a_replaced_method_is_not_what_was_asked(monkeypatch, spec, owner, method, patch):
    """Compiled classes can be patched as easily as those in Python."""
    backend = load(spec)
    monkeypatch.setattr(owner, method, patch(getattr(owner, method)))

    with pytest.raises(NotWhatWasAsked, match=f"{method} was replaced"):
        fingerprint.take(spec, backend)


def test_a_method_of_one_object_is_seen_too():
    """A patch need not touch the class."""
    backend = load(f"reference:{TINY}")
    backend.tokenizer.encode = another

    with pytest.raises(NotWhatWasAsked, match="'encode' of this Tokenizer was replaced"):
        fingerprint.take("a", backend)


def test_a_patch_of_a_parent_class_is_seen(monkeypatch):
    """Inherited methods are part of what runs."""

    class Child(Honest):
        pass

    Child.__module__ = "parity.backends.mock"
    monkeypatch.setattr(Honest, "decode", another)

    with pytest.raises(NotWhatWasAsked, match=r"Honest\.decode was replaced"):
        fingerprint.take("a", Child())


@pytest.mark.parametrize("spec", [HF, f"transformers:{TINY}", f"reference:{TINY}", "mock:honest"])
def test_what_nobody_patched_is_taken(spec):
    """No false alarm: an honest process has its fingerprints."""
    assert take(spec).native


def test_another_process_takes_the_same_fingerprint():
    """So the sides of a pair may live in two processes and still be told apart."""
    code = f"""
        from parity import backends, fingerprint
        print(fingerprint.take({HF!r}, backends.load({HF!r})).essence())
    """
    command = [sys.executable, "-c", textwrap.dedent(code)]
    other = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603

    assert other.stdout.strip() == str(take(HF).essence())
