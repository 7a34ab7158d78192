r"""Pieces: what is spelled comes to ids that stand for just that, or to a reason."""

import pytest

from parity import backends
from parity.pieces import Table, Unresolved, bytes_of, resolve, table, wrong, wrong_finish
from parity.reference.byte_alphabet import CHAR_TO_BYTE
from parity.streaming import table_of
from parity.types import AddedToken, Vocabulary

ALPHABET = {byte: character for character, byte in CHAR_TO_BYTE.items()}


def spelled(data):
    """Bytes in GPT-2's alphabet."""
    return "".join(ALPHABET[byte] for byte in data)


def known(*tokens, eos=None, special=()):
    """A table of tokens by bytes, that encodes any text as the id 99."""
    ids = {token: id for id, token in enumerate(tokens)}
    single = {token[0]: id for token, id in ids.items() if len(token) == 1}
    return Table(ids, single, special, eos, lambda _: [99])


@pytest.mark.parametrize(
    ("tokens", "expected"),
    [
        (map(spelled, [*(bytes([n]) for n in range(256)), b"\xe4\xb8"]), {256: b"\xe4\xb8"}),
        (map(spelled, [b" ", b"\n", b" a", b"\xe4"]), {0: b" ", 1: b"\n", 2: b" a", 3: b"\xe4"}),
        (["<0xE4>", "\u2581a", "<0x0A>"], {0: b"\xe4", 1: b" a", 2: b"\n"}),
        (["<0xe4>", "a<0xE4>", "\u2581"], {0: b"<0xe4>", 1: b"a<0xE4>", 2: b" "}),
        (["a", "##b", "\xe4"], {0: b"a", 1: b"##b", 2: b"\xc3\xa4"}),
        (["\ud800"], {0: b"\xed\xa0\x80"}),
        ([], {}),
    ],
)
def test_a_token_stands_for_its_bytes(tokens, expected):
    """In each of the three ways of writing them; the alphabet need not be whole."""
    found = bytes_of(Vocabulary(dict(enumerate(tokens)), {}))

    assert expected.items() <= found.items()


def test_an_added_token_is_its_content_in_every_spelling():
    """It is not in the alphabet of the model's tokens."""
    tokens = {id: spelled(bytes([id])) for id in range(256)} | {256: "\u4e16"}
    vocabulary = Vocabulary(tokens, {256: AddedToken("\u4e16", special=False)})

    assert bytes_of(vocabulary)[256] == "\u4e16".encode()


@pytest.mark.parametrize(
    ("step", "ids"),
    [
        ("ab", (3,)),
        ("aba", (3, 0)),
        ("b", (1,)),
        ("abc", (99,)),
        ({"hex": "6162"}, (3,)),
        ({"hex": "6261"}, (1, 0)),
        ({"hex": "ff"}, (2,)),
        ({"id": 7}, (7,)),
        ({"id": -7}, (-7,)),
        ({"special": 0}, (50,)),
        ({"special": 3}, (51,)),
        ({"eos": True}, (51,)),
        (["a", {"id": 7}, "b"], (0, 7, 1)),
        ([], ()),
    ],
)
def test_a_step_comes_to_ids(step, ids):
    """The longest token first; what no tokens spell goes to the encoder."""
    have = known(b"a", b"b", b"\xff", b"ab", eos=51, special=(50, 51))

    assert resolve(step, have) == ids


@pytest.mark.parametrize(
    ("piece", "why"),
    [
        ({"special": 0}, "no special tokens"),
        ({"eos": True}, "no EOS"),
        ({"hex": "ff"}, "single bytes"),
        ({"hex": "61ff"}, "single bytes"),
    ],
)
def test_a_piece_without_ids_says_why(piece, why):
    """It is refused, never left out."""
    with pytest.raises(Unresolved, match=why):
        resolve(["a", piece], known(b"a"))


def test_text_comes_before_a_token_for_its_byte_and_bytes_after_it():
    """A vocabulary may have both, under any ids, and a text twice."""
    tokens = {0: "<0x61>", 1: "a", 2: "a", 3: "\u2581"}
    found = table(Vocabulary(tokens, {}), None, list)

    assert (found.ids[b"a"], found.bytes[0x61], found.bytes[0x20]) == (1, 0, 3)


def test_special_tokens_are_no_text():
    """Only those that are special can be named so; no added token spells a text."""
    added = {1: AddedToken("x", special=False), 0: AddedToken("<s>", special=True)}
    found = table(Vocabulary({0: "<s>", 1: "x", 2: "\u2581y"}, added), None, list)

    assert (dict(found.ids), list(found.special)) == ({b" y": 2}, [0])


@pytest.mark.parametrize("name", ["byte-bpe-600", "fallback-bpe"])
@pytest.mark.parametrize("text", ["say \u4e16", "caf\xe9\n", "\U0001f336\ufe0f", " "])
def test_bytes_decode_to_what_they_spell(name, text):
    """Byte by byte, in a real vocabulary; a word before it keeps its space."""
    backend = backends.load(f"hf:tiny:{name}")
    have = table_of(backend)
    ids = resolve(["a", *({"hex": f"{byte:02x}"} for byte in text.encode())], have)

    assert len(ids) == 1 + len(text.encode())
    assert backend.decode(ids, False) == "a" + text


@pytest.mark.parametrize(
    "steps",
    [
        None, [], "a", {}, [""], [None], [1], [["a", ""]], [[["a"]]], [{}], [{"hex": "E4"}],
        [{"hex": "e"}], [{"hex": ""}], [{"hex": 1}], [{"id": True}], [{"id": "1"}], [{"id": 1.0}],
        [{"special": -1}], [{"special": True}], [{"eos": 1}], [{"eos": False}], [{"text": "a"}],
        [{"id": 1, "eos": True}],
    ],
)  # fmt: skip
def test_what_is_no_list_of_steps_is_said(steps):
    """Whatever JSON it is; nothing raises."""
    assert wrong(steps) != ""


@pytest.mark.parametrize(
    "steps", [["a"], [[]], [["a", {"id": -1}], {"hex": "00"}], [{"eos": True}]]
)
def test_a_list_of_steps_is_accepted(steps):
    """A step may be empty, an id may be anything."""
    assert wrong(steps) == ""


@pytest.mark.parametrize("finish", ["", "done", None, [], {}, 1])
def test_a_wrong_finish_is_said(finish):
    """Every request of a corpus ends somehow."""
    assert "length" in wrong_finish(finish)
