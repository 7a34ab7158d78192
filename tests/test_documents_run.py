"""Every command of the pages for the first hour runs, and prints what the page says."""

import os
import subprocess
import sys
from pathlib import Path

import documents
import pytest

DOCS = documents.ROOT / "docs"
PAGES = [DOCS / "quickstart.md", *sorted((DOCS / "howto").glob("*.md"))]
TASKS = {
    "swap-a-tokenizer", "upgrade-a-version", "check-a-detokenizer", "check-a-template",
    "run-in-ci", "read-a-report", "write-a-harness",
}  # fmt: skip
WHEELS = documents.ROOT / ".parity" / "wheels"
"""What `tokparity env create` installs in a page; tox downloads it before the tests."""


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_a_page_does_what_it_says(page, tmp_path):
    """Each command ends as it should, and each block of text is what was printed."""
    variables = {}
    if "env create" in page.read_text(encoding="utf-8"):
        variables = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheelhouse())}

    documents.run(page, tmp_path, **variables)


def wheelhouse():
    """Return the folder of wheels; without it a page that makes an environment cannot run."""
    if not any(WHEELS.glob("tokenizers-0.20.3-*.whl")):
        why = f"no wheel of tokenizers 0.20.3 in {WHEELS}: `tox -e py` downloads what is needed"
        if os.environ.get("CI"):
            pytest.fail(why)
        pytest.skip(why)
    return WHEELS


def test_each_task_has_its_page():
    """One page a task, and no page that nobody lists."""
    assert {path.stem for path in (DOCS / "howto").glob("*.md")} == TASKS


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_a_page_is_short_and_its_links_lead_somewhere(page):
    """It is read on a Monday: at most 165 lines; a link is to a file that is there."""
    text = page.read_text(encoding="utf-8")
    links = documents.re.findall(r"\]\((?!https?:|#)([^)#]+)", text)

    assert len(text.splitlines()) <= 165
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_workflow_of_the_page_is_one_that_github_takes(tmp_path):
    """What run-in-ci.md shows is a workflow by GitHub's own schema."""
    text = (DOCS / "howto" / "run-in-ci.md").read_text(encoding="utf-8")
    (workflow,) = [block.text for block in documents.blocks(text) if block.language == "yaml"]
    program = Path(sys.executable).with_name("check-jsonschema")
    path = tmp_path / "parity.yml"
    path.write_text(workflow, encoding="utf-8")
    found = subprocess.run(  # noqa: S603 (a tool of the tests, and a page of ours)
        [program, "--builtin-schema", "vendor.github-workflows", path],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert found.returncode == 0, found.stdout


GOOD = """\
```python
# file: say.py
print("one 1a2b", "two", "three", "four", sep="\\n")
```

```sh
python say.py
exit_code=3  # kept for the next command
(exit $exit_code)  # so it is red: exit code 3
```

```text
one …
…
three
four
```
"""
FAULTS = {
    "a command fails": ("python say.py\n", "python no.py\n", "exit code 2, the page says 0"),
    "a command does not fail": ("(exit $exit_code)", "true", "exit code 0, the page says 3"),
    "a line was not printed": ("three\n", "drei\n", "no such line: 'drei'"),
    "a line has more": ("one …", "one", "no such line: 'one'"),
    "lines come in another order": ("…\nthree\nfour", "four\n…\nthree", "no such line: 'four'"),
    "what lies between is not said": ("…\nthree", "three", "no such line: 'three'"),
    "the end is not said": ("three\nfour\n", "three\n", "the page lacks four"),
    "a file has no name": ("# file: say.py\n", "# say.py\n", "neither run nor written"),
    "a file cannot be written": ("file: say.py", "file: /dev/null/say.py", "exit code none"),
    "text of no command": ("```sh\npython say.py", "```text\npython say.py", "no command printed"),
    "a variable is not set": ("exit_code=3", "other=3", "unbound variable"),
    "pip of another package": ("python say.py", "pip install requests", "is not tokparity"),
}  # fmt: skip


def test_a_true_page_passes(tmp_path):
    """What it says is so; variables live from a command to the next."""
    page = tmp_path / "page.md"
    page.write_text(GOOD, encoding="utf-8")

    documents.run(page, tmp_path / "run")


@pytest.mark.parametrize("fault", FAULTS)
def test_a_page_that_lies_is_caught(tmp_path, fault):
    """Whatever a page says that is not so, the machine says where."""
    true, false, word = FAULTS[fault]
    assert true in GOOD
    page = tmp_path / "page.md"
    page.write_text(GOOD.replace(true, false), encoding="utf-8")
    with pytest.raises(documents.Wrong) as caught:
        documents.run(page, tmp_path / "run")

    assert word in str(caught.value)


def test_a_last_file_that_cannot_be_written_is_told(tmp_path):
    """No command behind it would fail."""
    page = tmp_path / "page.md"
    page.write_text(GOOD + "\n```toml\n# file: /dev/null/x\n```\n", encoding="utf-8")
    with pytest.raises(documents.Wrong, match="could not be written"):
        documents.run(page, tmp_path / "run")


def test_a_page_without_commands_proves_nothing(tmp_path):
    """A fence that is spelt otherwise would make every page pass."""
    page = tmp_path / "page.md"
    page.write_text(GOOD.replace("```sh\n", "```toml\n# file: x\n").partition("```text")[0])
    with pytest.raises(documents.Wrong, match="no commands"):
        documents.run(page, tmp_path / "run")


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["install", "tokparity"], ""),
        (["install", "tokparity[pytest,templates]"], ""),
        (["install", "tokparity[all]"], ""),
        (["install", "tokparity[pytests]"], "no extra 'pytests'"),
        (["install", "tokpartiy"], "is not tokparity"),
        (["install", "tokparity[absent]"], "not-a-package is not installed here"),
        (["install"], "only `pip install`"),
        (["uninstall", "tokparity"], "only `pip install`"),
    ],
)
def test_pip_takes_what_could_be_installed(tmp_path, arguments, word):
    """It takes this distribution, extras that it has, and packages that are here."""
    project = tmp_path / "pyproject.toml"
    text = Path(documents.ROOT / "pyproject.toml").read_text(encoding="utf-8")
    head = "[project.optional-dependencies]\n"
    project.write_text(text.replace(head, head + 'absent = ["not-a-package>=1"]\n'))
    said = documents.pip(arguments, project)

    assert word in said
    assert bool(word) == bool(said)
