"""`hf_shaped`: a library is driven by its shape, and shown as it is, wrong or not."""

import sys
from itertools import permutations
from types import ModuleType, SimpleNamespace

import pytest
from helpers import load

from parity import fingerprint
from parity.artefact import resolve
from parity.backends._ducks import in_code_points
from parity.errors import (
    BadSpec,
    LoadFailed,
    MissingPackage,
    Refused,
    SelfComparison,
    Unsupported,
)
from parity.fingerprint import refuse_equal, take
from parity.looks import batch_ids, batch_offsets, texts
from parity.types import AddedToken, Case

TINY = "tiny:byte-bpe-600"
FILE = resolve(TINY) / "tokenizer.json"


class Seen:
    """An encoding: the flags it was made with are its ids."""

    def __init__(self, text, flags):
        self.ids = [int(flag) for flag in flags.values()]
        self.offsets = [(0, len(text.encode()))]


class Honest:
    """Ids are the flags of the call, a text is the flag of the decode."""

    def __init__(self, given=""):
        self.given = given
        self.inside = SimpleNamespace(engine=Engine())

    def encode(self, text, **flags):
        return Seen(text, flags)

    def encode_batch(self, texts, **flags):
        return [Seen(text, {**flags, "in a batch": True}) for text in texts]

    def decode(self, ids, skip_special_tokens):
        return f"{ids} {skip_special_tokens}"

    def decode_batch(self, batch, skip_special_tokens):
        return [f"{ids} {skip_special_tokens} in a batch" for ids in batch]

    def decode_bytes(self, _):
        return b"a\xff"

    def as_transformers(self):
        return LikeTransformers()

    def cannot(self):
        raise ValueError("not this one")


class Engine:
    """What does the work."""


class HasNoDecodeBatch(Honest):
    """As some have it."""

    decode_batch = property()


class DropsOneOfABatch(Honest):
    """A result too few."""

    def encode_batch(self, texts, **flags):
        return super().encode_batch(texts, **flags)[1:]


class AddsOneToABatch(Honest):
    """A result too many."""

    def encode_batch(self, texts, **flags):
        return super().encode_batch([*texts, "more"], **flags)


class HasVocabulary(Honest):
    """As tokenizers has it."""

    def get_vocab(self):
        return {"a": 0, "<s>": 1}

    def get_added_tokens_decoder(self):
        return {1: SimpleNamespace(content="<s>", special=True, lstrip=False)}


class Refuses(Honest):
    """A loader that says no."""

    def __init__(self, _):
        raise ValueError("no merges")


class Panic(BaseException):
    """What compiled code raises where it panics."""


class Panics(Honest):
    """A loader that crashes."""

    def __init__(self, _):
        raise Panic("index out of bounds")


class WantsTwo(Honest):
    """A loader with another signature."""

    def __init__(self, given, more):
        pass


class LikeTransformers:
    """A call takes a list, `encode` gives ids."""

    added_tokens_decoder = {1: "<s>"}  # noqa: RUF012 (as they have it)

    def __init__(self, given=""):
        pass

    def __call__(self, texts, add_special_tokens):
        return {"input_ids": [[len(text), int(add_special_tokens)] for text in texts]}

    def encode(self, text, add_special_tokens):
        return [len(text), int(add_special_tokens)]

    def decode(self, ids, skip_special_tokens):
        return f"{ids} {skip_special_tokens}"

    def batch_decode(self, batch, skip_special_tokens):
        return [self.decode(ids, skip_special_tokens) for ids in batch]

    def get_vocab(self):
        return {"a": 0}


@pytest.fixture(autouse=True)
def ducks(monkeypatch):
    """A library, importable as `ducks`."""
    module = ModuleType("ducks")
    module.__file__ = __file__
    found = [one for one in globals().values() if isinstance(one, type)]
    module.__dict__.update({one.__name__: one for one in found}, number=3)
    monkeypatch.setitem(sys.modules, "ducks", module)


def duck(name, target=TINY, **options):
    """The backend of one of these."""
    more = "".join(f",{key}={value}" for key, value in options.items())
    return load(f"hf_shaped:{target},load=ducks:{name}{more}")


def cases(*payloads, kind="text", **options):
    """Cases of these payloads."""
    return [Case(f"t/c-{place}", kind, one, options) for place, one in enumerate(payloads)]


@pytest.mark.parametrize(
    ("specials", "ids"), [("parse", [0]), ("template", [1]), ("plain", [0, 1])]
)
def test_modes_are_the_flags_of_tokenizers(specials, ids):
    """`plain` splits special tokens; alone and in the batch call that the library has."""
    backend = duck("Honest", split="split_special_tokens")

    assert backend.encode("a", specials).ids == ids
    assert [one.ids for one in backend.encode_batch(["a"], specials)] == [[*ids, 1]]


@pytest.mark.parametrize(
    ("unit", "offsets"), [("none", None), ("code_points", [(0, 7)]), ("bytes", [(0, 4)])]
)
def test_offsets_are_in_code_points(unit, offsets):
    """Those that count bytes are converted, alone and in a batch; some have none."""
    backend = duck("Honest", offsets=unit)
    text = "a\u00e9\u4e2db"

    assert backend.encode(text).offsets == offsets
    if offsets:
        assert backend.encode_batch([text], offsets=True)[0].offsets == offsets


@pytest.mark.parametrize(
    ("text", "ranges", "found"),
    [
        ("ab", [(0, 1), (1, 2)], [(0, 1), (1, 2)]),
        ("\u00e9\u4e2d\U0001f600", [(0, 2), (2, 5), (5, 9)], [(0, 1), (1, 2), (2, 3)]),
        ("\u4e2d", [(0, 1), (1, 3)], [(0, 1), (0, 1)]),
        ("\u4e2d", [(0, 0), (3, 3)], [(0, 0), (1, 1)]),
        ("\u4e2d", [(-1, 0), (4, 9)], [(-1, 0), (2, 7)]),
        ("", [(0, 0), (0, 2)], [(0, 0), (0, 2)]),
    ],
)
def test_a_range_of_bytes_has_the_whole_of_each_character(text, ranges, found):
    """And what is beyond the text stays beyond it, to be seen."""
    assert in_code_points(text, ranges) == found


@pytest.mark.parametrize(
    ("name", "fault"), [("DropsOneOfABatch", "MissingOutput"), ("AddsOneToABatch", "ExtraOutput")]
)
@pytest.mark.parametrize("look", [batch_ids, batch_offsets])
def test_a_batch_of_another_length_is_caught(name, fault, look):
    """It is not filled up and not cut."""
    seen = look(duck(name, offsets="code_points"), cases("a", "b", "c"))

    assert fault in {one.failure.kind for one in seen if one.failure}


@pytest.mark.parametrize(
    ("name", "text"), [("Honest", "[1] False in a batch"), ("HasNoDecodeBatch", "[1] False")]
)
def test_batches_are_decoded_by_the_librarys_own_call(name, text):
    """Or one by one where it has none."""
    assert duck(name).decode_batch([[1]], skip_special=False) == [text]


@pytest.mark.parametrize(("text", "found"), [("replace", "a\ufffd"), ("bytes", b"a\xff")])
def test_another_method_may_decode(text, found):
    """To bytes, of which it is said what becomes of them; without a way to keep special tokens."""
    backend = duck("Honest", decode="decode_bytes", skip="none", text=text)

    assert [one.value for one in texts(backend, cases([1], kind="ids"))] == [found]
    with pytest.raises(Unsupported, match="keeps special tokens"):
        backend.decode([1], skip_special=False)


def test_transformers_shaped_takes_texts_by_a_call():
    """Modes are `add_special_tokens`; a batch of none asks nothing."""
    backend = duck("LikeTransformers", calls="transformers")

    assert backend.encode("ab", "template").ids == [2, 1]
    assert [one.ids for one in backend.encode_batch(["ab", ""])] == [[2, 0], [0, 0]]
    assert backend.encode_batch([]) == []
    assert backend.decode([1], skip_special=False) == "[1] False"
    assert backend.decode_batch([[1]]) == ["[1] True"]


def test_an_object_may_be_made_in_two_steps():
    """As of some by `as_hf()`."""
    backend = duck("Honest", then="as_transformers", calls="transformers")

    assert type(backend.native).__name__ == "LikeTransformers"


@pytest.mark.parametrize(
    ("reads", "target", "given"),
    [
        ("file", TINY, str(FILE)),
        ("file", str(FILE), str(FILE)),
        ("folder", TINY, str(FILE.parent)),
        ("folder", str(FILE), str(FILE.parent)),
        ("text", TINY, FILE.read_text(encoding="utf-8")),
    ],
)
def test_a_loader_is_given_what_it_reads(reads, target, given):
    """A path, a folder, or what is in the file."""
    assert duck("Honest", target, reads=reads).native.given == given


def test_another_file_than_a_tokenizer_json_can_be_read(tmp_path):
    """Nothing is known of it but its digest."""
    path = tmp_path / "x.model"
    path.write_bytes(b"\xff")
    backend = duck("Honest", path)

    assert fingerprint.take("x", backend).artefacts.keys() == {"x.model"}
    with pytest.raises(Unsupported, match="normal form"):
        backend.normal_form("a")
    with pytest.raises(BadSpec, match="not UTF-8 at byte 0"):
        duck("Honest", path, reads="text")


def test_what_the_file_declares_is_known():
    """Its normal form, and the token that ends a text, as of `hf`."""
    backend, hf = duck("Honest"), load(f"hf:{TINY}")

    assert backend.normal_form("e\u0301") == hf.normal_form("e\u0301")
    assert backend.eos() == duck("Honest", reads="folder").eos() == hf.eos()


def test_the_vocabulary_is_that_of_the_object():
    """By `get_vocab` and the table of added tokens; flags that it has not are None."""
    found = duck("HasVocabulary").vocabulary()

    assert found.tokens == {0: "a", 1: "<s>"}
    assert found.added == {1: AddedToken("<s>", special=True, lstrip=False)}
    assert found.declared == load(f"hf:{TINY}").vocabulary().declared


@pytest.mark.parametrize(
    ("name", "calls"), [("Honest", "tokenizers"), ("LikeTransformers", "transformers")]
)
def test_half_a_vocabulary_is_none(name, calls):
    """A table of names alone does not say which are special."""
    with pytest.raises(Unsupported, match="vocabulary"):
        duck(name, calls=calls).vocabulary()


@pytest.mark.parametrize("call", [lambda b: b.encode(b"a"), lambda b: b.encode_batch([b"a"])])
@pytest.mark.parametrize("name", ["tokenizers", "transformers"])
def test_bytes_are_unsupported(name, call):
    """None of these libraries takes them."""
    shape = {"tokenizers": "Honest", "transformers": "LikeTransformers"}[name]

    with pytest.raises(Unsupported, match="bytes"):
        call(duck(shape, calls=name))


@pytest.mark.parametrize("name", ["tokenizers", "transformers"])
def test_what_a_shape_lacks_is_unsupported(name):
    """A mode, and offsets whatever the texts: they are lacking, not failing."""
    backend = duck({"tokenizers": "Honest", "transformers": "LikeTransformers"}[name], calls=name)

    with pytest.raises(Unsupported, match="mode 'plain'"):
        backend.encode("a", "plain")
    with pytest.raises(Unsupported, match="mode 'plain'"):
        backend.encode_batch(["a"], "plain")
    with pytest.raises(Unsupported, match="offsets"):
        backend.encode_batch(["\ud800"], offsets=True)


def test_a_file_that_is_not_taken_is_refused():
    """In the library's own words."""
    with pytest.raises(Refused, match=r"ducks refuses .*; its library says ValueError: no merges"):
        duck("Refuses")
    with pytest.raises(Refused, match="not this one"):
        duck("Honest", then="cannot")


def test_a_panic_is_no_refusal():
    """It is a crash."""
    with pytest.raises(LoadFailed, match="Panic: index out of bounds"):
        duck("Panics")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"load": "ducks"}, "a dotted path"),
        ({"load": "ducks:Nobody"}, "has no 'Nobody'"),
        ({"load": "ducks:Honest.nothing"}, "has no 'nothing'"),
        ({"load": "ducks:number"}, "no function or class, but 3"),
        ({"load": "ducks:WantsTwo"}, "missing a required argument: 'more'"),
        ({"load": "ducks:Honest", "then": "nothing"}, "Honest has no such method"),
        ({"load": "ducks:Honest", "calls": "x"}, "calls is tokenizers, transformers, not 'x'"),
        ({"load": "ducks:Honest", "reads": "x"}, "reads is file, folder, text"),
        ({"load": "ducks:Honest", "text": "x"}, "text is replace, bytes"),
        ({"load": "ducks:Honest", "offsets": "utf-16"}, "offsets is none, code_points, bytes"),
        ({"load": "ducks:Honest", "offsets": "bytes", "calls": "transformers"}, "offsets is none,"),
        ({"load": "ducks:Honest", "inner": "a"}, "Honest has no 'a'"),
        ({"load": "ducks:Honest", "nothing": "a"}, "has no option 'nothing'"),
    ],
)
def test_what_cannot_be_meant_is_told(options, said):
    """It is no refusal of the library's."""
    more = "".join(f",{key}={value}" for key, value in options.items())

    with pytest.raises(BadSpec, match=said):
        load(f"hf_shaped:{TINY}{more}")


def test_a_library_that_is_missing_is_named_as_pip_names_it(tmp_path, monkeypatch):
    """Also where it lacks another, or is broken."""
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "needs_more.py").write_text("import nobody_has_this")
    (tmp_path / "is_broken.py").write_text("raise ImportError('libx.so.1: no such file')")

    with pytest.raises(MissingPackage, match="pip install nobody-has"):
        load(f"hf_shaped:{TINY},load=nobody_has.it:X,package=nobody-has")
    with pytest.raises(MissingPackage, match="pip install nobody_has_this"):
        load(f"hf_shaped:{TINY},load=needs_more:X")
    with pytest.raises(LoadFailed, match=r"is_broken cannot be imported: libx\.so\.1"):
        load(f"hf_shaped:{TINY},load=is_broken:X")


def test_it_is_known_by_the_object_and_by_what_is_not_as_usual():
    """Not by the adapter."""
    identity = duck("Honest", split="s", package="p").identity()

    assert type(identity.native) is Honest
    assert (identity.origin, list(identity.packages)) == ("ducks", ["p"])
    assert identity.facts == {"how.load": "ducks:Honest", "how.split": "s"}


def test_another_way_to_one_library_makes_no_other_side():
    """By its own adapter, by its shape, and by its shape in another way: it is one thing."""
    ways = [
        f"hf:{TINY}",
        f"hf_shaped:{TINY},load=tokenizers:Tokenizer.from_file",
        f"hf_shaped:{TINY},load=tokenizers:Tokenizer.from_str,reads=text",
    ]
    marks = [take(way, load(way)) for way in ways]

    for one, other in permutations(marks, 2):
        with pytest.raises(SelfComparison):
            refuse_equal(one, other)


def test_a_library_on_another_file_is_another_side():
    """The way is the same, what it leads to is not."""
    way = "load=tokenizers:Tokenizer.from_file"
    specs = [f"hf_shaped:tiny:{name},{way}" for name in ("wordpiece", "byte-bpe-600")]
    marks = [take(spec, load(spec)) for spec in (*specs, "reference:tiny:wordpiece")]

    for one, other in permutations(marks, 2):
        assert not one.is_way_to(other)
        assert one.essence() != other.essence()


def test_a_package_that_does_not_hold_the_module_is_refused():
    """Its version would stand in the fingerprint."""
    with pytest.raises(BadSpec, match=r"package=pytest: .* comes from tokenizers"):
        load(f"hf_shaped:{TINY},load=tokenizers:Tokenizer.from_file,package=pytest")


@pytest.mark.parametrize("path", ["..:x", "a b:x", "a\0:x", "tokenizers:Tokenizer.", "1a:x"])
def test_a_dotted_path_has_names_and_dots(path):
    with pytest.raises(BadSpec, match="names with dots between them"):
        load(f"hf_shaped:{TINY},load={path}")


def test_what_does_the_work_inside_is_what_it_is_known_by():
    """A wrapper in Python is of the same file, whatever is compiled inside."""
    identity = duck("Honest", inner="inside.engine", origin="other").identity()

    assert type(identity.native) is Engine
    assert (type(identity.wrapper), identity.wrapper_origin) == (Honest, "other")


def test_a_real_library_of_this_shape_agrees_with_its_own_backend():
    """The package tokenizers itself, by its dotted path."""
    spec = "load=tokenizers:Tokenizer.from_file,offsets=code_points"
    backend, hf = load(f"hf_shaped:{TINY},{spec}"), load(f"hf:{TINY}")
    texts = ["caf\u00e9 \U0001f600", "a<|im_end|>b", ""]

    assert backend.encode_batch(texts, offsets=True) == hf.encode_batch(texts, offsets=True)
    assert backend.vocabulary() == hf.vocabulary()
    assert fingerprint.take("x", backend).packages == fingerprint.take("y", hf).packages
