"""Replay: what diverged is found by digest in the user's own store, asked again, and told apart."""

import json
import sys

import pytest
from shadow_logs import Told, rows, spoilt

from parity.shadow import redacting
from parity.shadow.backend import Shadow
from parity.shadow.wrapping import shadowed
from parity.shadowed import again
from parity.stream_cases import StopScript
from parity.streams import Script, Step, Stops

STORE = "store.jsonl"


def store(project, *lines):
    """Write a store."""
    return project.file(STORE, "".join(json.dumps(line) + "\n" for line in lines))


def replay(tokparity, *args):
    """Replay the log `log` with the store, and return how it ran and what it wrote."""
    return tokparity("shadow", "replay", "log", "--store", STORE, *args)


def states(project, tokparity, *args):
    """The exit code, and what became of each divergence."""
    ran = replay(tokparity, "--output", "out.jsonl", *args)
    path = project.folder / "out.jsonl"
    return ran.code, [row["state"] for row in rows(path)]


def test_what_differs_still_is_exit_code_1(project, tokparity):
    """The same class at the same place."""
    Told(project.folder / "log").same(9).ask("abc").footer()
    store(project, {"text": "other"}, {"text": "abc"})
    ran = replay(tokparity)

    assert ran.code == 1
    assert "still   encode  ids.missing at ids[2]" in ran.out
    assert "1 line: 1 still" in ran.out


def test_what_is_the_same_now_is_exit_code_0(project, tokparity):
    """A candidate that was mended; that it is another than the log's is told."""
    Told(project.folder / "log").ask("abc").footer()
    store(project, {"text": "abc"})
    ran = replay(tokparity, "--candidate", "mock:renames_a_token")

    assert ran.code == 0
    assert "1 line: 1 fixed" in ran.out
    assert "the candidate is another than the log's: facts" in ran.out
    assert "the reference is another" not in ran.out


@pytest.mark.parametrize("candidate", ["mock:repeats_last_id", "mock:adds_a_newline_to_prompts"])
def test_what_differs_otherwise_is_changed(project, tokparity, candidate):
    """Another class, or another place; a candidate that is right there is not."""
    Told(project.folder / "log").ask("abc").footer()
    store(project, {"text": "abc"})
    code, found = states(project, tokparity, "--candidate", candidate)

    assert (code, found) == ((1, ["changed"]) if "repeats" in candidate else (0, ["fixed"]))


def test_another_place_of_the_same_class_is_changed(project, tokparity):
    """The first place is part of what is compared."""
    path = Told(project.folder / "log").ask("abc").footer()

    def change(row):
        if row["what"] == "divergence":
            row["difference"]["path"] = ["ids", 1]

    spoilt(path, change)
    store(project, {"text": "abc"})

    assert states(project, tokparity) == (1, ["changed"])


def test_what_the_store_has_not_is_exit_code_3(project, tokparity):
    """Whatever became of the others."""
    Told(project.folder / "log").ask("abc").ask("xyz").footer()
    store(project, {"text": "abc"})
    ran = replay(tokparity, "--candidate", "mock:renames_a_token")

    assert ran.code == 3
    assert "1 fixed, 1 absent" in ran.out


def test_a_log_without_a_line_of_a_divergence_is_exit_code_3(project, tokparity):
    """Nothing was replayed, so nothing is fixed; how many are counted is said."""
    Told(project.folder / "log", max_diffs=0).same(5).ask("abc").footer()
    store(project, {"text": "abc"})
    ran = replay(tokparity)

    assert ran.code == 3
    assert "no line of a divergence, 1 are counted" in ran.out


ASKED = {
    "text": (("abc",), {}, "encode", {"text": "abc"}),
    "text with a word": (("abc", "plain"), {}, "encode", {"text": "abc"}),
    "text with a named word": (("abc",), {"specials": "template"}, "encode", {"text": "abc"}),
    "escaped": (("\u2028\x85\U0001f600",), {}, "encode", {"text": "\u2028\x85\U0001f600"}),
    "long form": (
        (["ab", "cd"], "plain"), {"offsets": True}, "encode_batch",
        {"surface": "encode_batch", "args": [["ab", "cd"], "plain"], "named": {"offsets": True}},
    ),
    "without named": (("abc",), {}, "encode", {"surface": "encode", "args": ["abc"]}),
}  # fmt: skip


@pytest.mark.parametrize(("args", "named", "surface", "line"), ASKED.values(), ids=ASKED)
def test_an_input_is_found_in_each_form_of_a_line(project, tokparity, args, named, surface, line):
    """As it was asked: with the same arguments, by place or by name."""
    Told(project.folder / "log").ask(*args, surface=surface, **named).footer()
    store(project, {"ids": [1]}, line, {"messages": []})

    assert states(project, tokparity) == (1, ["still"])


@pytest.mark.parametrize("args", [([97, 256],), ([97, 256], False), ([97, 256], True)])
def test_ids_are_found_with_and_without_special_tokens(project, tokparity, args):
    """The candidate decodes otherwise where the reference leaves special tokens out."""
    candidate = "mock:skips_special_tokens" if args[1:] == (False,) else "mock:keeps_special_tokens"
    Told(project.folder / "log", candidate=candidate).ask(*args, surface="decode").footer()
    store(project, {"ids": [97, 256]})

    assert states(project, tokparity) == (1, ["still"])


def test_a_script_of_a_stream_is_asked_as_one(project, tokparity):
    """A store holds plain data; both sides get what they got then, no list that both refuse."""
    script = Script(((),), ((Step(0, (97, 98)), Step(0, (99,), "eos")),))
    stop = StopScript(((97,), (98,)), Stops(("b",)))
    told = Told(project.folder / "log", candidate="mock:loses_the_tail")
    told.ask(script, surface="stream").ask(stop, surface="stop").footer()
    args = [redacting.plain(one) for one in (script, stop)]
    store(
        project,
        {"surface": "stream", "args": [args[0]]},
        {"surface": "stop", "args": [args[1]]},
    )
    lines = [row for row in rows(project.folder / "log") if row["what"] == "divergence"]
    code, found = states(project, tokparity)

    assert lines
    assert (code, found) == (1, ["still"] * len(lines))


def test_what_the_reference_refuses_now_is_not_fixed(project, tokparity):
    """Two sides that fail alike agree; that is no answer to what differed."""
    Told(project.folder / "log").ask("abc").footer()
    store(project, {"text": "abc"})
    project.file("mine.py", project_backend())
    code, found = states(
        project, tokparity, "--reference", "py:mine:Fails", "--candidate", "py:mine:FailsToo"
    )

    assert (code, found) == (3, ["unasked"])


def project_backend():
    """Backends that refuse every text."""
    return (
        "from parity.backend import Identity\n"
        "from parity.backends.mock import Honest\n"
        "class Fails(Honest):\n"
        "    def identity(self):\n        return Identity(self)\n"
        "    def encode(self, *args):\n        raise ValueError('no')\n"
        "class FailsToo(Fails):\n    pass\n"
    )


def test_a_log_with_content_needs_no_store(project, tokparity):
    """What it holds is what is asked."""
    Told(project.folder / "log", content="full").ask("abc").ask("d", specials="plain").footer()
    ran = tokparity("shadow", "replay", "log")

    assert ran.code == 1
    assert "2 lines: 2 still" in ran.out


def test_a_log_without_content_wants_a_store(project, tokparity):
    """And says so."""
    Told(project.folder / "log").ask("abc").footer()
    ran = tokparity("shadow", "replay", "log")

    assert ran.code == 2
    assert "--store FILE" in ran.err


def test_a_key_finds_what_was_digested_with_it(project, tokparity):
    """Another key finds nothing, and without one nobody looks."""
    Told(project.folder / "log", key=b"one key").ask("abc").footer()
    store(project, {"text": "abc"})
    project.file("key", b"one key")
    project.file("other", b"one key\n")
    project.file("long", b"k" * 65)
    codes = {
        name: replay(tokparity, *(["--key-file", name] if name else [])).code
        for name in ("key", "other", "long", "none", "")
    }

    assert codes == {"key": 1, "other": 3, "long": 2, "none": 2, "": 2}


def test_a_key_for_digests_without_one_is_exit_code_2(project, tokparity):
    """It would be for another log."""
    Told(project.folder / "log").ask("abc").footer()
    store(project, {"text": "abc"})
    project.file("key", b"one key")

    assert replay(tokparity, "--key-file", "key").code == 2


WRONG = {
    "no JSON": ("{", "not JSON"),
    "no object": ("[1]", "a line is an object"),
    "nothing": ("{}", "it has nothing"),
    "two at once": ('{"text": "a", "ids": [1]}', "it has 'text', 'ids'"),
    "unknown": ('{"texts": ["a"]}', "it has 'texts'"),
    "a text that is none": ('{"text": 3}', "text is a string"),
    "ids that are none": ('{"ids": [1, "a"]}', "ids is a list of integers"),
    "a bool among ids": ('{"ids": [true]}', "ids is a list of integers"),
    "messages that are none": ('{"messages": "hi"}', "messages is a list"),
    "no args": ('{"surface": "encode", "args": "abc"}', "args a list"),
    "another key": ('{"surface": "encode", "arg": ["abc"]}', "no key 'arg'"),
    "a form that nothing has": ('{"text": {"hex": "A"}}', "no value is written as"),
    "a key twice": ('{"text": "a", "text": "b"}', "comes twice"),
}


@pytest.mark.parametrize(("line", "says"), WRONG.values(), ids=WRONG)
def test_a_wrong_line_of_a_store_is_exit_code_2(project, tokparity, line, says):
    """With its file and line; what is found before it is not taken for the whole."""
    Told(project.folder / "log").ask("abc").footer()
    project.file(STORE, '{"text": "abc"}\n' + line + "\n")
    ran = replay(tokparity, "--output", "out.jsonl")

    assert ran.code == 2
    assert f"{STORE}:2: " in ran.err
    assert says in ran.err
    assert not (project.folder / "out.jsonl").exists()


def test_a_store_that_is_not_there_is_exit_code_2(project, tokparity):
    """It is not one in which nothing is found."""
    Told(project.folder / "log").ask("abc").footer()
    ran = replay(tokparity)

    assert ran.code == 2
    assert STORE in ran.err


def renamed(row):
    if row["what"] == "header":
        row["candidate"]["spec"] = "py:gone:Gone"


def unnamed(row):
    if row["what"] == "header":
        row["candidate"]["spec"] = ""


@pytest.mark.parametrize(
    ("change", "says"), [(renamed, "does not load here"), (unnamed, "no spec of the candidate")]
)
def test_a_side_that_does_not_load_is_exit_code_3(project, tokparity, change, says):
    """It is said which, and how to name another."""
    path = Told(project.folder / "log").ask("abc").footer()
    spoilt(path, change)
    store(project, {"text": "abc"})
    ran = replay(tokparity)
    named = replay(tokparity, "--candidate", "mock:drops_last_id")

    assert ran.code == 3
    assert says in ran.out
    assert "--candidate SPEC" in ran.out
    assert named.code == 1


def test_a_spec_that_cannot_be_meant_is_exit_code_2(project, tokparity):
    """What the user wrote is the user's to mend."""
    Told(project.folder / "log").ask("abc").footer()
    store(project, {"text": "abc"})

    assert replay(tokparity, "--candidate", "mockk:x").code == 2


def test_an_output_that_cannot_be_written_leaves_no_part_of_it(project, tokparity):
    """A folder is no file; what is in it stays."""
    Told(project.folder / "log").ask("abc").footer()
    store(project, {"text": "abc"})
    ran = replay(tokparity, "--output", "nowhere/out.jsonl")

    assert ran.code == 3
    assert "nowhere" in ran.err


def test_the_output_has_no_text(project, tokparity):
    """What the log keeps to itself, replay does too."""
    Told(project.folder / "log").ask("secret words").footer()
    store(project, {"text": "secret words"})
    ran = replay(tokparity, "--output", "out.jsonl")
    wrote = (project.folder / "out.jsonl").read_text(encoding="ascii")

    assert json.loads(wrote)["state"] == "still"
    assert "secret" not in ran.out + ran.err + wrote


def test_what_a_real_shadow_found_is_replayed_by_digest(project, tokparity):
    """From the caller's text to the verdict, with nothing of the text in the log."""
    log = project.folder / "log"
    with Shadow("mock:honest", "mock:drops_last_id", rate=1.0, report=str(log)) as shadow:
        shadow.encode("a private text")
        shadow.encode("another one", specials="plain")
        shadow.encode_batch(["a private text"], "parse")
    store(project, {"text": "a private text"}, {"text": "another one"},
          {"surface": "encode_batch", "args": [["a private text"], "parse"]})  # fmt: skip

    assert "private" not in log.read_text(encoding="ascii")
    assert states(project, tokparity) == (1, ["still"] * 3)
    assert states(project, tokparity, "--candidate", "mock:renames_a_token") == (0, ["fixed"] * 3)


TOKENIZERS = """
from tokenizers import Tokenizer, models, pre_tokenizers

def made(words):
    found = Tokenizer(models.WordLevel({word: id for id, word in enumerate(words)}, "?"))
    found.pre_tokenizer = pre_tokenizers.Whitespace()
    return found

def right():
    return made(["?", "a", "b", "c"])

def wrong():
    return made(["?", "a", "c", "b"])

def mended():
    return made(["?", "a", "b", "c", "d"])

def broken():
    raise RuntimeError("not today")
"""
MADE = ("--reference", "mine:right", "--candidate")


def test_a_tokenizer_that_is_no_backend_is_made_by_a_factory(project, tokparity):
    """What was wrapped in a service is asked again in its own words."""
    project.file("mine.py", TOKENIZERS)
    sys.path.insert(0, str(project.folder))
    right, wrong = (again.made(f"mine:{name}") for name in ("right", "wrong"))
    with shadowed(right, wrong, rate=1.0, report=str(project.folder / "log")) as watched:
        watched.encode("a b c", add_special_tokens=False)
        watched.encode("a")
    store(project, {"text": "a b c"}, {"text": "a"})

    assert states(project, tokparity, *MADE, "mine:wrong") == (1, ["still"])
    assert states(project, tokparity, *MADE, "mine:mended") == (0, ["fixed"])
    assert replay(tokparity, *MADE, "mine:broken").code == 3
    assert replay(tokparity).code == 3  # an object has no spec that the log could name


def test_two_names_of_one_thing_fix_nothing(project, tokparity):
    """Whoever compares the reference with itself finds no difference, and learns nothing."""
    Told(project.folder / "log").ask("abc").footer()
    store(project, {"text": "abc"})
    ran = replay(tokparity, "--candidate", "mock:honest")

    assert ran.code == 3
    assert "both sides are one and the same thing" in ran.out
    assert "1 line: 1 unasked" in ran.out
