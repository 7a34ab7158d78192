"""A test to paste: red while a divergence is there, green when both sides agree."""

from __future__ import annotations

from parity.emitting.literals import case, words
from parity.emitting.subject import Subject


def written(found: Subject) -> str:
    """Return a file with one test, which needs tokparity and both sides."""
    name = found.name.replace("-", "_").lower()
    cases = "".join(f"    {case(one)},\n" for one in found.cases)
    return f'''"""Written by `tokparity explain {found.name} --emit pytest`."""

from contextlib import closing

from parity import backends
from parity.reproducing import assert_agreement
{imports(found)}
REFERENCE = {found.mark["reference"]["spec"]!a}
CANDIDATE = {found.mark["candidate"]["spec"]!a}
CASES = [
{cases}]


def test_{name}():
    """{found.name}: {words(found.title)}, at {words(found.row["case"]["id"])}."""
    with closing(backends.load(REFERENCE)) as reference:
        with closing(backends.load(CANDIDATE)) as candidate:
            assert_agreement({found.row["check"]!a}, CASES, reference, candidate{more(found)})
'''


def more(found: Subject) -> str:
    """Return the arguments that say which side is judged, and on which of several cases."""
    judged = "" if found.row["judged"] == "both" else f", judged={found.row['judged']!a}"
    return judged + (f", of={found.of!a}" if len(found.cases) > 1 else "")


def imports(found: Subject) -> str:
    """Return the imports of what cases are made of."""
    kinds = {one.kind for one in found.cases}
    parts = [*(["Script", "Step"] if "script" in kinds else []),
             *(["Stops"] if "stop_script" in kinds else [])]  # fmt: skip
    return "".join(
        (
            "from parity.stream_cases import StopScript\n" if "stop_script" in kinds else "",
            f"from parity.streams import {', '.join(parts)}\n" if parts else "",
            "from parity.types import Case\n",
        )
    )
