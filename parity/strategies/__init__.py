r"""Strategies of hypothesis for anything that reads text or ids: as fuzzing draws, and shrinking.

    from hypothesis import given
    from parity.strategies import borders

    @given(text=borders())
    def test_my_tokenizer_is_theirs(text):
        assert mine.encode(text) == theirs.encode(text)

Each is a generator of `parity.generators` by the same description. What is drawn depends on pinned
tables of Unicode 18, not on this Python's. Needs the extra `hypothesis`.

>>> from hypothesis import find
>>> find(whitespace(), lambda text: text != text.strip())
' '
"""

from __future__ import annotations

from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from parity.backend import Backend
from parity.decoding.records import Prompt
from parity.generators import GENERATORS, NOTHING, Known, known
from parity.generators import messages as _messages
from parity.strategies.described import described

Texts = SearchStrategy[str]
ATOMS: Final = (
    "a", " the", " 1", "\n", "\t", "  ", "3.", "\n\n", " 42", "(x) {", "\u4e16", "\u3042",
    "\uac00", "\u0436", " \u0627", "e\u0301", "\U0001f600", "\U0001f468\u200d\U0001f469",
)  # fmt: skip
"""What the texts of `prompts` are put together from, the plainest first."""


def borders() -> Texts:
    r"""Return texts of 1 to 12 characters, from one class of characters to the next.

    Catches patterns of pre-tokenizers that split elsewhere, and tables of characters.

    >>> from hypothesis import find
    >>> find(borders(), lambda text: text != text.lower())
    'A'
    """
    return _texts("borders")


def whitespace() -> Texts:
    r"""Return words with runs of white space between them and at both ends.

    Catches who gets the last space, what ends a line, what is white space at all.

    >>> from hypothesis import find
    >>> find(whitespace(), lambda text: text.startswith(" "))
    ' '
    >>> find(whitespace(), lambda text: "\r\n" in text)
    '\r\n'
    """
    return _texts("whitespace")


def digits() -> Texts:
    """Return runs of digits, of several scripts, and numbers that are no digits.

    Catches grouping by three, from either side, and what counts as a number.

    >>> from hypothesis import find
    >>> find(digits(), lambda text: len(text) > 3 and text.isdecimal())
    '0000'
    """
    return _texts("digits")


def contractions() -> Texts:
    """Return apostrophes of every kind with endings in any case.

    Catches which endings are known, in which case, and how far one reaches.

    >>> from hypothesis import find
    >>> find(contractions(), lambda text: "'" in text)
    "a's"
    """
    return _texts("contractions")


def code() -> Texts:
    r"""Return names, operators, quotes, indentation, addresses and markup.

    Catches change of case, punctuation with a newline behind it, runs of signs.

    >>> from hypothesis import find
    >>> find(code(), lambda text: "\n" in text)
    '\n'
    """
    return _texts("code")


def normal_forms() -> Texts:
    r"""Return characters in one normal form or in all, and marks in any order.

    Catches a normalizer that is missing, of another form or of another year; the order of marks.

    >>> from hypothesis import find
    >>> from unicodedata import normalize
    >>> len(find(normal_forms(), lambda text: normalize("NFC", text) != text)) < 3
    True
    """
    return _texts("normal_forms")


def script_words() -> Texts:
    r"""Return syllables of scripts whose characters stack, and emoji sequences.

    Catches graphemes taken for characters, joiners that are dropped, marks taken for letters.

    >>> from hypothesis import find
    >>> find(script_words(), lambda text: True)
    '\u200d'
    """
    return _texts("script_words")


def unicode_edges() -> Texts:
    r"""Return characters that one version of Unicode knows otherwise than another, in contexts.

    Catches tables of different years: U+0295 was a small letter until Unicode 16.

    >>> from hypothesis import find
    >>> ascii(find(unicode_edges(), lambda text: True))
    "'\\u0295'"
    """
    return _texts("unicode_edges")


def surrogates() -> Texts:
    r"""Return texts with halves of UTF-16 in them, which are no text in UTF-8.

    Catches who refuses, who replaces, who mends, and with which error.

    >>> from hypothesis import find
    >>> find(surrogates(), lambda text: True)
    '\ud800'
    """
    return _texts("surrogates")


def long_runs() -> Texts:
    """Return one character or a short cycle, up to 32,768 times.

    Catches patterns that backtrack, recursion, and time that grows with the square.

    >>> from hypothesis import find
    >>> len(find(long_runs(), lambda text: len(text) > 1000))
    1024
    """
    return _texts("long_runs")


def special_tokens(of: Known | Backend = NOTHING) -> Texts:
    """Return added tokens of a tokenizer anywhere in a text, and what nearly is one.

    Without a tokenizer, markers that many have. Catches flags, the order of matching, and text of a
    user that becomes a control token.

    >>> from hypothesis import find
    >>> find(special_tokens(), lambda text: True)
    '<s>'
    """
    return _texts("special_tokens", of)


def vocabulary_texts(of: Known | Backend) -> Texts:
    """Return tokens of a tokenizer joined, cut and doubled, and those that nothing encodes to.

    Catches the order of merges, and merges across the border of two tokens.
    Raises Unsupported where the tokenizer shows no vocabulary.

    >>> from hypothesis import find
    >>> from parity import load
    >>> tiny = load("hf:tiny:byte-bpe-600")
    >>> find(vocabulary_texts(tiny), lambda text: len(tiny.encode(text).ids) > 1)
    '00'
    """
    return _texts("vocabulary_texts", of)


def id_sequences(of: Known | Backend) -> SearchStrategy[tuple[int, ...]]:
    r"""Return ids of bytes, of halves of characters, special, reserved and unknown ones.

    Catches what decoding does with ids that no text encodes to.
    Raises Unsupported where the tokenizer shows no vocabulary.

    >>> from hypothesis import find
    >>> from parity import load
    >>> tiny = load("hf:tiny:byte-bpe-600")
    >>> ids = find(id_sequences(tiny), lambda ids: "\ufffd" in tiny.decode(ids))
    >>> len(ids)
    1
    """
    return _drawn("id_sequences", of)


def step_schedules(of: Known | Backend) -> SearchStrategy[dict[str, Any]]:
    """Return stream cases: requests with their ids cut into steps, and a finish.

    Catches text that is lost, doubled, taken back or sent too late.
    Raises Unsupported where the tokenizer shows no vocabulary.

    >>> from hypothesis import find
    >>> from parity import load
    >>> case = find(step_schedules(load("hf:tiny:byte-bpe-600")), lambda case: True)
    >>> [request["finish"] for request in case["requests"]]
    ['length']
    """
    return _drawn("step_schedules", of)


def stop_sets(of: Known | Backend) -> SearchStrategy[dict[str, Any]]:
    """Return stop cases: parts of the text that is produced, near misses, in any order.

    Catches what is cut, what is held back, and which of two matches.
    Raises Unsupported where the tokenizer shows no vocabulary.

    >>> from hypothesis import find
    >>> from parity import load
    >>> case = find(stop_sets(load("hf:tiny:byte-bpe-600")), lambda case: len(case["stops"]) > 1)
    >>> len(case["stops"])
    2
    """
    return _drawn("stop_sets", of)


def messages(of: Known | Backend = NOTHING) -> SearchStrategy[list[dict[str, Any]]]:
    """Return conversations: content of every type, recursive arguments, odd roles.

    Catches what a chat template writes, escapes, sorts and refuses.

    >>> from hypothesis import find
    >>> find(messages(), lambda messages: messages[-1]["content"] is None)
    [{'role': 'user', 'content': None}]
    """
    return _drawn("messages", of)


def tools(of: Known | Backend = NOTHING) -> SearchStrategy[list[dict[str, Any]]]:
    """Return one to three tools with recursive schemas of JSON, their keys in no order.

    Catches what a chat template does with JSON: order of keys, escapes, numbers.

    >>> from hypothesis import find
    >>> find(tools(), lambda tools: True)
    [{'name': 'f'}]
    """
    return described(_messages.tools(_known(of)))


def template_snippets(of: Known | Backend = NOTHING) -> SearchStrategy[dict[str, Any]]:
    """Return sources of templates, valid or nearly, each with messages to render it with.

    Catches engines that are almost Jinja: filters, tests, methods, slices, loops, white space.

    >>> from hypothesis import find
    >>> sorted(find(template_snippets(), lambda one: True))
    ['source', 'variables']
    """
    return _drawn("template_snippets", of)


def training_texts() -> SearchStrategy[dict[str, Any]]:
    """Return training cases: a few short texts of few letters, a size, and texts held out.

    Catches which of several pairs is merged that are seen equally often, and how runs are counted.

    >>> from hypothesis import find
    >>> find(training_texts(), lambda case: "aaa" in case["texts"])
    {'texts': ['aaa'], 'size': 256}
    """
    return _drawn("training_texts", NOTHING)


def batch_plans() -> SearchStrategy[dict[str, Any]]:
    """Return prompts, and batches to put them in: alone, in company, padded, cold, warm, drafted.

    Catches answers that depend on the company.

    >>> from hypothesis import find
    >>> find(batch_plans(), lambda plan: True)["batches"][0]
    {'of': [0], 'padding': 'none', 'cache': 'cold', 'draft': False}
    """
    return _drawn("batch_plans", NOTHING)


def prompts(of: Known | Backend = NOTHING, max_tokens: int = 16) -> SearchStrategy[Prompt]:
    """Return prompts for an engine: texts of 1 to 16 atoms, or ids, and how many new ids.

    Without a tokenizer, texts alone. The prompt gets shorter first, then the new ids get fewer.
    Catches engines whose answers depend on a prompt's length, its first ids, or how it is decoded.

    >>> from hypothesis import find
    >>> find(prompts(), lambda prompt: prompt.max_tokens > 3)
    Prompt(id='drawn/text', kind='text', payload='a', max_tokens=4, stop=(), tags=())
    """
    texts = st.lists(st.sampled_from(ATOMS), min_size=1, max_size=16).map("".join)
    kinds: list[SearchStrategy[Any]] = [texts.map(lambda text: ("text", text))]
    tokens = sorted(_known(of).pools.uniform)
    if tokens:
        ids = st.lists(st.sampled_from(tokens), min_size=1, max_size=64).map(tuple)
        kinds.append(ids.map(lambda ids: ("ids", ids)))

    def made(drawn: tuple[tuple[str, Any], int]) -> Prompt:
        (kind, payload), new_ids = drawn
        return Prompt(f"drawn/{kind}", kind, payload, new_ids)

    return st.tuples(st.one_of(kinds), st.integers(1, max_tokens)).map(made)


def _texts(name: str, of: Known | Backend = NOTHING) -> Texts:
    return _drawn(name, of)


def _drawn(name: str, of: Known | Backend) -> SearchStrategy[Any]:
    return described(GENERATORS[name].checked(_known(of)))


def _known(of: Known | Backend) -> Known:
    return known(of) if isinstance(of, Backend) else of
