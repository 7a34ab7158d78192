"""What a pending file would change in its golden: by case, each with a name and in a class.

A change has an identity, `G-` and eight digits, made of the golden, the case and both signatures:
it is the same as long as the change is. Its class says how the two values part, and not where: it
is what is left after their common start and end are taken off. A class can be decided as one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from parity import golden, jsonl, pending, trailer
from parity.errors import GoldenError
from parity.pending import Pending
from parity.trailer import HEADER, Acceptance
from parity.types import Observation

DIGITS: Final = 8
LONG: Final = 60
"""Characters of each side of a class that are shown; its name is made of all of them."""


class Change(NamedTuple):
    """One line of a golden that somebody decides about.

    kind: `changed`, `new`, `gone`, or `header`.
    old, new: what was seen then and now; None for a header and where there is no line.
    was, sha256: the signatures, None where there is no line.
    group: the name of its class, `C-` and eight digits; says: the class in words.
    tokens: the reference's token strings, by id as text. other_files: they are not the golden's.
    """

    identity: str
    golden: Path
    pair: str
    check: str
    case: str
    kind: str
    old: Observation | None
    new: Observation | None
    was: str | None
    sha256: str | None
    group: str
    says: str
    input: Mapping[str, Any]
    tokens: Mapping[str, str]
    other_files: bool
    details: tuple[str, ...] = ()


def of(found: Pending) -> list[Change]:
    """Return the changes of a pending file that nobody has rejected, in corpus order."""
    then = found.before.signatures() if found.before else {}
    now = found.after.signatures()
    changes = []
    if found.before:
        details = golden.header_change(found.before.header, found.after.header)
        marks = [trailer.of_header(side.header) for side in (found.before, found.after)]
        if details:
            changes.append(_change(found, HEADER, (marks[0], marks[1]), tuple(details)))
    ids = pending.changed_ids(found.before, found.after)
    changes += [_change(found, id, (then.get(id), now.get(id))) for id in ids]
    return [one for one in changes if one.identity not in found.about["rejected"]]


def _change(
    found: Pending, case: str, marks: tuple[str | None, str | None], details: tuple[str, ...] = ()
) -> Change:
    check = found.after.header["check"]
    old = found.before.observations.get(case) if found.before else None
    new = found.after.observations.get(case)
    if case == HEADER:
        kind = HEADER
    else:
        kind = "new" if marks[0] is None else "gone" if marks[1] is None else "changed"
    says = parted(check, old, new) if old and new else (kind, kind)
    return Change(
        _named("G-", [found.place.as_posix(), case, *marks]),
        found.place,
        found.place.parent.name,
        check,
        case,
        kind,
        old,
        new,
        *marks,
        _named("C-", says[0]),
        says[1],
        found.about["inputs"].get(case, {}),
        found.about["tokens"],
        found.about["other_files"],
        details,
    )


def _named(start: str, content: Any) -> str:
    return f"{start}{hashlib.sha256(jsonl.dump(content).encode()).hexdigest()[:DIGITS]}"


def parted(check: str, old: Observation, new: Observation) -> tuple[str, str]:
    """Return how two observations part: as the whole that names the class, and as it is shown.

    >>> parted("ids", Observation([1, 15, 18, 2]), Observation([1, 1819, 2]))[1]
    'ids 15 18 -> 1819'
    """
    if old.failure or new.failure:
        names = [seen.failure.kind if seen.failure else "value" for seen in (old, new)]
        said = f"outcome {names[0]} -> {names[1]}"
        return said, said
    if old.value is None or new.value is None:
        return f"{check} value", f"{check} value (only signatures are known)"
    one, two = stretch(old.value, new.value)
    said = f"{check} {_said(one)} -> {_said(two)}"
    return said, f"{check} {_short(_said(one))} -> {_short(_said(two))}"


def stretch(old: Any, new: Any) -> tuple[Any, Any]:
    """Return what is left of two values without their common start and end.

    >>> stretch("abcd", "axd"), stretch([1, 2], [1, 2, 3])
    (('bc', 'x'), ([], [3]))
    """
    if type(old) is not type(new) or not isinstance(old, str | bytes | list):
        return old, new
    start, end = ends(old, new)
    return old[start : len(old) - end], new[start : len(new) - end]


def ends(old: Sequence[Any], new: Sequence[Any]) -> tuple[int, int]:
    """Return how many items two sequences have in common at the start, and behind that at the end.

    >>> ends("aaa", "aa")
    (2, 0)
    """
    least = min(len(old), len(new))
    start = next((at for at in range(least) if old[at] != new[at]), least)
    rest = least - start
    return start, next((at for at in range(rest) if old[-1 - at] != new[-1 - at]), rest)


def _said(part: Any) -> str:
    if isinstance(part, str | bytes | list) and not part:
        return "nothing"
    if isinstance(part, list):
        return " ".join(jsonl.dump(jsonl.plain(item)) for item in part)
    return jsonl.dump(jsonl.plain(part))


def _short(text: str) -> str:
    return text if len(text) <= LONG else f"{text[:LONG]}… +{len(text) - LONG}"


def accepted(found: Pending, chosen: Collection[str], reason: str) -> str:
    """Return the golden with the chosen changes, each with its line in the trailer.

    chosen: identities of changes of this pending file; the other lines stay as they are.
    Raises GoldenError where what is chosen would not be true, or nothing, without the rest.
    """
    mine = {one.case: one for one in of(found)}
    taken = {case for case, one in mine.items() if one.identity in chosen}
    made_for = golden.header_change(found.before.header, found.after.header) if found.before else []
    if made_for and HEADER not in taken and taken:
        name = mine[HEADER].identity
        raise GoldenError(
            f"{found.place} {made_for[0]}: accept {name} first, the header, or with them: what "
            "would be accepted was made with the other file"
        )
    then, now = found.before.lines if found.before else {}, found.after.lines
    lines = {}
    for id in pending.order(then, now):
        line = (now if id in taken else then).get(id)
        if line is not None:
            lines[id] = line
    if not lines:
        raise GoldenError(f"{found.place}: no case would be left; accept what is new, too")
    head = found.after.header
    if found.before and HEADER not in taken:
        head = {**head, "artefacts": found.before.header["artefacts"]}
    return _with_reasons(found, head, lines, [mine[case] for case in taken], reason)


def _with_reasons(
    found: Pending,
    head: Mapping[str, Any],
    lines: Mapping[str, str],
    taken: Iterable[Change],
    reason: str,
) -> str:
    signatures = golden.parse(golden.joined(head, lines, ()).encode(), str(found.place))
    told = [Acceptance(one.case, one.sha256, one.was, reason) for one in taken]
    older = found.before.accepted.values() if found.before else ()
    kept = trailer.kept([*told, *older], head, signatures.signatures())
    return golden.joined(head, lines, kept)


def rejected(found: Pending, chosen: Collection[str]) -> Mapping[str, Any]:
    """Return what a pending file says of itself once the chosen changes are rejected.

    Without the header's change no other of that file can be accepted: all of them are rejected.
    """
    mine = of(found)
    header = any(one.kind == HEADER and one.identity in chosen for one in mine)
    names = [one.identity for one in mine if header or one.identity in chosen]
    return {**found.about, "rejected": [*found.about["rejected"], *names]}


def settle(found: Pending, text: str | None, about: Mapping[str, Any]) -> None:
    """Write a golden (not where text is None), then what is still pending of it, or nothing.

    In this order: what is interrupted between the two is noticed, and checked again.
    """
    after = about
    if text is not None:
        pending.standing(found.path, found.place, found.about)
        golden.write(found.place, text)
        after = {**about, "against": pending.digest(text.encode())}
    before = golden.parse(text.encode(), str(found.place)) if text is not None else found.before
    if of(found._replace(before=before, about=after)):
        pending.rewrite(found.path, found.after, after)
    else:
        pending.remove(found.path)
