"""The trainers: each library agrees with the oracle under its own rule for ties, exactly."""

import pytest
from hypothesis import given

from parity import artefact, corpus
from parity.backends import load
from parity.errors import BadSpec
from parity.fingerprint import take
from parity.strategies import training_texts
from parity.training.patterns import PATTERNS

CASES = list(corpus.read(artefact.shipped() / "training.jsonl"))
AGREE = {
    "rustbpe": ("trainer:{},engine=oniguruma", "rustbpe:{}"),
    "tokenizers": ("trainer:{},ties=alphabet,engine=oniguruma", "hf_trainer:{}"),
    "tiktoken": ("trainer:{},ties=first", "tiktoken_trainer:{}"),
}
"""The oracle as each library is, and the library. Oniguruma stands for Unicode 16 in the first."""
KINDS = [*(pair[1].format("gpt4") for pair in AGREE.values()), "trainer:gpt4"]


def learnt(backend, payload):
    """Merges, tokens and ids, or the name of what was raised."""
    texts, held_out = payload["texts"], payload.get("held_out", [])
    try:
        seen = backend.train(list(texts), payload["size"], held_out)
    except Exception as error:  # noqa: BLE001 (what it is, a test says)
        return type(error).__name__
    return [tuple(pair) for pair in seen.merges], list(seen.tokens), seen.ids


def agree(name, pattern, payload):
    """Compare a library with the oracle; tiktoken's raises where nothing is left to merge."""
    oracle, library = (load(spec.format(pattern)) for spec in AGREE[name])
    wanted = learnt(oracle, payload)
    if name == "tiktoken" and len(wanted[1]) < payload["size"]:
        wanted = "ValueError"
    assert learnt(library, payload) == wanted


@pytest.mark.parametrize("name", AGREE)
def test_a_library_learns_what_the_oracle_learns_by_its_rule(name):
    """Of every shipped case with room for the bytes: merges, tokens and ids."""
    for case in CASES:
        if case.payload["size"] >= 256:
            agree(name, "gpt4", case.payload)


@pytest.mark.parametrize("name", AGREE)
@given(payload=training_texts())
def test_a_library_learns_what_the_oracle_learns_of_what_nobody_wrote(name, payload):
    """Short texts of few letters, in which nearly every count is a tie."""
    agree(name, "gpt2", payload)


@pytest.mark.parametrize("spec", KINDS)
def test_bytes_are_the_first_tokens_by_their_values(spec):
    """And merges follow in order, whatever the library's own numbers are."""
    seen = load(spec).train(["abc abc"], 258, ["ab c"])

    assert list(seen.tokens[:256]) == [bytes([byte]) for byte in range(256)]
    assert list(seen.tokens[256:]) == [left + right for left, right in seen.merges]
    assert seen.ids == [[256, 32, 99]]


def test_tokenizers_has_numbers_of_its_own():
    """A space is 220 and `!` is 0."""
    seen = load("hf_trainer:gpt4,numbers=own").train(["abc abc"], 258, [" !"])

    assert seen.ids == [[220, 0]]
    assert seen.tokens[220] == b" "


@pytest.mark.parametrize(
    ("spec", "outcome"),
    [
        ("trainer:gpt4", "ValueError"),
        ("tiktoken_trainer:gpt4", "ValueError"),
        ("hf_trainer:gpt4", ([], [bytes([byte]) for byte in range(256)], [])),
    ],
)
def test_what_a_size_without_room_for_the_bytes_gives(spec, outcome):
    """Two refuse it, one takes no notice; rustbpe panics."""
    assert learnt(load(spec), {"texts": ["ab"], "size": 255}) == outcome


def test_rustbpe_panics_where_there_is_no_room_for_the_bytes():
    """Which is no Exception."""
    with pytest.raises(BaseException, match="vocab_size must be at least 256") as caught:
        load("rustbpe:gpt4").train(["ab"], 255)
    assert type(caught.value).__name__ == "PanicException"


def test_rustbpe_has_a_pattern_of_its_own():
    """It is the one that is called gpt4 here."""
    seen = load("rustbpe:default").train(["it's 12345"], 300)

    assert seen.merges == load("rustbpe:gpt4").train(["it's 12345"], 300).merges


@pytest.mark.parametrize("spec", KINDS)
def test_two_trainings_do_not_know_of_each_other(spec):
    """Of the second nothing is left over from the first."""
    backend = load(spec)
    backend.train(["ab ab ab"], 257)

    assert backend.train(["xy xy"], 257, ["abxy"]).ids == [[97, 98, 256]]


@pytest.mark.parametrize("texts", [["a", "b"], ["\U0010ffffa", "ba"], ["ab", "", "ab"]])
def test_educational_texts_stay_apart(texts):
    """Also where one holds the character that is tried first between them."""
    merges = load("tiktoken_trainer:gpt4").train(texts, 257 if "ab" in texts else 256).merges

    assert merges == ([(b"a", b"b")] if "ab" in texts else [])


@pytest.mark.parametrize("spec", KINDS)
def test_a_trainer_says_what_it_is(spec):
    """With its pattern and its options, so that two of them are two."""
    pattern = take(spec, load(spec)).facts["pattern"]

    assert pattern != take("", load(spec.replace("gpt4", "cl100k"))).facts["pattern"]


def test_options_are_part_of_what_a_trainer_is():
    """Each makes another thing of it."""
    specs = [
        "trainer:gpt4", "trainer:gpt4,ties=first", "trainer:gpt4,engine=oniguruma",
        "hf_trainer:gpt4", "hf_trainer:gpt4,numbers=own", "hf_trainer:gpt4,min_frequency=2",
    ]  # fmt: skip

    assert len({str(take("", load(spec)).essence()) for spec in specs}) == len(specs)


@pytest.mark.parametrize("kind", ["trainer", "rustbpe", "hf_trainer", "tiktoken_trainer"])
def test_a_pattern_is_known_by_its_text_wherever_it_stands(kind, tmp_path):
    """A file with the text of a named pattern makes no other trainer; another text does."""
    same, other = tmp_path / "same.txt", tmp_path / "other.txt"
    same.write_text(PATTERNS["gpt4"], "utf-8")
    other.write_text("a+|b", "utf-8")
    named, filed, another = (take("", load(f"{kind}:{target}")) for target in ("gpt4", same, other))

    assert named.essence() == filed.essence() != another.essence()


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("trainer:gpt4,ties=highest", "ties is lowest, alphabet, first, not 'highest'"),
        ("trainer:gpt4,engine=pcre", "engine is regex, oniguruma, not 'pcre'"),
        ("trainer:gpt5", "no pattern 'gpt5'"),
        ("rustbpe:", "no pattern ''"),
        ("tiktoken_trainer:x", "no pattern 'x'"),
        ("hf_trainer:gpt4,min_frequency=-1", "a number from 0, not '-1'"),
        ("hf_trainer:gpt4,numbers=mine", "numbers is bytes or own, not 'mine'"),
    ],
)
def test_a_spec_that_cannot_be_meant_is_told(spec, says):
    """With what can."""
    with pytest.raises(BadSpec, match=says):
        load(spec)
