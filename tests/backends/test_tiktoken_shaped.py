"""`tiktoken_shaped`: ranks or a name, all special tokens or none, and its batch calls."""

import json
import sys
from pathlib import Path
from types import ModuleType

import pytest
from helpers import load

from parity.artefact import resolve
from parity.errors import BadSpec, LoadFailed, Refused, Unsupported
from parity.looks import batch_ids
from parity.types import Case

TINY = "tiny:byte-bpe-600"
CONFIG = json.loads((resolve(TINY) / "tiktoken.json").read_bytes())
TEXTS = ["", " a  b", "x<|im_start|>y", "caf\u00e9 \U0001f600", "e\u0301"]


class Honest:
    """An id is the length of the text; 9 is special."""

    special_tokens_set = frozenset({"<s>"})
    _special = {"<s>": 9}  # noqa: RUF012 (as they have it)

    def __init__(self, *given, **named):
        self.given, self.named = given, named

    def encode_single_token(self, name):
        return self._special[name]

    def encode_ordinary(self, text):
        return [len(text)]

    def encode(self, text, *, allowed_special, disallowed_special=None):
        if disallowed_special is None:
            return [len(text), *sorted(map(len, allowed_special))]
        assert (allowed_special, disallowed_special) == ("all", ())
        return [len(text), 9]

    def decode(self, ids):
        return str(ids)

    def decode_bytes(self, ids):
        return bytes(ids)


class HasBatches(Honest):
    """Its batch calls add a 7."""

    def encode_ordinary_batch(self, texts):
        return [[len(text), 7] for text in texts]

    def encode_batch(self, texts, **_):
        return [[len(text), 9, 7] for text in texts]


class DropsOneOfABatch(HasBatches):
    """A result too few."""

    def encode_batch(self, texts, **_):
        return [[1] for _ in texts[1:]]


class Refuses(Honest):
    """A loader that knows no such name."""

    def __init__(self, name):
        raise KeyError(name)


class Panic(BaseException):
    """What compiled code raises where it panics."""


class Panics(Honest):
    """A loader that crashes."""

    def __init__(self, *_):
        raise Panic("no regex")


@pytest.fixture(autouse=True)
def ducks(monkeypatch, tmp_path):
    """A library, importable as `ducks`, with data."""
    module = ModuleType("ducks")
    module.__file__ = str(tmp_path / "ducks" / "__init__.py")
    (tmp_path / "ducks" / "data").mkdir(parents=True)
    (tmp_path / "ducks" / "data" / "toy.tiktoken").write_bytes(b"ranks")
    found = [one for one in globals().values() if isinstance(one, type)]
    module.__dict__.update({one.__name__: one for one in found})
    monkeypatch.setitem(sys.modules, "ducks", module)


def duck(name, target="toy", reads="name", **options):
    """The backend of one of these."""
    more = "".join(f",{key}={value}" for key, value in options.items())
    return load(f"tiktoken_shaped:{target},load=ducks:{name},reads={reads}{more}")


@pytest.mark.parametrize(
    ("name", "specials", "alone", "batched"),
    [
        ("Honest", "plain", [2], [2]),
        ("Honest", "parse", [2, 9], [2, 9]),
        ("HasBatches", "plain", [2], [2, 7]),
        ("HasBatches", "parse", [2, 9], [2, 9, 7]),
    ],
)
def test_all_special_tokens_are_read_or_none(name, specials, alone, batched):
    """In batches by the library's own calls, or one by one where it has none."""
    backend = duck(name)

    assert backend.encode("ab", specials).ids == alone
    assert [one.ids for one in backend.encode_batch(["ab"], specials)] == [batched]


def test_a_set_says_which_are_read():
    """As some want it."""
    assert duck("Honest", parse="set").encode("ab").ids == [2, 3]


@pytest.mark.parametrize("special", ["special_tokens_set", "_special"])
def test_special_ids_are_dropped_before_decoding(special):
    """The shape has no flag for it; which they are is asked of the object."""
    backend = duck("Honest", special=special)

    assert backend.decode([1, 9]) == "[1]"
    assert backend.decode([1, 9], skip_special=False) == "[1, 9]"
    assert backend.decode_batch([[1, 9], [2]]) == ["[1]", "[2]"]


def test_ids_may_be_decoded_to_bytes():
    """Nothing is replaced then."""
    assert duck("Honest", text="bytes").decode([255, 9]) == b"\xff"


@pytest.mark.parametrize("name", ["Honest", "HasBatches"])
def test_what_the_shape_lacks_is_unsupported(name):
    """A template, bytes, and offsets whatever the texts."""
    backend = duck(name)

    for call in (backend.encode, lambda text, mode: backend.encode_batch([text], mode)):
        with pytest.raises(Unsupported, match="mode 'template'"):
            call("a", "template")
        with pytest.raises(Unsupported, match="bytes"):
            call(b"a", "parse")
    with pytest.raises(Unsupported, match="offsets"):
        backend.encode_batch(["\ud800"], offsets=True)


def test_a_batch_of_another_length_is_caught():
    """It is not filled up."""
    cases = [Case(f"t/c-{place}", "text", text) for place, text in enumerate("abc")]
    seen = batch_ids(duck("DropsOneOfABatch"), cases)

    assert [one.failure.kind for one in seen if one.failure] == ["MissingOutput"]


@pytest.mark.parametrize("reads", ["ranks", "encoding"])
def test_an_object_is_made_of_ranks_pattern_and_special_tokens(reads):
    """As tiktoken's CoreBPE, or as its Encoding."""
    native = duck("Honest", TINY, reads).native
    named = ("mergeable_ranks", "special_tokens", "pat_str")
    ranks, special, pattern = native.given if reads == "ranks" else map(native.named.get, named)

    assert (special, pattern) == (CONFIG["special_tokens"], CONFIG["pattern"])
    assert (len(ranks), ranks[b"a"]) == (600, 64)


@pytest.mark.parametrize("specials", ["parse", "plain"])
def test_a_real_library_of_this_shape_agrees_with_its_own_backend(specials):
    """The package tiktoken itself, by its dotted path, with the normal form of the file."""
    pytest.importorskip("tiktoken")
    backend = load(f"tiktoken_shaped:{TINY},load=tiktoken:Encoding,reads=encoding")
    own = load(f"tiktoken:{TINY}")

    assert backend.encode_batch(TEXTS, specials) == own.encode_batch(TEXTS, specials)
    assert backend.normal_form("e\u0301") == own.normal_form("e\u0301") == "\u00e9"


def test_what_decides_its_answers_is_known():
    """The files of a folder; or a file of the package, and the name; and what is not as usual."""
    named = duck("Honest", data="data/{}.tiktoken").identity()
    made = duck("Honest", TINY, "ranks").identity()

    assert [Path(path).name for path in named.artefacts] == ["toy.tiktoken"]
    assert named.facts == {
        "how.load": "ducks:Honest",
        "how.reads": "name",
        "vocabulary": "toy",
    }
    assert [Path(path).name for path in made.artefacts] == [CONFIG["ranks"], "tiktoken.json"]
    assert made.facts["normalization"].startswith("NFC, Unicode ")


def test_a_name_that_is_not_known_is_refused():
    """In the library's own words."""
    with pytest.raises(Refused, match="ducks refuses the name 'toy'; its library says KeyError"):
        duck("Refuses")


def test_a_panic_is_no_refusal():
    """It is a crash."""
    with pytest.raises(LoadFailed, match="Panic: no regex"):
        duck("Panics")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"reads": "x"}, "reads is ranks, encoding, name, not 'x'"),
        ({"parse": "x"}, "parse is all, set"),
        ({"text": "x"}, "text is replace, bytes"),
        ({"special": "x"}, "Honest has no such attribute"),
        ({"data": "x/*"}, "there is no such file in "),
        ({"target": "nowhere", "reads": "ranks"}, "does not exist"),
        ({"target": "tiny:wordpiece", "reads": "ranks"}, r"tiktoken\.json does not exist"),
    ],
)
def test_what_cannot_be_meant_is_told(options, said):
    """It is no refusal of the library's."""
    with pytest.raises(BadSpec, match=said):
        duck("Honest", **options)


@pytest.mark.parametrize("line", [b"YQ==", b"YQ== one", b"Y! 1"])
def test_a_rank_file_that_is_none_is_told_with_its_line(tmp_path, line):
    """Before the library sees it."""
    config = {"ranks": "r.tiktoken", "pattern": ".", "special_tokens": {}}
    (tmp_path / "tiktoken.json").write_text(json.dumps(config))
    (tmp_path / "r.tiktoken").write_bytes(b"YQ== 0\n" + line)

    with pytest.raises(BadSpec, match=r"r\.tiktoken:2: this is no token in base64"):
        duck("Honest", tmp_path, "ranks")
    (tmp_path / "r.tiktoken").unlink()
    with pytest.raises(BadSpec, match="cannot be read"):
        duck("Honest", tmp_path, "ranks")
