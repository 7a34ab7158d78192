"""parity.strategies: they draw what is fuzzed, and planted faults shrink to their smallest."""

import inspect
import json
import random
import re
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
from hypothesis import HealthCheck, find, given, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample

from parity import alphabets, backends, corpus, strategies
from parity.backend import Backend
from parity.errors import Unsupported
from parity.generators import GENERATORS, NOTHING, known
from parity.types import KINDS, case_digest

TINY = backends.load("hf:tiny:byte-bpe-600")
KNOWN = known(TINY)
FEW = settings(max_examples=200, database=None, deadline=None)
SEARCH = settings(max_examples=10_000, database=None, deadline=None)
OF_15 = set(alphabets.spread(alphabets.ages()["15.0.0"], 10_000))
"""What Unicode 15 assigned or changed."""
EXTRA = {"tools", "prompts"}
"""Strategies of what is a part of a payload, or is for engines."""


def made(name, of=KNOWN):
    """Return a strategy, for a tokenizer if it takes one."""
    make = getattr(strategies, name)
    return make(of) if inspect.signature(make).parameters else make()


def smallest(name, condition):
    """Return the smallest example of a strategy, from a search that is the same every time."""
    return find(made(name), condition, settings=SEARCH, random=random.Random(0))  # noqa: S311


def drops_joiners(text):
    return text.replace("\u200d", "")


def groups_digits_by_three(text):
    return re.findall(r"[0-9]{1,3}|[^0-9]", text)


def groups_digits_one_by_one(text):
    return re.findall(r"[0-9]|[^0-9]", text)


def lower_cases(text):
    return text.lower()


def strips_a_leading_space(text):
    return text.removeprefix(" ")


def composes(text):
    return unicodedata.normalize("NFC", text)


def ends_lines_with_cr(text):
    return text.replace("\r\n", "\n")


def knows_no_unicode_15(text):
    return "".join("?" if char in OF_15 else char for char in text)


def takes_apart_hangul(text):
    return "".join(unicodedata.normalize("NFD", c) if "가" <= c <= "힣" else c for c in text)


def ignores_case_of_endings(text):
    return re.sub(r"(['’])(S|T|LL)\b", lambda found: found[0].lower(), text)


def collapses_runs(text):
    return re.sub(" {2,}", " ", text)


def swaps_marks(text):
    return text.replace("\u0301\u0323", "\u0323\u0301")


def forgets_special_tokens(text):
    return text.replace("<|endoftext|>", "")


TRAPS = [
    ("borders", drops_joiners, str, ["\u200d"]),
    ("script_words", drops_joiners, str, ["\u200d"]),
    ("digits", groups_digits_by_three, groups_digits_one_by_one, ["00"]),
    ("borders", groups_digits_by_three, groups_digits_one_by_one, ["00"]),
    ("borders", lower_cases, str, ["A"]),
    ("whitespace", strips_a_leading_space, str, [" "]),
    ("borders", strips_a_leading_space, str, [" "]),
    ("whitespace", collapses_runs, str, ["  "]),
    ("whitespace", ends_lines_with_cr, str, ["\r\n"]),
    ("normal_forms", composes, str, ["A\u0300", "a\u0301", "\u1100\u1161"]),
    ("unicode_edges", knows_no_unicode_15, str, OF_15),
    ("script_words", takes_apart_hangul, str, ["가"]),
    ("contractions", ignores_case_of_endings, str, ["a'S", "a'T"]),
    ("special_tokens", forgets_special_tokens, str, ["<|endoftext|>"]),
]
"""A strategy, a fake with one trap, what is right, and the smallest texts that show it."""


@pytest.mark.parametrize(
    ("name", "fake", "right", "known_smallest"),
    TRAPS,
    ids=[f"{name}-{fake.__name__}" for name, fake, *_ in TRAPS],
)
def test_a_planted_fault_shrinks_to_its_smallest_example(name, fake, right, known_smallest):
    """Found from the strategy alone, and nothing more is left to leave out."""
    found = smallest(name, lambda text: fake(text) != right(text))

    assert found in known_smallest


def test_a_merge_across_a_border_shrinks_to_two_tokens():
    """A fake that encodes token by token: two characters that one token stands for."""
    encode = TINY.encode

    def by_characters(text):
        return [id for char in text for id in encode(char).ids]

    text = smallest("vocabulary_texts", lambda text: encode(text).ids != by_characters(text))

    assert len(text) == 2


def test_ids_shrink_to_one():
    """A fake that cannot decode half a character."""
    ids = smallest("id_sequences", lambda ids: "\ufffd" in TINY.decode(ids))

    assert len(ids) == 1


def test_a_schedule_shrinks_to_one_request_of_one_step():
    """A fake that fails where a step has two ids."""
    case = smallest(
        "step_schedules",
        lambda case: any(
            len(step) > 1 for request in case["requests"] for step in request["pieces"]
        ),
    )
    (request,) = case["requests"]

    assert [len(step) for step in request["pieces"]] == [2]
    assert request["finish"] == "length"


def test_stops_shrink_to_two():
    """A fake that fails where one stop begins with another."""
    case = smallest(
        "stop_sets",
        lambda case: any(
            one != other and one.startswith(other)
            for one in case["stops"]
            for other in case["stops"]
        ),
    )

    assert len(case["stops"]) == 2
    assert len(case["pieces"]) <= 3


@pytest.mark.parametrize("kind", ["text", "ids"])
def test_a_prompt_shrinks_to_the_shortest_and_then_to_the_fewest_new_ids(kind):
    """An engine that is wrong from three of something and four new ids on."""
    wrong = smallest(
        "prompts",
        lambda drawn: drawn.kind == kind and len(drawn.payload) > 2 and drawn.max_tokens > 3,
    )

    assert len(wrong.payload) == 3
    assert wrong.max_tokens == 4
    assert kind == "text" or set(wrong.payload) <= set(KNOWN.pools.uniform)


def test_prompts_without_a_tokenizer_are_texts():
    """There are no ids to draw."""
    with pytest.raises(NoSuchExample):
        find(strategies.prompts(), lambda drawn: drawn.kind == "ids", settings=FEW)


def test_messages_shrink_to_what_matters():
    """A fake that fails on null among arguments."""
    chat = smallest(
        "messages",
        lambda chat: any(
            "null" in json.dumps(row.get("tool_calls")) and row.get("tool_calls") for row in chat
        ),
    )
    calls = [call for row in chat for call in row.get("tool_calls", [])]

    assert len(chat) <= 2
    assert len(calls) == 1


@pytest.mark.parametrize("name", sorted(GENERATORS))
@settings(max_examples=15, suppress_health_check=list(HealthCheck), database=None)
@given(data=st.data())
def test_what_a_strategy_draws_is_a_payload_of_its_generator(name, data):
    """The same descriptions, so the same language: a line of a corpus, whoever draws it."""
    payload = data.draw(made(name))
    kind = GENERATORS[name].kind
    if kind in KINDS:
        spelt = list(payload) if kind == "ids" or name == "surrogates" else payload
        line = {"id": f"t/x-{case_digest(kind, spelt, {})}", kind: spelt}
        assert corpus.parse(json.dumps(line).encode()).payload == payload
    else:
        assert payload.keys() == GENERATORS[name].make(NOTHING)(random.Random(1)).keys()  # noqa: S311


def test_there_is_a_strategy_for_every_generator():
    """And for no other; each says what it catches, with an example that runs."""
    public = {
        name: each
        for name, each in vars(strategies).items()
        if inspect.isfunction(each) and each.__module__ == strategies.__name__ and name[0] != "_"
    }

    assert public.keys() == GENERATORS.keys() | EXTRA
    for each in public.values():
        assert "Catches" in each.__doc__
        assert ">>> " in each.__doc__


@pytest.mark.parametrize("name", [row.name for row in GENERATORS.values() if row.needs_ids])
def test_a_strategy_that_needs_a_vocabulary_says_so(name):
    """Not when it is drawn from, but when it is asked for."""
    with pytest.raises(Unsupported, match=name):
        getattr(strategies, name)(Backend())


def test_importing_parity_and_the_generators_imports_no_hypothesis():
    """It is an extra: only who asks for the strategies needs it."""
    code = "import sys, parity, parity.generators, parity.cli; print('hypothesis' in sys.modules)"
    root = Path(strategies.__file__).parents[2]
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=root
    )

    assert done.stdout == "False\n"
