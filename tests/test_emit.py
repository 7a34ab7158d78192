"""`explain --emit`: the test is red and then green, the script needs the two libraries alone."""

import json
import shutil
import subprocess
import sys

import pytest

from parity.artefact import resolve
from parity.types import case_digest

TEXT = "Some WORDS, \u00e9 and 42"
IDS = [70, 71, 300, 301, 72]


def of(kind, payload, **options):
    """A line of a corpus."""
    return {"id": f"t/case-{case_digest(kind, payload, options)}", kind: payload, **options}


def rows_of(path):
    """The divergences of a run file that it failed for, and their names."""
    from parity import runfile
    from parity.identities import failing, identity

    return [(identity(row), row) for row in failing(runfile.read(path))]


@pytest.fixture
def planted(project, tokparity):
    """A function that runs a pair with a reference that reads and writes otherwise: its rows."""

    def command(candidate, tiny="byte-bpe-600", *, rows=(TEXT, IDS), checks=CHECKS, **pair):
        for name in ("a", "b"):
            shutil.copytree(resolve(f"tiny:{tiny}"), project.folder / "models" / name)
        path = project.folder / "models" / "b" / "tokenizer.json"
        content = json.loads(path.read_text())
        lower = {"type": "Lowercase"}
        before = content["normalizer"]
        content["normalizer"] = {"type": "Sequence", "normalizers": [lower, before]}
        more = {"type": "Replace", "pattern": {"String": "g"}, "content": "q"}
        content["decoder"] = {"type": "Sequence", "decoders": [content["decoder"], more]}
        path.write_text(json.dumps(content))
        project.plan(
            {"reference": "hf:models/b", "candidate": candidate, "checks": list(checks), **pair},
            rows=rows,
        )
        tokparity("run", "--output", "jsonl=run.jsonl")
        return rows_of(project.folder / "run.jsonl")

    return command


CHECKS = ("ids", "ids_batched", "offsets", "text")


@pytest.fixture
def emitted(tokparity):
    """A function that returns what is emitted of a divergence."""

    def command(name, form):
        ran = tokparity("explain", name, "--run", "run.jsonl", "--emit", form)

        assert ran.code == 0, ran.err
        return ran.out

    return command


def python(project, *args):
    """What Python does in the project's folder."""
    return subprocess.run(  # noqa: S603 (what runs is what is tested)
        [sys.executable, *args], cwd=project.folder, capture_output=True, text=True, check=False
    )  # fmt: skip


def mended(project):
    """Make the reference what it should be."""
    folder = project.folder / "models"
    shutil.copy(folder / "a" / "tokenizer.json", folder / "b" / "tokenizer.json")


OTHERS = {
    "hf": ("hf:models/a", "byte-bpe-600", CHECKS),
    "transformers": ("transformers:models/a", "byte-bpe-600", ("ids", "offsets")),
    "tiktoken": ("tiktoken:models/a", "byte-bpe-600", ("ids", "ids_batched")),
    "sentencepiece": ("sentencepiece:models/a", "fallback-bpe", ("ids", "ids_batched", "offsets")),
}


@pytest.mark.parametrize("name", OTHERS)
def test_a_script_shows_the_difference_with_the_two_libraries_alone(
    project, planted, emitted, name
):
    """It exits with 1, prints both answers as the run saw them, and exits with 0 once mended."""
    candidate, tiny, checks = OTHERS[name]
    found = planted(candidate, tiny, checks=checks)

    assert {row["check"] for _, row in found} == set(checks)
    for check in checks:
        id, row = next(one for one in found if one[1]["check"] == check)
        script = emitted(id, "python")
        (project.folder / f"{check}.py").write_text(script)
        ran = python(project, f"{check}.py")
        answers = [json.loads(line.split(" ", 1)[1].translate(LISTS)) if check != "text" else ""
                   for line in ran.stdout.splitlines()]  # fmt: skip

        assert ran.returncode == 1, script + ran.stderr
        assert "parity import" not in script
        assert script.isascii()
        if check != "text":
            assert answers == [row["minimal"][side]["value"] for side in ("reference", "candidate")]
    if name != "transformers":  # importing it again costs seconds
        mended(project)
        offsets = {"offsets"} if name == "sentencepiece" else set()  # they are others by design
        for check in set(checks) - offsets:
            assert python(project, f"{check}.py").returncode == 0


LISTS = str.maketrans("()", "[]")


def test_a_tiny_tokenizer_is_a_path_in_a_script(planted, emitted):
    """Whoever gets it needs no tokparity to find the file."""
    found = planted("hf:tiny:byte-bpe-600")
    script = emitted(found[0][0], "python")

    assert str(resolve("tiny:byte-bpe-600") / "tokenizer.json") in script
    assert "'models/b/tokenizer.json'" in script
    assert "tiny:" not in script


@pytest.mark.parametrize(
    ("candidate", "why"),
    [
        ("mock:honest", "it is a fake of tokparity's own"),
        ("py:mine:Mine", "it is written as a backend of tokparity"),
        ("reference:models/a", "it is tokparity's own readable implementation"),
        (f"hf:models/a,python={sys.executable}", "it runs in an interpreter of its own"),
        ("pipeline:minisgl,encode=hf:models/a", "it is several backends"),
    ],
    ids=["mock", "py", "reference", "python", "pipeline"],
)
def test_a_side_without_a_short_way_is_called_through_tokparity(
    project, planted, emitted, candidate, why
):
    """And the script says why."""
    found = planted(candidate, rows=(TEXT,), checks=("ids",))
    script = emitted(found[0][0], "python")
    (project.folder / "script.py").write_text(script)

    assert f"needs tokparity: {why}" in script
    assert "tokenizers.Tokenizer.from_file('models/b/tokenizer.json')" in script
    assert python(project, "script.py").returncode == 1


def test_files_that_are_not_here_leave_the_side_to_tokparity(project, planted, emitted):
    """Nothing has to be loaded to write a script."""
    found = planted("hf:models/a")
    shutil.rmtree(project.folder / "models" / "a")
    script = emitted(found[0][0], "python")

    assert "needs tokparity: its files are not here (" in script
    assert "backends.load('hf:models/a')" in script


def test_a_failure_is_an_answer_of_a_script(project, planted, emitted):
    """By the name of its class, as the run has it."""
    found = planted("py:mine:Fails", rows=(TEXT,), checks=("ids", "outcome"))
    for id, row in found:
        (project.folder / "script.py").write_text(emitted(id, "python"))
        ran = python(project, "script.py")

        assert ran.returncode == 1, row["check"]
        assert "candidate 'ValueError'" in ran.stdout


@pytest.mark.parametrize("form", ["pytest", "python"])
def test_what_is_emitted_is_the_same_every_time(planted, emitted, form):
    """To the byte."""
    found = planted("hf:models/a", checks=("ids",))

    assert emitted(found[0][0], form) == emitted(found[0][0], form)


def test_a_pasted_test_is_red_and_green_once_it_is_mended(project, planted, emitted):
    """Under a pytest of its own, of each check."""
    found = dict(reversed([(row["check"], id) for id, row in planted("hf:models/a")]))
    for check, id in found.items():
        (project.folder / f"test_{check}.py").write_text(emitted(id, "pytest"))
    files = [f"test_{check}.py" for check in found]
    red = python(project, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--color=no", *files)
    mended(project)
    green = python(project, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--color=no", *files)

    assert set(found) == set(CHECKS)
    assert "4 failed" in red.stdout
    assert f"test_d_{found['ids'][2:]}" in red.stdout
    assert "first difference at [0]" in red.stdout
    assert "4 passed" in green.stdout


CHAT = of("messages", [{"role": "system", "content": "x y"}, {"role": "user", "content": "x"}])
FAULTS = {
    "ids": ("drops_last_id", "ids", "abc"),
    "decoding": ("strips_decoded_text", "text", [32, 97, 32]),
    "stream": ("streams_in_capitals", "chunks", of("stream", {"requests": [{"pieces": ["ab"]}]})),
    "stop": ("keeps_the_stop", "stop_final", of("stop", {"pieces": ["a", "S"], "stops": ["S"]})),
    "prompt": ("encodes_prompts_twice_over", "prompt_ids", CHAT),
    "batch": ("reverses_batches", "ids_batched", "abc"),
    "law": ("pads_batches", "batch_is_single", "abc"),
    "vocabulary": ("renames_a_token", "vocabulary", "abc"),
    "declared": ("moves_an_added_token", "declared_ids", "abc"),
    "failure": ("fails_in_batches", "ids_batched", "abc"),
}


def run_as_file(text):
    """Run what is emitted, as a module; return its names."""
    names = {"__name__": "emitted"}
    exec(compile(text, "emitted.py", "exec"), names)  # noqa: S102 (this is what is tested)
    return names


@pytest.mark.parametrize("name", FAULTS)
def test_every_kind_of_check_has_a_test_and_a_script(project, tokparity, emitted, name):
    """Red with the fault, green with the honest backend in its place."""
    fault, check, row = FAULTS[name]
    project.plan({"candidate": f"mock:{fault}", "checks": [check]}, rows=(row, "d e", "f"))
    tokparity("run", "--output", "jsonl=run.jsonl")
    id, _ = rows_of(project.folder / "run.jsonl")[0]
    text, script = emitted(id, "pytest"), emitted(id, "python")
    test = f"test_{id.replace('-', '_').lower()}"

    with pytest.raises(AssertionError, match=check):
        run_as_file(text)[test]()
    run_as_file(text.replace(f"mock:{fault}", "mock:honest"))[test]()
    with pytest.raises(SystemExit) as differs:
        run_as_file(script)
    assert differs.value.code == 1
    honest = script.replace(f"mock:{fault}", "mock:honest")
    try:
        run_as_file(honest)
    except SystemExit as agrees:
        assert agrees.code == 0  # noqa: PT017 (some scripts end by it, others do not)


def test_a_test_is_not_green_where_nothing_is_compared(planted, emitted):
    """A side that has no such operation any more proves nothing."""
    found = planted("mock:honest", rows=(TEXT,), checks=("ids",))
    text = emitted(found[0][0], "pytest").replace("'mock:honest'", "'py:mine:Lacks'")

    with pytest.raises(Exception, match="nothing was compared"):
        run_as_file(text)[f"test_{found[0][0].replace('-', '_').lower()}"]()


def test_several_divergences_are_not_written_into_one(planted, tokparity):
    """They are listed by their names."""
    found = planted("hf:models/a")
    ran = tokparity("explain", "t/", "--run", "run.jsonl", "--emit", "pytest")

    assert ran.code == 2
    assert found[0][0] in ran.err
    assert ran.out == ""


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (("D-00000000", "--emit", "pytest"), 5, "D-00000000"),
        (("--emit", "pytest"), 2, "name a divergence"),
        (("--text", "a", "--emit", "pytest"), 2, "--text"),
        (("t/", "--emit", "issue", "--json"), 2, "not JSON"),
        (("t/", "--reference", "mock:honest"), 2, "--pair"),
        (("t/", "--pair", "nobody"), 5, "nobody"),
        (("t/", "--emit", "poem"), 2, "poem"),
    ],
    ids=str,
)
def test_what_cannot_be_meant_is_told(planted, tokparity, args, code, said):
    """With its exit code, and nothing on the output."""
    planted("hf:models/a", rows=(TEXT,), checks=("ids",))
    ran = tokparity("explain", *args, "--run", "run.jsonl")

    assert ran.code == code
    assert said in ran.err
    assert ran.out == ""


def test_a_divergence_is_explained_by_its_name(planted, tokparity):
    """As a case of the plan is: its stage, and its smallest input; as JSON, too."""
    id, _ = planted("hf:models/a", rows=(TEXT,), checks=("ids",))[0]
    ran = tokparity("explain", id, "--run", "run.jsonl")
    (found,) = json.loads(tokparity("explain", id, "--run", "run.jsonl", "--json").out)

    assert ran.code == 0
    assert ran.out.startswith(f"{id}  toy  run.jsonl\n")
    assert "stage       normalizer" in ran.out
    assert (found["id"], found["explained"]["stage"]) == (id, "normalizer")
    assert found["divergence"]["minimal"]["case"]["payload"] == "A"


def test_what_is_fixed_is_explained_as_that(project, planted, tokparity):
    """The sides are told that are not what they were."""
    id, _ = planted("hf:models/a", rows=(TEXT,), checks=("ids",))[0]
    content = json.loads((project.folder / "models" / "a" / "tokenizer.json").read_text())
    (project.folder / "models" / "b" / "tokenizer.json").write_text(json.dumps(content, indent=3))
    ran = tokparity("explain", id, "--run", "run.jsonl")

    assert ran.code == 0
    assert "it does not differ any more" in ran.out
    assert "reference: artefacts tokenizer.json was" in ran.out
