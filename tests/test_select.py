"""Select: an expression means one set of cases, or says why it means none."""

import pytest

from parity.errors import BadSelect
from parity.select import select
from parity.types import Case

CASES = {
    "han": Case("cjk/han-00000000", "text", "a  b", tags=("cjk.han", "lang.zh")),
    "jamo": Case("cjk/jamo-00000001", "text", "and\ta:b", tags=("cjk.jamo",)),
    "ids": Case("ids/byte-00000002", "ids", (1, 2), tags=("ids.byte",)),
}
MEANT = {
    "id:cjk/*": {"han", "jamo"},
    "id:cjk/han-*": {"han"},
    "id:CJK/*": set(),
    "tag:cjk.*": {"han", "jamo"},
    "tag:cjk": set(),
    "kind:ids": {"ids"},
    "a": {"han", "jamo"},
    "text:a": {"han", "jamo"},
    '"  "': {"han"},
    r'"\t"': {"jamo"},
    r'"\u0061"': {"han", "jamo"},
    'text:"a:b"': {"jamo"},
    '"and"': {"jamo"},
    "text:and": {"jamo"},
    "not kind:ids": {"han", "jamo"},
    "not not kind:ids": {"ids"},
    "tag:cjk.* and not id:cjk/jamo-*": {"han"},
    "tag:cjk.* id:cjk/jamo-*": {"jamo"},
    "kind:ids or tag:cjk.han and id:cjk/jamo-*": {"ids"},
    "(kind:ids or tag:cjk.han) and not id:cjk/*": {"ids"},
    "not (kind:ids or tag:cjk.han)": {"jamo"},
    " ( kind:ids ) ": {"ids"},
}
BAD = {
    "": "missing at the end",
    "  ": "missing at the end",
    "not": "missing at the end",
    "a and": "missing at the end",
    "a or": "missing at the end",
    "(a": r"'\)' is missing",
    "a)": r"'\)' is not expected",
    "()": r"'\)' is not expected",
    "and a": "'and' is not expected",
    "or": "'or' is not expected",
    '"a': "cannot read",
    r'"\x"': "cannot read",
    r'"\N{NO SUCH}"': "cannot read",
    '"a\nb"': "cannot read",
    '"\0"': "cannot read",
    "http://x": "no field 'http'; known: id, tag, kind, text",
}


@pytest.mark.parametrize("expression", MEANT)
def test_an_expression_selects_what_it_means(expression):
    """Terms, globs, quotes, and the order in which words bind."""
    wanted = select(expression)

    assert {name for name, case in CASES.items() if wanted(case)} == MEANT[expression]


@pytest.mark.parametrize("expression", BAD)
def test_a_bad_expression_says_why(expression):
    """The message quotes it; nothing is guessed."""
    with pytest.raises(BadSelect, match=f"^select .*{BAD[expression]}"):
        select(expression)


@pytest.mark.parametrize("expression", ["(" * 3000 + "a" + ")" * 3000, "(" * 3000, "not (" * 51])
def test_parentheses_that_are_too_deep_are_a_bad_expression(expression):
    """Python's stack is no limit that anybody should meet."""
    with pytest.raises(BadSelect, match="nested more than 50 deep"):
        select(expression)


@pytest.mark.parametrize(
    ("expression", "named"),
    [
        ("not " * 3000 + "kind:ids", {"ids"}),
        ("not " * 3001 + "kind:ids", {"han", "jamo"}),
        ("(not not not " * 50 + "kind:ids" + ")" * 50, {"ids"}),
        ("(kind:ids or " * 50 + "id:*jamo*" + ")" * 50, {"ids", "jamo"}),
        ("(kind:ids) or " * 3000 + "id:*jamo*", {"ids", "jamo"}),
        ("kind:ids " * 3000, {"ids"}),
    ],
)
def test_a_long_expression_means_what_a_short_one_does(expression, named):
    """Neither reading nor asking grows with its length."""
    wanted = select(expression)

    assert {name for name, case in CASES.items() if wanted(case)} == named
