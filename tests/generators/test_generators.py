"""parity.generators: each draws what it says, valid, the same for ever, and fast enough to fuzz."""

import hashlib
import json
import random
from itertools import islice

import pytest

from parity import alphabets, backends, corpus
from parity.errors import Unsupported
from parity.generate import pools
from parity.generators import GENERATORS, NOTHING, Known, known
from parity.pieces import Table
from parity.types import KINDS, AddedToken, case_digest

TINY = ["byte-bpe-600", "fallback-bpe", "wordpiece"]
KNOWN = {name: known(backends.load(f"hf:tiny:{name}")) for name in TINY}
TEXTS = [row.name for row in GENERATORS.values() if row.kind == "text"]
OWN = {"batches"}
"""Kinds of payloads that are no cases yet."""


def drawn(name, of=KNOWN["byte-bpe-600"], count=500, seed=1):
    """Return payloads of a generator."""
    draw, numbers = GENERATORS[name].make(of), random.Random(seed)  # noqa: S311
    return [draw(numbers) for _ in range(count)]


def toy():
    """A vocabulary of bytes and a few tokens, made here: nothing about it can change."""
    tokens = [bytes([byte]) for byte in range(256)] + [b"ab", b" a", b"\xe4\xb8\x96", b"x\xe4"]
    table = Table(
        {token: id for id, token in enumerate(tokens)},
        {byte: byte for byte in range(256)},
        (270,),
        270,
        list,
    )
    texts = ("a", "b", "ab", " a", "世")
    return Known(texts, ("b",), (AddedToken("<s>", True),), table, pools(table), (265, 271))


@pytest.mark.parametrize("name", GENERATORS)
def test_a_generator_says_its_kind(name):
    """Of a case, or one that is documented on its own; in one sentence what it draws."""
    row = GENERATORS[name]

    assert row.kind in {*KINDS, *OWN}
    assert ": " in row.what
    assert row.name == name


@pytest.mark.parametrize("name", GENERATORS)
def test_a_seed_means_the_same_for_ever(name):
    """Another seed means others; more of them begin with the fewer."""
    few = drawn(name, toy(), 10, 7)

    assert drawn(name, toy(), 60, 7)[:10] == few
    assert drawn(name, toy(), 60, 7) != drawn(name, toy(), 60, 8)


DIGESTS = {
    "borders": "16e03d9c",
    "whitespace": "702204bb",
    "digits": "424ded68",
    "contractions": "30564461",
    "code": "0811dd36",
    "normal_forms": "25a664b1",
    "script_words": "5ff0c010",
    "unicode_edges": "a5e2c873",
    "surrogates": "abd88f3a",
    "long_runs": "b3bb477a",
    "special_tokens": "f0c2292a",
    "vocabulary_texts": "f852bd45",
    "id_sequences": "a166f579",
    "step_schedules": "bf6fd838",
    "stop_sets": "d03dfc01",
    "messages": "e05c47c7",
    "template_snippets": "021c4460",
    "training_texts": "5485190e",
    "batch_plans": "61108fdc",
}
"""Of the first 300 payloads of seed 0 for the toy vocabulary, on every Python."""


@pytest.mark.parametrize("name", GENERATORS)
def test_these_are_the_payloads_of_seed_0(name):
    """What was found with a seed is found again, on any machine and any Python."""
    lines = json.dumps(drawn(name, toy(), 300, 0)).encode()

    assert hashlib.sha256(lines).hexdigest()[:8] == DIGESTS[name]


@pytest.mark.parametrize("of", [*TINY, None])
@pytest.mark.parametrize("name", GENERATORS)
def test_every_payload_can_be_kept_in_a_corpus(name, of):
    """It is a valid payload of a case of its kind, whatever the tokenizer, and without one."""
    row, of = GENERATORS[name], KNOWN.get(of, NOTHING)
    if row.needs_ids and of is NOTHING:
        with pytest.raises(Unsupported, match="vocabulary"):
            row.make(of)
        return
    for payload in drawn(name, of, 50):
        if row.kind in KINDS:
            spelt = list(payload) if row.kind == "ids" else payload
            spelt = list(spelt) if name == "surrogates" else spelt
            id = f"t/x-{case_digest(row.kind, spelt, {})}"
            line = json.dumps({"id": id, row.kind: spelt}).encode()
            assert corpus.parse(line).payload == payload


@pytest.mark.parametrize("name", TEXTS)
def test_texts_are_texts(name):
    """UTF-8 can write them, but those that are drawn for what it cannot."""
    texts = drawn(name)
    halves = [text for text in texts if any("\ud800" <= char <= "\udfff" for char in text)]

    assert {type(text) for text in texts} == {str}
    assert halves == (texts if name == "surrogates" else [])


@pytest.mark.parametrize("name", TEXTS)
def test_texts_differ(name):
    """Hardly one comes twice: drawing the same again finds nothing new."""
    texts = drawn(name, count=1000)

    assert len(set(texts)) > (450 if name == "long_runs" else 550)


def test_borders_have_1_to_12_characters_of_every_category():
    """And most texts have more than one category."""
    texts = drawn("borders", count=4000)
    kinds = {alphabets.category_of(char) for text in texts for char in text}
    mixed = [text for text in texts if len({alphabets.category_of(char) for char in text}) > 1]

    assert {len(text) for text in texts} == set(range(1, 13))
    assert kinds == set(alphabets.categories()) - {"Cs"}
    assert len(mixed) > 2800


def test_white_space_stands_at_both_ends_and_between():
    """Of every sort."""
    texts = drawn("whitespace", count=4000)
    spaces = set(alphabets.SPACES + alphabets.NOT_SPACES)

    assert spaces <= {char for text in texts for char in text}
    assert sum(text[:1] in spaces for text in texts if text) > 1000
    assert sum(text[-1:] in spaces for text in texts if text) > 1000


@pytest.mark.parametrize("form", ["nfc", "nfd", "nfkc", "nfkd"])
def test_normal_forms_come_in_every_form(form):
    """Each form of a character, and marks in either order."""
    texts = set(drawn("normal_forms", count=8000))
    rows = [row for row in alphabets.forms() if row.nfd != row.nfc and row.nfkd != row.nfkc]

    assert sum(getattr(row, form) in text for row in rows[:40] for text in texts) > 20
    assert any("\u0301\u0323" in text for text in texts)
    assert any("\u0323\u0301" in text for text in texts)


@pytest.mark.parametrize(
    "name",
    ["Hangul", "Katakana", "Hiragana", "Devanagari", "Bengali", "Tamil", "Khmer", "Myanmar", "Thai",
     "Lao", "Hebrew", "Arabic"],
)  # fmt: skip
def test_words_come_in_every_script(name):
    """Often enough that each is met in a short run."""
    texts = drawn("script_words", count=1000)

    assert sum(any(alphabets.script_of(char) == name for char in text) for text in texts) > 20


@pytest.mark.parametrize(
    "part", ["👨\u200d", "🏽", "\ufe0f\u20e3", "🇩🇪", "❤\ufe0f", "🏴\U000e0067"], ids=ascii
)
def test_emoji_come_in_every_sequence(part):
    """Joined, of a skin, keys, flags, presentations, tags."""
    assert any(part in text for text in drawn("script_words", count=8000))


@pytest.mark.parametrize("version", alphabets.ages())
def test_every_version_has_its_edges(version):
    """A library of any year meets what it does not know."""
    ranges = alphabets.ages()[version]
    texts = drawn("unicode_edges", count=8000)
    there = [
        text
        for text in texts
        if any(first <= ord(c) <= last for c in text for first, last in ranges)
    ]

    assert len(there) > 3


def test_special_tokens_come_in_every_place():
    """Each at the start, at the end, doubled, beside anything, cut, in another case."""
    texts = drawn("special_tokens", count=8000)
    for token in (token.content for token in KNOWN["byte-bpe-600"].added):
        places = {
            "start": any(text.startswith(token) for text in texts),
            "end": any(text.endswith(token) for text in texts),
            "alone": token in texts,
            "doubled": any(token * 2 in text for text in texts),
            "after a space": any(f" {token}" in text for text in texts),
            "after a letter": any(f"a{token}" in text for text in texts),
            "before a newline": any(f"{token}\n" in text for text in texts),
            "cut": any(token[:-1] in text and token not in text for text in texts),
        }
        assert places == dict.fromkeys(places, True), token


def test_vocabulary_texts_are_of_the_vocabulary():
    """Two tokens beside one another, one twice, one with the first character of another."""
    of = toy()
    texts = set(drawn("vocabulary_texts", of, 3000))

    assert {"ab a", "abab", "世a", "aab", "b"} <= texts
    assert {char for text in texts for char in text} == set("ab 世")


def test_ids_are_of_every_pool():
    """Reserved ones too, and characters byte by byte, whole and cut."""
    of = toy()
    runs = drawn("id_sequences", of, 2000)
    ids = {id for run in runs for id in run}

    assert {259, 258, 270, 265, 271, *of.pools.unknown} <= ids
    assert any(run[at : at + 3] == (0xE4, 0xB8, 0x96) for run in runs for at in range(len(run)))
    assert any(run[-2:] == (0xE4, 0xB8) for run in runs)


def test_messages_have_content_of_every_type_and_roles_in_any_order():
    """Null, a text, a list of parts; arguments as a mapping and as text."""
    chats = drawn("messages", count=1500)
    contents = {type(message["content"]) for chat in chats for message in chat}
    calls = [call for chat in chats for row in chat for call in row.get("tool_calls", [])]
    arguments = {type(call["function"]["arguments"]) for call in calls}

    assert contents >= {str, list, type(None)}
    assert arguments == {str, dict}
    assert any(chat[0]["role"] == "assistant" for chat in chats)
    assert {message["role"] for chat in chats for message in chat} == {
        "system", "developer", "user", "assistant", "tool",
    }  # fmt: skip


def test_options_of_messages_have_tools():
    """Of recursive schemas, which JSON can write."""
    draw, numbers = GENERATORS["messages"].make_options(NOTHING), random.Random(1)  # noqa: S311
    options = [draw(numbers) for _ in range(200)]
    schemas = [
        tool.get("function", tool).get("parameters", {})
        for row in options
        for tool in row.get("tools", [])
    ]

    assert json.loads(json.dumps(options)) == options
    assert any(
        "properties" in inner
        for schema in schemas
        for inner in schema.get("properties", {}).values()
    )
    assert {row["add_generation_prompt"] for row in options} == {True, False}


def test_nothing_that_is_drawn_is_drawn_again_as_the_same_object():
    """Who changes a payload changes no other."""
    one, other = drawn("messages", count=2)
    one[0]["content"] = "changed"

    assert drawn("messages", count=2)[1] == other
    assert GENERATORS["borders"].make_options(NOTHING)(None) is not GENERATORS[
        "borders"
    ].make_options(NOTHING)(None)


@pytest.mark.parametrize("engine", ["jinja", "minijinja"])
def test_most_snippets_are_templates(engine):
    """An engine renders more than it refuses; and refuses some."""
    from parity import backends

    loaded = backends.load(f"{engine}:none")
    rendered = 0
    snippets = drawn("template_snippets", NOTHING, 400)
    for snippet in snippets:
        try:
            loaded.expand(snippet["source"], {"bos_token": "<s>", **snippet["variables"]})
        except Exception:  # noqa: BLE001, S112 (whatever an engine refuses with)
            continue
        rendered += 1

    assert 0.4 < rendered / 400 < 1


def test_a_plan_of_batches_begins_with_one_prompt_alone():
    """What the others are compared with; and names no prompt that is not there."""
    for plan in drawn("batch_plans", count=200):
        assert plan["batches"][0] == {"of": [0], "padding": "none", "cache": "cold", "draft": False}
        assert {number for batch in plan["batches"] for number in batch["of"]} <= set(
            range(len(plan["prompts"]))
        )


def test_long_runs_double():
    """From one character to a hundred thousand."""
    lengths = sorted(len(text) for text in drawn("long_runs", count=400))

    assert lengths[0] == 1
    assert lengths[-1] > 60_000
    assert any(1000 < length < 5000 for length in lengths)


@pytest.mark.parametrize("name", TINY)
def test_unreachable_tokens_are_those_that_nothing_encodes_to(name):
    """Asked one by one."""
    backend, of = backends.load(f"hf:tiny:{name}"), KNOWN[name]

    def encode(text):
        return backend.encode(text, "plain").ids

    ids = of.table.ids
    alone = {text for text in of.tokens if encode(text) == [ids[text.encode()]]}
    last = {text for text in of.tokens if encode(f"\n{text}")[-1:] == [ids[text.encode()]]}

    assert sorted({*of.tokens} - alone - last) == sorted(of.unreachable)


def test_reserved_ids_are_nobodys():
    """Neither a token's nor an added token's."""
    for name, of in KNOWN.items():
        vocabulary = backends.load(f"hf:tiny:{name}").vocabulary()
        assert not {*vocabulary.tokens, *vocabulary.added} & {*of.reserved}
        assert len(of.reserved) >= 3


def test_a_backend_without_a_vocabulary_tells_nothing():
    """And only generators that need none draw."""
    from parity.backend import Backend

    assert known(Backend()) is NOTHING
    assert list(islice((row.name for row in GENERATORS.values() if row.needs_ids), 9)) == [
        "vocabulary_texts", "id_sequences", "step_schedules", "stop_sets",
    ]  # fmt: skip
