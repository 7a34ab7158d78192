"""A short script that shows both answers with nothing but the two libraries, where that can be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from parity.emitting import pytests
from parity.emitting.literals import case, words
from parity.emitting.snippets import Question, Way, way
from parity.emitting.subject import Subject
from parity.looks import SKIP
from parity.types import SPECIALS

KEYS: Final = {
    ("ids", "text"): "ids",
    ("ids", "bytes"): "ids_of_bytes",
    ("offsets", "text"): "offsets",
    ("ids_batched", "text"): "ids_batched",
    ("offsets_batched", "text"): "offsets_batched",
    ("text", "ids"): "text",
    ("outcome", "text"): "ids",
    ("outcome", "bytes"): "ids_of_bytes",
    ("outcome", "ids"): "text",
}
"""What is asked for, by the check and the kind of its case; others are asked through tokparity."""
OF_LISTS: Final = frozenset({"ids_batched", "offsets_batched", "text"})
INPUTS: Final = {"text": ("text", "texts"), "bytes": ("data", "several"), "ids": ("ids", "batch")}
"""The names of one input and of several."""
ANSWER: Final = '''def answer(call):
    """Return what a call gives{only}; what it raises is an answer, too."""
    try:
        {given}
    except BaseException as error:  # a panic of compiled code is no Exception
        return type(error).__name__


'''


def written(found: Subject) -> str:
    """Return a script that prints both answers, and exits with 1 while they differ."""
    question = asked(found)
    if question is None:
        return _through_tokparity(found)
    ways = [way(side, found.mark[side]["spec"], question, found.terms) for side in SIDES]
    fails = any("failure" in found.seen[side] for side in SIDES)
    kind_alone = found.row["check"] == "outcome"
    guarded = fails or kind_alone
    answers = [_answer(one, found, question, guarded=guarded) for one in ways]
    imports = sorted({line for one in ways for line in one.imports})
    given = "call()\n        return 'a value'" if kind_alone else "return call()"
    helper = ANSWER.format(only=": only whether it does" if kind_alone else "", given=given)
    lines = [
        *_head(found, ways), "", *imports, "",
        *(["", *helper.splitlines()] if guarded else []),
        _input(found, question),
        *(line for one in ways for line in one.lines),
        f"answers = [\n    {answers[0]},\n    {answers[1]},\n]",
        'print("reference", ascii(answers[0]))',
        'print("candidate", ascii(answers[1]))',
        "raise SystemExit(int(answers[0] != answers[1]))",
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


SIDES: Final = ("reference", "candidate")


def asked(found: Subject) -> Question | None:
    """Return what the script asks both sides, None for what tokparity alone can ask."""
    alike = all((one.kind, one.options) == found.case[1:4:2] for one in found.cases)
    key = KEYS.get((found.row["check"], found.case.kind))
    if key is None or not alike or found.row["judged"] != "both":
        return None
    options = found.case.options
    mode, skip = options.get("specials", SPECIALS[0]), options.get("skip_special", SKIP)
    return Question(key, mode, skip is not False, key in OF_LISTS)


def _head(found: Subject, ways: Sequence[Way]) -> list[str]:
    lines = [f"# {found.name}: {words(found.title, 200)}"]
    for side, one in zip(SIDES, ways, strict=True):
        mark = found.mark[side]
        versions = ", ".join(f"{name} {version}" for name, version in mark["packages"].items())
        if one.why:
            lines.append(f"# {side}: {words(mark['spec'])} needs tokparity: {words(one.why, 300)}")
        else:
            lines.append(f"# {side}: {words(versions or mark['spec'], 300)}")
    return lines


def _input(found: Subject, question: Question) -> str:
    single, several = INPUTS[found.case.kind]
    payloads = [list(one.payload) if one.kind == "ids" else one.payload for one in found.cases]
    if question.of_list or len(payloads) > 1:
        return f"{several} = {payloads!a}"
    return f"{single} = {payloads[0]!a}"


def _answer(one: Way, found: Subject, question: Question, *, guarded: bool) -> str:
    """Return the expression that is a side's answer."""
    single, several = INPUTS[found.case.kind]
    answer = one.answer
    if question.of_list:
        answer = f"{answer}[{found.place}]"
    elif len(found.cases) > 1:
        answer = f"[{answer} for {single} in {several}][{found.place}]"
    if question.asked.startswith("offsets"):
        answer = f"[tuple(one) for one in {answer}]"
    return f"answer(lambda: {answer})" if guarded else answer


def _through_tokparity(found: Subject) -> str:
    cases = "".join(f"    {case(one)},\n" for one in found.cases)
    check = found.row["check"]
    return f"""# {found.name}: {words(found.title, 200)}
# It needs tokparity: no library has one short call for the check {words(check)} on this case.

from contextlib import closing

from parity import backends
from parity.reproducing import assert_agreement
{pytests.imports(found)}
CASES = [
{cases}]
with closing(backends.load({found.mark["reference"]["spec"]!a})) as reference:
    with closing(backends.load({found.mark["candidate"]["spec"]!a})) as candidate:
        try:
            assert_agreement({check!a}, CASES, reference, candidate{pytests.more(found)})
        except AssertionError as differs:
            print(ascii(str(differs)).replace(r"\\n", "\\n"))
            raise SystemExit(1) from None
print("both sides agree")
"""
