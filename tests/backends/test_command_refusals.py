"""A program that says that it does not take a file, and one that fails at it."""

import shlex
import sys

import pytest

from parity import backends
from parity.errors import LoadFailed, Refused

PROGRAM = """
import json, sys
for line in sys.stdin:
    asked = json.loads(line)
    if asked["op"] == "hello":
        reply = {"result": {"protocol": 1, "name": "toy", "version": "1", "language": "toy",
                            "capabilities": ["hello", "load", "bye"], "offsets": "none"}}
    else:
        reply = {"error": {"kind": sys.argv[1], "message": "no merges in it"}}
    print(json.dumps({"seq": asked["seq"], **reply}), flush=True)
"""


@pytest.mark.parametrize(("kind", "raised"), [("Refused", Refused), ("ValueError", LoadFailed)])
def test_an_error_of_the_kind_refused_is_a_refusal(kind, raised, tmp_path):
    """Any other one while it loads is a failure; both tell its word."""
    (tmp_path / "toy.py").write_text(PROGRAM)
    words = shlex.join([sys.executable, str(tmp_path / "toy.py"), kind])

    with pytest.raises(raised, match="no merges in it") as caught:
        backends.load(f"command:{words},model=tiny:unigram")
    assert type(caught.value) is raised
