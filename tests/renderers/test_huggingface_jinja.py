"""The worker of @huggingface/jinja: what it answers, and that no template ends it.

With node alone it runs a package that these tests write; the real one is looked for in
$TOKPARITY_NODE_PACKAGES, or else in this repository's root (`npm install` puts it there).
"""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
WORKER = ROOT / "parity" / "renderers" / "huggingface_jinja.mjs"
PACKAGES = Path(os.environ.get("TOKPARITY_NODE_PACKAGES", ROOT / ".parity/packages")).absolute()
PACKAGE = "node_modules/@huggingface/jinja"
CLOCK = "2025-01-02T03:04:05"
NODE = shutil.which("node") or ""

needs_node = pytest.mark.skipif(not NODE, reason="node is not on the PATH")
needs_package = pytest.mark.skipif(
    not (PACKAGES / PACKAGE).is_dir(),
    reason=f"@huggingface/jinja is not in {PACKAGES}: "
    "npm install --prefix .parity/packages @huggingface/jinja@0.5.11",
)

FAKE = """
export class Template {
  constructor(source) { this.source = source; }
  render(variables) {
    switch (this.source) {
      case "changes": variables.x.push(2); return "";
      case "changes, then fails": variables.x.push(2); throw new Error("late");
      case "overflows": return this.render(variables);
      case "throws nothing": throw undefined;
      case "throws what has no text": throw { get message() { throw new Error("none"); } };
      case "no text": return 1;
      case "{{ raise_exception('') }}": throw new Error("raised");
      default: return new Date().getHours() + this.source;
    }
  }
}
export const tokenize = (source, blocks) => JSON.stringify(blocks);
export const parse = (tokens) => tokens;
"""
"""A package of the same shape, with faults that the real one is not known to have."""


def talk(packages, *lines, **settings):
    """What the worker says: its first line, and an answer to each line."""
    settings = {"packages": str(packages), "clock": CLOCK, "specials": {}, **settings}
    asked = "".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines)
    done = subprocess.run(  # noqa: S603
        [NODE, str(WORKER), json.dumps(settings)], input=asked.encode(), capture_output=True,
        check=True, timeout=60,
    )  # fmt: skip
    assert done.stdout.isascii()
    first, *answers = map(json.loads, done.stdout.splitlines())
    return first, answers


def render(source, *, packages=PACKAGES, settings=None, **variables):
    """The answer to one template."""
    _, answers = talk(packages, {"source": source, "variables": variables}, **(settings or {}))
    (answer,) = answers
    return answer


@pytest.fixture
def fake(tmp_path):
    """A folder with the package that these tests write."""
    folder = tmp_path / PACKAGE
    folder.mkdir(parents=True)
    exports = {".": {"import": "./index.js"}}
    about = {"type": "module", "version": "9.9.9", "exports": exports}
    (folder / "package.json").write_text(json.dumps(about))
    (folder / "index.js").write_text(FAKE)
    return tmp_path


@needs_node
def test_it_says_first_what_it_is(fake):
    """Versions, and the files that decide its answers."""
    first, answers = talk(fake)

    assert answers == []
    assert first["versions"]["@huggingface/jinja"] == "9.9.9"
    assert first["versions"]["node"].count(".") == 2
    assert first["files"] == [str(fake / PACKAGE / "index.js"), str(WORKER)]


@needs_node
@pytest.mark.parametrize(
    ("source", "answer"),
    [
        ("changes", {"text": "", "after": {"x": [1, 2]}}),
        (
            "changes, then fails",
            {"error": "RenderFailed", "message": "late", "after": {"x": [1, 2]}},
        ),
        ("overflows", {"error": "RenderFailed", "message": "Maximum call stack size exceeded"}),
        ("throws nothing", {"error": "RenderFailed", "message": "undefined"}),
        (
            "throws what has no text",
            {"error": "RenderFailed", "message": "(an error that has no text)"},
        ),
        (
            "no text",
            {"error": "RenderFailed", "message": "what was rendered is number, no text"},
        ),
        ("\ud800 \xe9\x7f\u2028\U0001f600", {"text": "3\ud800 \xe9\x7f\u2028\U0001f600"}),
    ],
)
def test_whatever_a_package_does_is_an_answer(fake, source, answer):
    """Changed variables are told; no fault ends the worker; any text comes through."""
    assert render(source, packages=fake, x=[1]) == answer


@needs_node
@pytest.mark.parametrize("line", ["rubbish", "{}", "null", '{"source": 1, "variables": {}}', ""])
def test_a_line_that_is_no_request_gets_one_answer(fake, line):
    """The next line's answer is still that line's."""
    _, answers = talk(fake, line, {"source": "next", "variables": {}})

    assert [answers[0]["error"], answers[1]] == ["RenderFailed", {"text": "3next"}]


@needs_node
def test_without_the_package_it_says_no_line(tmp_path):
    """It ends, and says on its error stream what is missing."""
    settings = json.dumps({"packages": str(tmp_path)})
    done = subprocess.run(  # noqa: S603
        [NODE, str(WORKER), settings], input=b"", capture_output=True, check=False, timeout=60
    )

    assert (done.returncode, done.stdout) == (1, b"")
    assert b"npm install --prefix" in done.stderr


@needs_node
@needs_package
@pytest.mark.parametrize(
    ("source", "variables", "text"),
    [
        ("{{ messages[0].content }}", {"messages": [{"content": "\ud800\xe9"}]}, "\ud800\xe9"),
        ("  {% if true %}\n  a\n  {% endif %}\nb\n", {}, "  a\nb"),
        ("{{ x | tojson }}", {"x": {"b": "\xe9<", "a": None}}, '{"b": "\xe9<", "a": null}'),
        ("{{ strftime_now('%d %b %Y %H:%M') }}", {}, "02 Jan 2025 03:04"),
        ("{{ tools is defined }} {{ none is none }}", {}, "false true"),
        ("{{ 1 if tools is none }}", {"tools": None}, "1"),
        ("{{ x }}", {"x": 1.0}, "1"),
    ],
)
def test_a_template_is_rendered_as_transformers_js_renders_it(source, variables, text):
    """The package's Template, its globals, its blocks; nothing is added to the variables."""
    assert render(source, settings={}, **variables) == {"text": text}


@needs_node
@needs_package
@pytest.mark.parametrize(
    ("source", "kind", "message"),
    [
        ("{% for", "BadTemplate", "end of input"),
        ("{{ " + "(" * 200_000, "RenderFailed", "call stack"),
        (r"{{ raise_exception('no\n    at x \u00e9') }}", "Raised", "no\n    at x \xe9"),
        ("{{ raise_exception('UndefinedValue') }}", "Raised", "UndefinedValue"),
        ("{{ raise_exception({'a': 1}) }}", "Raised", "Map"),
        ("{{ raise_exception() }}", "Raised", ""),
        ("{{ nope + 1 }}", "Undefined", "undefined values"),
        ("{{ nope() }}", "Undefined", "UndefinedValue"),
        ("{{ nope | length }}", "Undefined", "UndefinedValue"),
        ("{{ 'a' | nope }}", "RenderFailed", "Unknown StringValue filter"),
        ("{{ ([] | first).x }}", "RenderFailed", "undefined"),
    ],
)
def test_a_refusal_has_its_kind(source, kind, message):
    """A template that refuses is no template that is broken."""
    answer = render(source)

    assert answer["error"] == kind
    assert message in answer["message"]


@needs_node
@needs_package
@pytest.mark.parametrize(
    ("trim", "lstrip", "text"),
    [
        (True, True, "a\nb"), (False, True, "\na\n\nb"), (True, False, "  a\n  b"),
        (False, False, "  \na\n  \nb"),
    ],
)  # fmt: skip
def test_blocks_are_trimmed_as_asked(trim, lstrip, text):
    """The package itself has both; other ways are its own tokenize with other options."""
    source = "  {% if true %}\na\n  {% endif %}\nb"

    assert render(source, settings={"trim": trim, "lstrip": lstrip}) == {"text": text}


@needs_node
@needs_package
def test_a_template_that_is_kept_renders_anew():
    """A compiled one holds nothing of the variables that it had."""
    lines = [{"source": "{{ x }}", "variables": {"x": x}} for x in ("a", "b", "a")]

    assert talk(PACKAGES, *lines)[1] == [{"text": "a"}, {"text": "b"}, {"text": "a"}]
