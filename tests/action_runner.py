"""Runs the steps of a composite action as GitHub's runner does, as far as ours uses it.

Each `run:` step runs in `bash -eo pipefail` with the step's environment and the files for outputs
and summary. `uses:` steps are recorded, not run. An expression of another form than the few that
are known here is an error: nothing is guessed.
"""

import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import yaml

ROOT = Path(__file__).parent.parent
WORD = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<name>[A-Za-z_][\w.-]*)|(?P<sign>==|!=|&&|\|\||[!(),]))"
)
KEYS = {"name", "id", "if", "shell", "env", "run", "uses", "with", "working-directory"}


class Job(NamedTuple):
    """What became of a run of an action."""

    code: int
    log: str
    summary: str
    outputs: dict
    used: list
    """The steps of other actions that a runner would run, with their inputs."""
    folder: Path
    """Where the reports are."""

    @property
    def annotations(self):
        """Every command of the log that is an annotation and that the runner would obey."""
        found, guard = [], ""
        for line in map(str.strip, self.log.splitlines()):
            if guard:
                guard = "" if line == f"::{guard}::" else guard
            elif line.startswith("::stop-commands::"):
                guard = line.removeprefix("::stop-commands::")
            elif line.startswith(("::error", "::warning", "::notice")):
                found.append(line)
        return found


class Expression:
    """One expression of a workflow; `value` is what it means. Raises on all that is not known."""

    def __init__(self, text, contexts, functions):
        self.words, at = [], 0
        while text[at:].strip():
            found = WORD.match(text, at)
            if not found:
                raise ValueError(f"no expression that this runner knows: {text!r}")
            self.words.append((found.lastgroup, found[found.lastgroup]))
            at = found.end()
        self.contexts, self.functions, self.text = contexts, functions, text

    def value(self):
        found = self.either()
        if self.words:
            raise ValueError(f"there is more than an expression in {self.text!r}")
        return found

    def took(self, *signs):
        if self.words and self.words[0] in [("sign", sign) for sign in signs]:
            return self.words.pop(0)[1]
        return ""

    def either(self):
        found = self.both()
        while self.took("||"):
            other = self.both()
            found = found or other
        return found

    def both(self):
        found = self.equal()
        while self.took("&&"):
            other = self.equal()
            found = found and other
        return found

    def equal(self):
        found = self.one()
        if sign := self.took("==", "!="):
            other = self.one()
            if not isinstance(found, str) or not isinstance(other, str):
                raise ValueError(f"only texts are compared here: {self.text!r}")
            return (found.lower() == other.lower()) == (sign == "==")
        return found

    def one(self):
        if self.took("!"):
            return not self.one()
        if self.took("("):
            found = self.either()
            self.wants(")")
            return found
        kind, word = self.words.pop(0)
        if kind == "text":
            return word[1:-1].replace("''", "'")
        if kind == "name" and self.took("("):
            return self.functions[word](*self.arguments())
        return self.named(word)

    def arguments(self):
        found = []
        while not self.took(")"):
            found.append(self.either())
            self.took(",")
        return found

    def named(self, word):
        context, _, rest = word.partition(".")
        if context == "steps":
            id, outputs, name = rest.split(".")
            if outputs != "outputs" or id not in self.contexts["ids"]:
                raise ValueError(f"no such step: {word}")
            return self.contexts["steps"].get(id, {}).get(name, "")
        return self.contexts[context][rest]  # KeyError: nobody declared it

    def wants(self, sign):
        if not self.took(sign):
            raise ValueError(f"{sign} is missing in {self.text!r}")


class Runner:
    """A runner with a checkout of a repository.

    path: folders that come first on PATH.
    """

    def __init__(self, workspace, temp, path=(), action=ROOT / "action.yml"):
        self.action = yaml.safe_load(action.read_text(encoding="utf-8"))
        self.workspace, self.temp, self.path = workspace, temp, path
        self.summary = self.temp / "summary.md"
        self.failed = False

    def run(self, **inputs):
        """Run the action with inputs, whose names have _ in the place of -."""
        given = {name.replace("_", "-"): text for name, text in inputs.items()}
        declared = self.action["inputs"]
        assert given.keys() <= declared.keys(), "an input that the action does not declare"
        values = {name: given.get(name, str(row["default"])) for name, row in declared.items()}
        steps = self.action["runs"]["steps"]
        self.contexts = {
            "inputs": values, "steps": {}, "ids": {step["id"] for step in steps if "id" in step},
            "runner": {"os": "Linux", "arch": "X64"}, "github": {"run_id": "4711"},
        }  # fmt: skip
        self.failed, self.code, self.log, self.used = False, 0, "", []
        self.summary.write_bytes(b"")
        for step in steps:
            assert step.keys() <= KEYS, f"this runner does not know all of {sorted(step)}"
            if self.wanted(step):
                (self.use if "uses" in step else self.step)(step)
        named = self.action["outputs"].items()
        outputs = {name: self.filled(row["value"]) for name, row in named}
        folder = Path(self.contexts["steps"].get("place", {}).get("reports", self.temp))
        summary = self.summary.read_text(encoding="utf-8")
        return Job(self.code, self.log, summary, outputs, self.used, folder)

    def wanted(self, step):
        """Say whether a step runs: without a condition, where nothing failed before."""
        condition = str(step.get("if", "success()"))
        always = "always()" in condition
        return bool(self.value(condition)) and (always or not self.failed)

    def use(self, step):
        given = {name: self.filled(str(text)) for name, text in step.get("with", {}).items()}
        self.used.append((step["uses"], given))

    def step(self, step):
        """Run a script, and take what it wrote."""
        assert step["shell"] == "bash"
        assert "${{" not in step["run"], "an expression in a script is a hole"
        out = self.temp / "outputs"
        out.write_bytes(b"")
        script = self.temp / "script.sh"
        script.write_text(step["run"], encoding="utf-8")
        env = {name: self.filled(str(text)) for name, text in step.get("env", {}).items()}
        ran = subprocess.run(  # noqa: S603
            ["bash",  # noqa: S607
             "--noprofile", "--norc", "-eo", "pipefail", script],
            cwd=self.workspace / self.filled(step.get("working-directory", ".")),
            env={**self.environment(out), **env},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            encoding="utf-8", check=False,
        )  # fmt: skip
        self.log += ran.stdout
        if "id" in step:
            lines = out.read_text(encoding="utf-8").splitlines()
            self.contexts["steps"][step["id"]] = dict(line.split("=", 1) for line in lines)
        if ran.returncode and not self.failed:
            self.failed, self.code = True, ran.returncode

    def environment(self, out):
        """The environment of a runner, not that of whoever runs these tests."""
        kept = {name: os.environ[name] for name in ("HOME", "LANG") if name in os.environ}
        path = [*self.path, Path(sys.executable).parent, os.defpath]
        return {
            **kept, "PATH": os.pathsep.join(map(str, path)),
            "PYTHONPATH": str(ROOT), "CI": "true", "GITHUB_ACTIONS": "true",
            "GITHUB_WORKSPACE": str(self.workspace), "RUNNER_TEMP": str(self.temp),
            "GITHUB_OUTPUT": str(out), "GITHUB_STEP_SUMMARY": str(self.summary),
        }  # fmt: skip

    def filled(self, text):
        """Return a text with every expression in it replaced."""
        return re.sub(r"\$\{\{(.*?)\}\}", lambda found: _text(self.value(found[1])), str(text))

    def value(self, text):
        functions = {
            "always": lambda: True, "success": lambda: not self.failed,
            "startsWith": lambda text, start: text.startswith(start),
            "format": lambda form, *rest: form.format(*rest), "hashFiles": self.hash_files,
        }  # fmt: skip
        return Expression(text, self.contexts, functions).value()

    def hash_files(self, *patterns):
        found = sorted({path for one in patterns for path in self.workspace.glob(one)})
        return hashlib.sha256(b"".join(path.read_bytes() for path in found)).hexdigest()


def _text(found):
    return str(found).lower() if isinstance(found, bool) else found
