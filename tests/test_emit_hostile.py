"""Nothing of a run file becomes code, ends a literal, or fools who reads what is emitted."""

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from parity import runfile
from parity.emitting import FORMS
from parity.emitting.issues import code, fenced
from parity.emitting.literals import words
from parity.emitting.snippets import NoWay, Question, _alone
from parity.emitting.subject import subject
from parity.identities import identity
from parity.terms import Terms
from parity.types import Case, case_digest

TEXTS = {
    "single quotes": "A 'quoted' text",
    "double quotes": 'A "quoted" text',
    "both": "A '\"' text",
    "triple quotes": "A \"\"\" text ''' ",
    "backslashes": "A \\ text \\\\ \\n \\",
    "a lone surrogate": "A \ud800 text",
    "two surrogates that make no pair": "A \ude00\ud83d text",
    "two surrogates that stay two": "A \ud83d\ude00 text",
    "NUL": "A \0 text",
    "newlines": "A \n \r \r\n text",
    "line separators": "A \u2028 \u2029 \x85 text",
    "right to left": "A \u05d0\u05d1 \u202e text \u2066",
    "beyond the BMP": "A \U0001f600 text",
    "an escape": "A \x1b[31m text",
    "backticks": "A ``` ~~~ `text` ````",
    "HTML": "A <script>alert(1)</script> | [x](y) <!--",
    "braces": "A {text} {0} %s $side ${path}",
    "an injection": "A')\nimport os; os.abort()\n('",
    "very long": "A" + " b" * 50_000,
}


def run_of(path, case, **changes):
    """A run file with one divergence: of a text, whose letter A is read as another."""
    mark = {
        "spec": "mock:honest", "native": "x.X", "file": "x.py", "file_sha256": "0" * 64,
        "artefacts": {}, "packages": {}, "facts": {},
    }  # fmt: skip
    other = {**mark, "spec": "mock:reads_lower_case", **changes.pop("mark", {})}
    row = {
        "type": "divergence", "pair": "toy", "check": "ids", "judged": "both",
        "verdict": "diverged", "note": "", "case": runfile.as_case(case),
        "difference": {"kind": "value", "path": [0], "lengths": [1, 1], "reference": 65,
                       "candidate": 97},
        "reference": {"value": [65], "signature": "0"},
        "candidate": {"value": [97], "signature": "1"},
        "window": None, "cause": "case", "where": None, "minimal": None, **changes,
    }  # fmt: skip
    lines = [
        {"type": "header", "schema": runfile.SCHEMA, "tool": "tokparity", "plan": "x"},
        {"type": "pair", "name": "toy", "reference": mark, "candidate": other},
        row,
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return subject(runfile.read(path), runfile.read(path).divergences[0])


def a_case(text="A", id=None):
    """A case of a text."""
    return Case(id or f"t/x-{case_digest('text', text, {})}", "text", text)


@pytest.mark.parametrize("name", TEXTS)
def test_a_payload_is_a_literal_that_is_the_payload(tmp_path, name):
    """Code point for code point, in ASCII, in a test and in a script that both see it."""
    found = run_of(tmp_path / "run.jsonl", a_case(TEXTS[name]))
    script, text = FORMS["python"](found), FORMS["pytest"](found)
    literals = [
        node.value for source in (script, text) for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Constant)
    ]  # fmt: skip
    names = {"__name__": "emitted"}
    exec(compile(text, "emitted.py", "exec"), names)  # noqa: S102 (this is what is tested)

    assert script.isascii()
    assert text.isascii()
    assert literals.count(TEXTS[name]) == 2
    if "surrogate" in name:
        return  # both fakes refuse it alike
    with pytest.raises(AssertionError, match="ids"):
        names[f"test_{found.name.replace('-', '_').lower()}"]()


@pytest.mark.parametrize("name", ["NUL", "both", "an injection", "very long"])
def test_a_script_of_what_is_hostile_runs(tmp_path, name):
    """As a file, in a Python of its own."""
    script = FORMS["python"](run_of(tmp_path / "run.jsonl", a_case(TEXTS[name])))
    (tmp_path / "script.py").write_text(script)
    done = subprocess.run(
        [sys.executable, "script.py"], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith("reference [65, ")


HOSTILE = "x\"\"\"\nimport os\nos.abort()\n'''\\"
PLACES = {
    "id": lambda path: run_of(path, a_case(id=f"t/{HOSTILE}")),
    "cause": lambda path: run_of(path, a_case(), cause=HOSTILE),
    "where": lambda path: run_of(path, a_case(), where=HOSTILE, note=HOSTILE),
    "spec": lambda path: run_of(path, a_case(), mark={"spec": f"hf:{HOSTILE}"}),
    "kind": lambda path: run_of(path, a_case(), mark={"spec": f"{HOSTILE}:x"}),
    "load": lambda path: run_of(path, a_case(), mark={"spec": f"hf_shaped:.,load=os:{HOSTILE}"}),
    "use": lambda path: run_of(path, a_case(), mark={"spec": f"transformers:.,use={HOSTILE}"}),
    "packages": lambda path: run_of(path, a_case(), mark={"packages": {HOSTILE: HOSTILE}}),
    "specials": lambda path: run_of(path, a_case()._replace(options={HOSTILE: HOSTILE})),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("form", ["pytest", "python"])
def test_nothing_of_a_run_file_becomes_code(tmp_path, place, form):
    """There are the statements and the names that there are without it."""
    usual = ast.parse(FORMS[form](run_of(tmp_path / "usual.jsonl", a_case())))
    tree = ast.parse(FORMS[form](PLACES[place](tmp_path / "run.jsonl")))

    assert list(map(type, tree.body)) == list(map(type, usual.body))
    assert not {"os", "abort"} & {getattr(node, "id", "") for node in ast.walk(tree)}
    assert not {"os"} & {one.name for node in ast.walk(tree) for one in getattr(node, "names", ())}


@pytest.mark.parametrize("place", [*PLACES, *TEXTS])
def test_an_issue_has_what_is_hostile_as_code_alone(tmp_path, place):
    """Outside of code there are our own words, and nothing that is hidden or turns around."""
    made = PLACES.get(place, lambda path: run_of(path, a_case(TEXTS[place])))
    text = FORMS["issue"](made(tmp_path / "run.jsonl"))
    prose = outside_of_code(text)

    assert not re.search(
        r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066\u05d0]", text
    )
    assert not re.search(r"abort|<script|alert|\[x\]|`", prose), prose
    assert prose.splitlines()[0].startswith("#  of  and ")


def outside_of_code(text):
    """What a renderer of Markdown takes for prose, by CommonMark's rules of fences and spans."""
    kept, fence = [], ""
    for line in text.splitlines():
        opened = re.match(r"(`{3,})[a-z]*$", line)
        if fence:
            fence = "" if re.fullmatch(rf"`{{{len(fence)},}}", line) else fence
        elif opened:
            fence = opened[1]
        else:
            kept.append(re.sub(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", "", line))

    assert not fence
    return "\n".join(kept)


@pytest.mark.parametrize("text", ["", "`", "a``b", "`` `", "|", "a\nb", "```"])
def test_code_is_code_whatever_is_in_it(text):
    """The marks around it are longer than any within; a cell of a table does not end."""
    assert outside_of_code(code(text)) == ""
    assert "|" not in code(text).replace("\\|", "")
    assert outside_of_code(fenced(text)) == ""


def test_what_stands_in_a_comment_is_cut_and_said_to_be():
    """Escaped, on one line."""
    assert words("\n" * 200) == "\\u000a" * 100 + " ... +100"


def test_what_python_cannot_read_is_told(tmp_path):
    """A case that is nested too deeply, with what to do instead."""
    deep = payload = []
    for _ in range(300):
        deep.append([])
        deep = deep[0]
    chat = [{"role": "user", "content": "x", "deep": payload}]
    case = Case("t/x-0", "messages", chat)
    row = {"check": "prompt", "cause": ""}
    found = run_of(tmp_path / "run.jsonl", case, **row)

    with pytest.raises(Exception, match=r"cannot be written as Python.*tokparity replay D-"):
        FORMS["pytest"](found)


IDS = Question("ids", "parse", skip_special=True, of_list=False)
SHAPED = {
    "fastokens:tiny:byte-bpe-600": (
        ["import fastokens"],
        "reference = fastokens.Tokenizer.from_file(PATH)",
        "list(reference.encode(text, add_special_tokens=False).ids)",
    ),
    "gigatoken:tiny:byte-bpe-600": (
        ["import gigatoken"],
        "reference = gigatoken.Tokenizer(PATH).as_hf()",
        "list(reference.encode(text, add_special_tokens=False))",
    ),
    "bpe_openai:cl100k_base": (
        ["import bpe_openai"],
        "reference = bpe_openai.get_encoding('cl100k_base')",
        "list(reference.encode(text, allowed_special='all', disallowed_special=()))",
    ),
}


@pytest.mark.parametrize("spec", SHAPED)
def test_a_preset_is_called_by_its_dotted_path(spec):
    """The library need not be here for it."""
    imports, load, answer = SHAPED[spec]
    found = _alone("reference", spec, IDS, Terms())
    path = Path(__file__).parent.parent / "corpora/tokenizers/byte-bpe-600/tokenizer.json"

    assert list(found.imports) == imports
    assert found.lines[0].replace(ascii(str(path)), "PATH") == load
    assert found.answer == answer


def test_ranks_are_read_by_a_script_for_what_is_shaped_like_tiktoken():
    """From the folder's own files; the lines are Python."""
    found = _alone("candidate", "riptoken:tiny:byte-bpe-600", IDS, Terms())

    ast.parse("\n".join([*found.imports, *found.lines, found.answer]))
    assert "import riptoken" in found.imports
    assert "allowed_special=set(candidate_rules['special_tokens'])" in found.answer


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        ("tokie:tiny:byte-bpe-600", "decode=decode_bytes"),
        ("hf_shaped:tiny:byte-bpe-600,load=if:x", "no name in Python"),
        ("hf_shaped:tiny:byte-bpe-600", "no name in Python"),
        ("tiktoken_shaped:echo,load=os:system,reads=name", "standard library"),
        ("hf:tiny:byte-bpe-600,new=1", "the option new"),
        ("kitoken:x", "no short way"),
        ("no spec", "kind:target"),
    ],
)
def test_a_side_that_no_row_of_the_table_fits_has_no_way_alone(spec, why):
    """And it says which option it is."""
    with pytest.raises(NoWay, match=why):
        _alone("reference", spec, IDS, Terms())


def test_the_name_of_a_divergence_is_in_all_that_is_written_of_it(tmp_path):
    """So that who finds it pasted somewhere can ask it again."""
    found = run_of(tmp_path / "run.jsonl", a_case())

    assert found.name == identity(found.row)
    assert all(found.name in make(found) for make in FORMS.values())


def test_an_issue_says_which_versions_and_files_there_were(tmp_path):
    """Of both sides, as the run file has them, and where the run was made."""
    mark = {"packages": {"lib": "1.2.3"}, "artefacts": {"tokenizer.json": "ab" * 32}}
    window = {"start": 0, "reference": [[65, "A"]], "candidate": [[97, "`a|"]]}
    text = FORMS["issue"](run_of(tmp_path / "run.jsonl", a_case(), mark=mark, window=window))

    assert f"`tokenizer.json {'ab' * 32}`" in text
    assert "`lib 1.2.3`" in text
    assert '| 0 | `65 "A"` | ``97 "`a\\|"`` |' in text
    assert "U+0041" in text
    assert "tokparity replay D-" in text
