"""The conversation packs: of a known size, the same everywhere, and counted rightly."""

import json

import pytest

from parity import artefact, backends, derived, reference
from parity.deriving.conversations import packs, pieces
from parity.deriving.conversations.talk import Pack, talk
from parity.deriving.conversations.words import Draw, languages
from parity.errors import LockMismatch

WORDS = artefact.shipped() / "conversations" / "words.toml"
LANGUAGES = languages(WORDS)
SOME = [talk(pack, number, LANGUAGES) for pack in packs.PACKS for number in range(0, pack.size, 19)]


def test_the_packs_have_their_sizes():
    """The manifest says so, and the corpora are as it says."""
    entries = derived.read(artefact.shipped()).entries
    found = {name: entries[f"conversations/{name}"].cases for name in ("small", "medium", "long")}

    assert found == {"small": 500, "medium": 2000, "long": 200}


def test_draws_are_the_same_on_every_python():
    """The first ones of a seed, written down."""
    draw = Draw("a seed")

    assert [draw.below(1000) for _ in range(6)] == [397, 37, 765, 400, 873, 905]


def test_a_conversation_depends_on_its_number_alone():
    """Not on those before it."""
    pack = packs.PACKS[1]

    assert talk(pack, 77, LANGUAGES) == talk(pack, 77, LANGUAGES)
    assert talk(pack, 77, LANGUAGES) != talk(pack, 78, LANGUAGES)


def test_the_turns_are_in_order():
    """A system prompt first if any, then questions, each with an answer; a call has its result."""
    for one in SOME:
        roles = [message["role"] for message in one.messages]
        calls = ["tool_calls" in message for message in one.messages]

        turns = "".join(role[0] for role in roles).removeprefix("s")
        assert turns.replace("uata", "ua") == "ua" * roles.count("user")
        assert calls.count(True) == roles.count("tool")


def test_the_packs_have_all_that_they_promise():
    """Every language; tools, system prompts, code, emoji, documents; one turn and many."""
    texts = "".join(message["content"] for one in SOME for message in one.messages)

    assert {one.language for one in SOME} == {language.tag for language in LANGUAGES}
    assert {tag for one in SOME for tag in one.tags} == set(
        packs.FAMILIES["conversations/long"].tags
    )
    assert {message["role"] for one in SOME for message in one.messages} == {
        "system", "user", "assistant", "tool",
    }  # fmt: skip
    assert all(part in texts for part in ("```", "\u200d", "## ", "| # |"))


def test_long_conversations_are_thousands_of_tokens():
    """Each of them, by the tiny tokenizer."""
    backend = backends.load(f"hf:tiny:{packs.COUNTS_BY}")
    found = [packs.shared(one, backend) for one in SOME if one.id.startswith("long")]

    assert min(one["tokens"]["total"] for one in found) > 4_000


def test_tokens_are_counted_as_an_independent_reading_counts_them():
    """`hf` counts when a pack is built; the reference agrees, value by value."""
    backend = backends.load(f"hf:tiny:{packs.COUNTS_BY}")
    judge = reference.load(artefact.resolve(f"tiny:{packs.COUNTS_BY}"))
    for one in SOME[:12]:
        found = packs.shared(one, backend)
        counts = [len(judge.encode(value["value"]).ids) for value in found["conversations"]]

        assert found["tokens"] == {
            "tokenizer": packs.COUNTS_BY, "total": sum(counts), "values": counts,
        }  # fmt: skip


def test_the_shared_form_is_an_array_of_conversations():
    """What loaders of ShareGPT files read; tools are a string of JSON, calls have a `from`."""
    pack = Pack("small", 40, (1, 2))
    ((name, data),) = packs.sharegpt(pack, {}).items()
    found = json.loads(data)

    assert (name, len(found)) == ("small.sharegpt.json", 40)
    assert {value["from"] for one in found for value in one["conversations"]} == {
        "system", "human", "gpt", "function_call", "observation",
    }  # fmt: skip
    assert next(json.loads(one["tools"]) for one in found if "tools" in one) == pieces.TOOLS


@pytest.mark.parametrize("content", ["[en]\n", "[", '[en]\nodd = "a"'])
def test_words_that_are_none_are_refused(tmp_path, content):
    """With the path."""
    path = tmp_path / "words.toml"
    path.write_text(content)

    with pytest.raises(LockMismatch, match=r"words\.toml: these are no words"):
        languages(path)
