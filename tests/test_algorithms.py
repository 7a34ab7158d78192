"""`tokparity detokenizers`: the table says what breaks, and shows the smallest that does."""

import io

import pytest
from rich.console import Console

from parity import backends, generate
from parity.algorithms import (
    ON_STREAMS,
    as_markdown,
    examples,
    judge,
    main,
    random_cases,
    shipped_cases,
    show,
    spelt,
)
from parity.checks import LAWS
from parity.detokenizers import DETOKENIZERS
from parity.errors import NothingSelected, UsageError
from parity.streaming import table_of
from parity.streams import Script, Step
from parity.types import Case

SPEC = "hf:tiny:byte-bpe-600"


def stream(*pieces):
    """A stream case of one request."""
    return Case("t/x-00000000", "stream", {"requests": [{"pieces": list(pieces)}]})


def printed(found, width):
    """What is shown on a terminal of a width."""
    out = io.StringIO()
    show(found, Console(file=out, width=width))
    return out.getvalue()


@pytest.fixture(scope="module")
def found():
    """The oracle and one that loses its tail, over two streams."""
    return judge(SPEC, [stream("a", "b"), stream("a", {"hex": "e4"})], ["redecode", "tgi"])


def test_the_laws_are_those_of_one_stream():
    """Each has a column, and each is asked of a stream."""
    assert {LAWS[name].grounded for name in ON_STREAMS} == {"script"}
    assert "streamed_whole" in ON_STREAMS


def test_what_is_broken_is_counted(found):
    """The oracle breaks nothing; the tail that is lost is a tail, and nothing else."""
    broken = {
        name: {law for law, cell in row.items() if cell.broken} for name, row in found.rows.items()
    }

    assert broken["redecode"] == set()
    assert broken["tgi"] == {"streamed_whole", "tail_sent", "replacement_sent"}
    assert all(cell.compared for row in found.rows.values() for cell in row.values())


def test_the_smallest_example_breaks_its_law(found):
    """Where something is broken, and nowhere else."""
    for row in found.rows.values():
        for cell in row.values():
            assert (cell.smallest is not None) == bool(cell.broken)
    smallest = found.rows["tgi"]["tail_sent"].smallest

    assert len(smallest.case.payload.batches) == 1
    assert (smallest.reference.value, smallest.candidate.value) == (["\ufffd"], [""])


def test_an_example_says_what_should_be_and_what_is(found):
    """Tokens by id and string, and both texts."""
    lines = list(examples(found))
    place = next(n for n, line in enumerate(lines) if line.startswith("tgi breaks tail_sent"))

    assert "(length)" in lines[place + 1]
    assert "should be" in lines[place + 2]
    assert "\\ufffd" in ascii(lines[place + 2]).replace("\\\\", "\\")
    assert "is" in lines[place + 3]


def test_the_table_is_the_same_as_markdown(found):
    """A row an algorithm, a column a law, and the examples in a block."""
    text = as_markdown(found)
    rows = [line for line in text.splitlines() if line.startswith("| `")]

    assert [row.split("`")[1] for row in rows] == ["redecode", "tgi"]
    assert {row.count("|") for row in rows} == {len(ON_STREAMS) + 2}
    assert text.count("```") == 2


@pytest.mark.parametrize("width", [40, 400])
def test_a_narrow_terminal_has_lines_in_the_place_of_a_table(found, width):
    """No number is cut off in either."""
    text = printed(found, width)

    assert ("redecode: breaks none" in text) == (width == 40)
    assert "tgi" in text
    assert SPEC in text


def test_cases_that_are_no_streams_are_refused():
    """A table of nothing would look as if nothing were broken."""
    with pytest.raises(NothingSelected, match="1 cases"):
        judge(SPEC, [Case("t/x-00000000", "messages", [])], ["tgi"])


def test_an_unknown_name_is_said_with_the_known_ones():
    """Before anything is streamed."""
    with pytest.raises(UsageError, match="'nobody'; known: redecode, "):
        main(Console(), tokenizer=SPEC, names=["tgi", "nobody"], count=1, seed=0, markdown=False)


@pytest.mark.parametrize("markdown", [True, False])
def test_what_is_broken_is_no_failure_of_the_command(markdown):
    """It is a finding about an algorithm."""
    out = io.StringIO()
    console = Console(file=out, width=400)
    code = main(console, tokenizer=SPEC, names=["tgi"], count=3, seed=1, markdown=markdown)

    assert code == 0
    assert ("| `tgi` |" in out.getvalue()) == markdown


def test_random_cases_are_those_of_the_vocabulary():
    """By seed and count."""
    table = table_of(backends.load(SPEC))

    assert random_cases(SPEC, 4, 9) == list(generate.streams(table, 4, 9))


def test_the_shipped_cases_are_streams():
    """All of them."""
    assert {case.kind for case in shipped_cases()} == {"stream"}


@pytest.mark.parametrize("name", DETOKENIZERS)
def test_every_algorithm_can_be_judged_on_ids_that_nobody_has(name):
    """Too large, negative, unknown: errors are what came of a step, and the table is made."""
    ids = [{"id": -1}, {"id": 10**6}, {"id": 2**31}, {"id": 2**33}]
    row = judge(SPEC, [stream("a", id, "b") for id in ids] + [stream("a")], [name]).rows[name]

    assert all(cell.compared for cell in row.values())


def test_a_script_is_spelt():
    """Prompts, then the calls; requests have numbers where there are several."""
    tokens = {1: "a", 2: "b"}
    one = Script(((2,),), ((Step(0, (1, 2)),), (Step(0, (), "eos"),)))
    two = Script(((2,), ()), ((Step(0, (9,)), Step(1, (1,), "abort")),))

    assert list(spelt(one, tokens)) == ['prompt 2 "b"', '1 "a" 2 "b" | no ids (eos)']
    assert list(spelt(two, tokens)) == ['prompt 0 2 "b"', '0: 9 "?" + 1: 1 "a" (abort)']
