"""Changes of goldens: a name that stays as long as the change does, and a class of its values."""

import pytest

from parity import changes, golden, pending, trailer
from parity.changes import parted, stretch
from parity.errors import GoldenError
from parity.pending import Pending
from parity.reviewed import near, rows
from parity.types import Case, Failure, Observation

FILES = {"tokenizer.json": "3f" * 32}
OTHER = {"tokenizer.json": "4f" * 32}


def made(values, artefacts=None, **head):
    """The golden of some values by the letter of their case."""
    head = {
        "golden": 2, "signature": 1, "check": "ids", "corpus": "t",
        "artefacts": FILES if artefacts is None else artefacts, **head,
    }  # fmt: skip
    cases = [Case(name, "text", name) for name in values]
    return golden.render(head, cases, [_seen(value) for value in values.values()])


def _seen(value):
    return Observation(failure=value) if isinstance(value, Failure) else Observation(value)


def between(tmp_path, then, now):
    """What is pending between two goldens' texts; no golden where `then` is empty."""
    place = tmp_path / "golden/toy/t.ids.jsonl"
    before = golden.parse(then.encode(), "g") if then else None
    about = {"golden": str(place), "tokens": {}, "other_files": False, "inputs": {}, "rejected": []}
    return Pending(tmp_path / "p", place, before, golden.parse(now.encode(), "g"), about)


def named(found):
    """The changes, by case."""
    return {one.case: one for one in changes.of(found)}


CLASSES = {
    "a merge": ([1, 15, 18, 2], [1, 1819, 2], "ids 15 18 -> 1819"),
    "one more at the end": ([1], [1, 2], "ids nothing -> 2"),
    "one less between equals": ([1, 1, 1], [1, 1], "ids 1 -> nothing"),
    "a text": ("a b", "a\u200bb", 'ids " " -> "\\u200b"'),
    "bytes": (b"ab", b"ac", 'ids {"hex": "62"} -> {"hex": "63"}'),
    "offsets": ([[0, 1], [1, 2]], [[0, 1], [1, 3]], "ids [1, 2] -> [1, 3]"),
    "other types": ([1], "a", 'ids 1 -> "a"'),
    "a failure": ([1], Failure("ValueError"), "outcome value -> ValueError"),
    "another failure": (Failure("KeyError"), Failure("ValueError"), "outcome KeyError -> ValueErr"),
    "none of them kept": ([1] * 900, [2] * 900, "ids value (only signatures are known)"),
}


@pytest.mark.parametrize(("old", "new", "says"), CLASSES.values(), ids=CLASSES)
def test_a_class_is_what_the_values_do_not_share(tmp_path, old, new, says):
    """Wherever they part, and whatever stands around."""
    found = named(between(tmp_path, made({"a/a": old}), made({"a/a": new})))

    assert found["a/a"].says.startswith(says)
    assert found["a/a"].group.startswith("C-")


def test_one_class_is_of_every_place(tmp_path):
    """Two cases in which the same ids became the same other ids; a third in which not."""
    then = {"a/a": [1, 15, 18], "a/b": [15, 18, 7, 9], "a/c": [15, 18]}
    now = {"a/a": [1, 1819], "a/b": [1819, 7, 9], "a/c": [1819, 3]}
    found = named(between(tmp_path, made(then), made(now)))

    assert found["a/a"].group == found["a/b"].group != found["a/c"].group


def test_classes_whose_starts_look_alike_are_told_apart():
    """What is shown is cut; what names a class is all of it."""
    one, two = ([Observation([7]), Observation([*range(100), last])] for last in (1, 2))

    assert parted("ids", *one)[1][:40] == parted("ids", *two)[1][:40]
    assert parted("ids", *one)[0] != parted("ids", *two)[0]


@pytest.mark.parametrize(("old", "new"), [("", ""), ("aa", "aaa"), ("abc", "cba"), ("ab", "xaby")])
def test_a_stretch_and_its_ends_are_the_value(old, new):
    """Nothing is lost or doubled between the common start and end."""
    start, end = changes.ends(old, new)
    one, two = stretch(old, new)

    assert old[:start] + one + old[len(old) - end :] == old
    assert new[:start] + two + new[len(new) - end :] == new


def test_an_identity_is_of_golden_case_and_both_signatures(tmp_path):
    """It does not depend on what else changed, and does on each of them."""
    one = named(between(tmp_path, made({"a/a": [1], "a/b": [2]}), made({"a/a": [9], "a/b": [2]})))
    two = named(between(tmp_path, made({"a/a": [1], "a/b": [2]}), made({"a/a": [9], "a/b": [3]})))
    three = named(between(tmp_path, made({"a/a": [4], "a/b": [2]}), made({"a/a": [9], "a/b": [2]})))
    other = named(between(tmp_path / "x", made({"a/a": [1]}), made({"a/a": [9]})))
    names = {found["a/a"].identity for found in (one, three, other)}

    assert one["a/a"].identity == two["a/a"].identity
    assert len(names) == 3
    assert two["a/b"].identity != two["a/a"].identity


def test_what_is_new_gone_and_made_for_other_files_is_named(tmp_path):
    """In corpus order, the header first, what is gone where it stood."""
    then, now = made({"a/a": [1], "a/b": [2], "a/c": [3]}), made({"a/x": [7], "a/c": [3]}, OTHER)
    found = changes.of(between(tmp_path, then, now))

    assert [(one.case, one.kind) for one in found] == [
        ("header", "header"), ("a/a", "gone"), ("a/b", "gone"), ("a/x", "new"),
    ]  # fmt: skip
    assert found[0].details == ("was made for tokenizer.json 3f3f3f3f, this one is 4f4f4f4f",)


# Accepted


def accept(found, *cases, reason="it is so"):
    """The golden once some cases are accepted."""
    mine = named(found)
    text = changes.accepted(found, {mine[case].identity for case in cases}, reason)
    return golden.parse(text.encode(), "g")


def test_what_is_accepted_is_in_the_golden_with_its_reason_and_nothing_else(tmp_path):
    """The other lines are as they were, in corpus order."""
    then = {"a/a": [1], "a/b": [2], "a/c": [3], "a/d": [4]}
    now = {"a/a": [9], "a/n": [5], "a/b": [8], "a/d": [4]}
    found = between(tmp_path, made(then), made(now))
    after = accept(found, "a/a", "a/n")

    assert {id: seen.value for id, seen in after.observations.items()} == {
        "a/a": [9], "a/n": [5], "a/b": [2], "a/c": [3], "a/d": [4],
    }  # fmt: skip
    assert list(after.observations) == ["a/a", "a/n", "a/b", "a/c", "a/d"]
    assert list(after.accepted) == ["a/a", "a/n"]
    assert after.accepted["a/n"].was is None
    assert after.accepted["a/a"].was == found.before.signatures()["a/a"]
    assert after.lines["a/b"] == found.before.lines["a/b"]


def test_what_is_gone_is_accepted_as_gone(tmp_path):
    """Its line goes, and the reason stays."""
    found = between(tmp_path, made({"a/a": [1], "a/b": [2]}), made({"a/a": [1]}))
    after = accept(found, "a/b")

    assert list(after.observations) == ["a/a"]
    assert after.accepted["a/b"].sha256 is None


def test_nothing_is_accepted_that_other_files_made_before_the_header_is(tmp_path):
    """A line would say that the old file does what the new one did."""
    found = between(tmp_path, made({"a/a": [1]}), made({"a/a": [2]}, OTHER))

    with pytest.raises(GoldenError, match=r"accept G-\w{8} first, the header"):
        accept(found, "a/a")
    assert accept(found, "header", "a/a").header["artefacts"] == OTHER
    assert accept(found, "header").observations["a/a"].value == [1]


def test_the_header_that_was_accepted_is_in_the_trailer(tmp_path):
    """With the signature of the artefacts before and after."""
    found = between(tmp_path, made({"a/a": [1]}), made({"a/a": [1]}, OTHER))
    one = accept(found, "header").accepted["header"]

    assert one.sha256 == trailer.of_header({"artefacts": OTHER})
    assert one.was == trailer.of_header({"artefacts": FILES})


def test_what_informs_in_a_header_comes_along(tmp_path):
    """Versions are those of the library that was asked; artefacts are not changed by the way."""
    found = between(
        tmp_path, made({"a/a": [1]}, unicode="15.0.0"), made({"a/a": [2]}, unicode="16.0.0")
    )

    assert accept(found, "a/a").header["unicode"] == "16.0.0"


def test_a_golden_is_never_left_without_a_case(tmp_path):
    """It would hold whatever happens."""
    found = between(tmp_path, made({"a/a": [1]}), made({"a/b": [2]}))

    with pytest.raises(GoldenError, match="no case would be left"):
        accept(found, "a/a")


def test_an_older_reason_stays_where_it_holds_and_goes_with_its_case(tmp_path):
    """Each case has one reason, the one for what it is now."""
    then, now = made({"a/a": [1], "a/b": [2]}), made({"a/a": [1], "a/b": [3]})
    found = between(tmp_path, then, now)
    whole = found.before._replace(
        accepted={
            id: trailer.Acceptance(id, found.before.signatures()[id], None, "old")
            for id in ("a/a", "a/b")
        }
    )
    after = accept(found._replace(before=whole), "a/b", reason="new")

    assert {id: one.reason for id, one in after.accepted.items()} == {"a/a": "old", "a/b": "new"}


def test_the_rejected_header_takes_all_of_its_file_along(tmp_path):
    """None of the others could be accepted without it."""
    found = between(tmp_path, made({"a/a": [1]}), made({"a/a": [2]}, OTHER))
    mine = named(found)
    about = changes.rejected(found, {mine["header"].identity})

    assert set(about["rejected"]) == {one.identity for one in mine.values()}
    assert changes.of(found._replace(about=about)) == []


# Beside each other


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ([1, 2, 3], [1, 2, 3]),
        ([1, 15, 18, 2], [1, 1819, 2]),
        ([], [1]),
        ([5, 6, 7, 8, 9], [1, 6, 2, 8]),
        (list(range(3000)), list(range(1, 3001))),
        (list(range(1000)), list(range(5000, 6000))),
    ],
)
def test_two_lists_of_ids_beside_each_other_are_these_two_lists(old, new):
    """Every id is there once, in its order; one line never has two different ids marked alike."""
    found = rows(old, new)

    assert [one for one, _ in found if one is not None] == old
    assert [two for _, two in found if two is not None] == new
    assert (None, None) not in found


def test_only_what_is_near_a_difference_is_shown_and_the_rest_is_counted():
    """A long text shows where it differs."""
    found = rows(list(range(100)), [*range(50), 777, *range(51, 100)])
    before, shown, behind = near(found)

    assert before + len(shown) + behind == 100
    assert (50, 777) in shown
    assert len(shown) == 7


def test_ids_are_in_the_order_of_now():
    """What is gone stands behind what it stood behind."""
    assert pending.order(["a", "b", "c"], ["c", "x", "a"]) == ["c", "x", "a", "b"]
    assert pending.order(["z", "a"], ["a"]) == ["z", "a"]
