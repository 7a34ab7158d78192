"""Sets of prompts: what is shipped is whole, what is wrong is named with its line."""

import json
import re
import unicodedata

import pytest

from parity import backends
from parity.decoding import prompts
from parity.decoding.prompts import GROUPS, chosen, folder, known, named, read
from parity.decoding.records import MAX_TOKENS, Prompt
from parity.errors import BadCorpus, UsageError

SIZE = 49_152
SEEDS = (
    "Summarize why batching improves GPU utilization in one sentence.",
    "List three reasons deterministic decoding helps parity checks.",
    "Explain CPU scheduler overhead in one concise paragraph.",
    "Write one short line about KV cache locality.",
)
BLANK = {0x034F, *range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)}


@pytest.fixture(scope="module")
def lengths():
    """Ids of each shipped prompt of text, by the smallest vocabulary."""
    tiny = backends.load("hf:tiny:byte-bpe-600")
    texts = [prompt for name in known() for prompt in named(name) if prompt.kind == "text"]
    return {prompt.id: len(tiny.encode(prompt.payload).ids) for prompt in texts}


@pytest.fixture
def written(tmp_path):
    """Write lines as a set of the name `mine`."""

    def write(*rows):
        path = tmp_path / "mine.jsonl"
        lines = [row if isinstance(row, bytes) else json.dumps(row).encode() for row in rows]
        path.write_bytes(b"\n".join(lines))
        return path

    return write


def test_the_seeds_four_prompts_are_there_as_texts_and_as_chats():
    """Word for word."""
    seeds = [prompt for prompt in named("short") if "seed" in prompt.tags]

    assert tuple(one.payload for one in seeds if one.kind == "text") == SEEDS
    assert tuple(one.payload[0]["content"] for one in seeds if one.kind == "messages") == SEEDS


@pytest.mark.parametrize(("group", "count"), [("core", 32), ("pre-merge", 12)])
def test_a_group_is_a_choice_of_prompts_that_are_there(group, count):
    """The smaller one is part of the larger one, so that its goldens are the same."""
    found = chosen([group], SIZE)

    assert [prompt.id for prompt in found] == list(GROUPS[group])
    assert len(found) == count
    assert set(GROUPS["pre-merge"]) <= set(GROUPS["core"])


def test_the_core_has_the_kinds_that_it_says():
    """8 chats, and 6 of random ids beside those that are long or begin alike."""
    found = chosen(["core"], SIZE)

    assert sum(prompt.kind == "messages" for prompt in found) == 8
    assert sum(prompt.set == "seeds-short" for prompt in found) == 6
    assert sum("long" in prompt.tags or prompt.set == "seeds-long" for prompt in found) == 3


def test_every_text_fits_into_the_smallest_context(lengths):
    """Of 1,024 ids, with what is to come."""
    assert max(lengths.values()) < 700


def test_mixed_prompts_are_from_very_short_to_long(lengths):
    """Who pads wrong is seen where lengths differ most."""
    mixed = sorted(length for id, length in lengths.items() if id.startswith("mixed/"))

    assert mixed[0] <= 4
    assert mixed[-1] >= 400


def test_a_needle_comes_several_times_among_other_fillers():
    """The same prompt, at other places: its ids must be the same."""
    needles = [prompt for prompt in named("needle") if "needle" in prompt.tags]
    texts = [prompt.payload for prompt in needles]

    assert {texts.count(text) for text in texts} == {3}
    assert len({prompt.id for prompt in needles}) == len(needles)


def test_every_prompt_of_stops_has_one():
    """And no other set has any."""
    assert all(prompt.stop for prompt in named("stop"))
    assert not any(prompt.stop for name in known() if name != "stop" for prompt in named(name))


@pytest.mark.parametrize("name", known())
def test_what_the_eye_cannot_see_is_escaped_in_a_set(name):
    """An editor cannot change, and a reader cannot miss, what a prompt is about."""
    content = (folder() / f"{name}.jsonl").read_bytes().decode("utf-8")
    hidden = {
        f"U+{ord(char):04X}"
        for char in set(content) - {" ", "\n"}
        if unicodedata.category(char)[0] in "CZ" or ord(char) in BLANK
    }

    assert hidden == set()


def test_names_are_taken_in_their_order_and_each_prompt_once(written):
    """Sets, groups, drawn sets, single prompts and paths."""
    path = written({"id": "mine/a", "text": "a"})
    found = chosen(["digits/table", str(path), "seeds-short@7", "digits", "digits/table"], SIZE)

    assert [prompt.id for prompt in found][:3] == ["digits/table", "mine/a", "seeds-short@7/0"]
    assert len({prompt.id for prompt in found}) == len(found)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("nope", "no set of prompts 'nope'; sets: code, .*seeds-short.*groups: core, pre-merge"),
        ("digits/nope", "no prompt 'digits/nope'; the set digits has digits/table, "),
        ("nope.jsonl", "nope.jsonl: there is no such file of prompts"),
        ("seeds-short@x", "behind the @ stands a seed, a whole number, not 'x'"),
    ],
)
def test_a_name_that_nothing_has_is_told_what_there_is(name, says):
    """So that it can be mended without a look into a folder."""
    with pytest.raises(UsageError, match=says):
        chosen([name], SIZE)


def test_ids_that_a_vocabulary_has_not_are_refused_by_the_prompts_name(written):
    """An engine would read past the end of its table of embeddings."""
    path = written({"id": "mine/a", "ids": [1, 600]})

    with pytest.raises(UsageError, match=r"'mine/a' has the id 600, and .* vocabulary has 600"):
        chosen([str(path)], 600)


def test_nothing_is_drawn_where_the_vocabulary_is_not_known(written):
    """And other ids are taken as they are."""
    path = written({"id": "mine/a", "ids": [1, 600]})

    assert chosen([str(path)], None)[0].payload == (1, 600)
    with pytest.raises(UsageError, match="seeds-short is drawn from a vocabulary: name a model"):
        chosen(["seeds-short/0"], None)


def test_two_prompts_of_one_name_are_refused(tmp_path, written):
    """A report could not say which one it means."""
    first = written({"id": "mine/a", "text": "a"})
    other = tmp_path / "other" / "mine.jsonl"
    other.parent.mkdir()
    other.write_text('{"id": "mine/a", "text": "b"}')

    with pytest.raises(UsageError, match="two prompts are called 'mine/a'"):
        chosen([str(first), str(other)], SIZE)


def test_a_line_is_read_with_all_that_it_has(written):
    """And what it has not is the default."""
    row = {"id": "mine/a", "ids": [1, 2], "max_tokens": 3, "stop": ["x"], "tags": ["t"]}
    found = read(written(row, {"id": "mine/b", "text": "b"}))

    assert found == [
        Prompt("mine/a", "ids", (1, 2), 3, ("x",), ("t",)),
        Prompt("mine/b", "text", "b", MAX_TOKENS),
    ]


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (b"{", "not JSON"),
        ([], "a prompt is an object with an id and one of text, messages, ids"),
        ({"id": "mine/a"}, "one of text, messages, ids"),
        ({"id": "mine/a", "text": "a", "ids": [1]}, "one of text, messages, ids"),
        ({"text": "a"}, "'id' is a text SET/NAME, not None"),
        ({"id": "mine", "text": "a"}, "'id' is a text SET/NAME, not 'mine'"),
        ({"id": "mine/a,b", "text": "a"}, "'id' is a text SET/NAME"),
        ({"id": 7, "text": "a"}, "'id' is a text SET/NAME, not 7"),
        ({"id": "other/a", "text": "a"}, "'other/a' is not of the set of this file: mine/"),
        ({"id": "mine/a", "text": ""}, "'text' is a text that is not empty, not ''"),
        ({"id": "mine/a", "text": ["a"]}, "'text' is a text"),
        ({"id": "mine/a", "messages": []}, "'messages' is a list of messages, each with a role"),
        ({"id": "mine/a", "messages": ["hi"]}, "'messages' is a list"),
        ({"id": "mine/a", "messages": {"role": "user"}}, "'messages' is a list"),
        ({"id": "mine/a", "ids": []}, "'ids' is a list of ids, whole numbers from 0"),
        ({"id": "mine/a", "ids": [1, -1]}, "'ids' is a list of ids"),
        ({"id": "mine/a", "ids": [True]}, "'ids' is a list of ids"),
        ({"id": "mine/a", "ids": "12"}, "'ids' is a list of ids"),
        ({"id": "mine/a", "text": "a", "max_tokens": 0}, "'max_tokens' is a whole number from 1"),
        ({"id": "mine/a", "text": "a", "max_tokens": True}, "'max_tokens' is a whole number"),
        ({"id": "mine/a", "text": "a", "max_tokens": 1.0}, "'max_tokens' is a whole number"),
        ({"id": "mine/a", "text": "a", "stop": "x"}, "'stop' is a list of texts"),
        ({"id": "mine/a", "text": "a", "stop": [""]}, "'stop' is a list of texts that are not"),
        ({"id": "mine/a", "text": "a", "tags": [1]}, "'tags' is a list of texts"),
        ({"id": "mine/a", "text": "a", "stops": []}, "no such key: stops; known: id, text"),
        ({"id": "mine/first", "text": "a"}, "the id 'mine/first' comes twice"),
    ],
)
def test_a_wrong_line_is_named_by_file_and_line(written, row, says):
    """What stands there, and what is wanted."""
    path = written({"id": "mine/first", "text": "a"}, row)

    with pytest.raises(BadCorpus, match=f"^{re.escape(str(path))}:2: .*{says}"):
        read(path)


def test_a_file_without_prompts_is_no_set(written):
    """Nothing asked is nothing proved."""
    with pytest.raises(BadCorpus, match="there is no prompt in it"):
        read(written())


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    """Here: it is a folder."""
    path = tmp_path / "mine.jsonl"
    path.mkdir()

    with pytest.raises(BadCorpus, match=r"mine\.jsonl: cannot be read"):
        prompts.read(path)
