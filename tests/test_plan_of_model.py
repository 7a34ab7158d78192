"""A model's folder as a plan: its chat template by every engine that is here, and no other way."""

import shutil

import pytest
from helpers import rows_of

from parity import plan, renderers
from parity.checks import CHECKS, LAWS
from parity.errors import BadSpec, MissingPackage
from parity.plan import RENDERERS, TEMPLATE_CHECKS

STYLE = "style:chatml_tools_thinking"
HERE = {"jinja", "minijinja", "transformers"}
SHORT = ("--select", "id:chat/two-turns*")


@pytest.fixture
def installed(monkeypatch):
    """A function that says which engines are here, and no other is."""

    def only(*names):
        def missing(name, version=""):
            return "" if name in names else f"{name}{version} is not here: install it"

        monkeypatch.setattr(renderers, "missing", missing)

    return only


def names(found):
    """What the pairs of a plan are called."""
    return [pair.name.removeprefix("template-") for pair in found.pairs]


def test_each_engine_that_is_here_is_a_pair(installed):
    """With transformers, which decides what a template means."""
    installed(*renderers.ENGINES)
    found = plan.of_model(STYLE)

    assert names(found) == list(RENDERERS)
    assert {pair.reference for pair in found.pairs} == {f"jinja:{STYLE},through=transformers"}
    assert all(STYLE in pair.candidate for pair in found.pairs)
    assert len({pair.candidate for pair in found.pairs}) == len(RENDERERS)
    assert (found.left_out, STYLE in found.source) == ((), True)


def test_what_a_pair_compares_is_prompts_of_chats(installed):
    """None of the checks is one that a renderer has nothing for."""
    installed(*HERE)
    for pair in plan.of_model(STYLE).pairs:
        assert (pair.checks, pair.named, pair.corpora) == (TEMPLATE_CHECKS, False, ("chat",))
    assert set(TEMPLATE_CHECKS) <= {*CHECKS, *LAWS}


@pytest.mark.parametrize(
    ("here", "pairs"),
    [
        (HERE, ["jinja", "minijinja", "smg", "tgi"]),
        (HERE - {"minijinja"}, ["jinja"]),
        ({"transformers", "huggingface_jinja"}, ["huggingface-jinja"]),
    ],
)
def test_what_is_not_here_is_left_out_with_its_reason(installed, here, pairs):
    """Nothing is left out without a word."""
    installed(*here)
    found = plan.of_model(STYLE)

    assert names(found) == pairs
    assert len(found.pairs) + len(found.left_out) == len(RENDERERS)
    assert all("is not here: install it" in reason for reason in found.left_out)
    assert {reason.partition(":")[0] for reason in found.left_out} == set(RENDERERS) - set(pairs)


@pytest.mark.parametrize("here", [(), ("transformers",), ("jinja", "minijinja")])
def test_a_plan_without_a_pair_is_none(installed, here):
    """Transformers alone, or the others without it: there is nothing to compare."""
    installed(*here)

    with pytest.raises(MissingPackage, match=r"no two engines are here: jinja: .*install it"):
        plan.of_model(STYLE)


@pytest.mark.parametrize(
    ("target", "says"), [("nowhere", "'nowhere' does not exist"), ("style:odd", "no style 'odd'")]
)
def test_a_folder_that_is_not_there_is_refused(target, says):
    """Before any engine is looked for."""
    with pytest.raises(BadSpec, match=says):
        plan.of_model(target)


def test_node_is_needed_for_what_runs_in_it(tmp_path, monkeypatch):
    """The reason names what is not on the PATH, or else the command that installs the engine."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(shutil, "which", {"node": "/bin/node"}.get)
    not_installed = plan.of_model(STYLE).left_out
    monkeypatch.setattr(shutil, "which", {}.get)
    no_node = plan.of_model(STYLE).left_out

    assert "npm install --prefix .parity/packages @huggingface/jinja" in not_installed[0]
    assert "needs node, which is not on the PATH" in no_node[0]


# The command


def test_a_model_is_run_by_the_engines_that_are_here(project, tokparity):
    """Each is a pair of the run; what was left out is told, and stands in the run file."""
    ran = tokparity("run", STYLE, *SHORT, "--output", "jsonl=run.jsonl")
    head, *_ = rows_of(project.folder / "run.jsonl")

    assert "not compared: huggingface-jinja: @huggingface/jinja" in ran.out
    assert f"plan  the model {STYLE}" in ran.out
    assert ran.out.index("template-jinja") < ran.out.index("template-tgi")
    assert [one.partition(":")[0] for one in head["not_compared"]] == ["huggingface-jinja"]
    assert ran.code == 1  # TGI opens a turn whether or not one is asked for
    assert "shaping:add_generation_prompt" in ran.out


def test_a_model_whose_template_all_engines_read_alike_is_exit_code_0(project, tokparity):
    """A path is a model, too; flags change its plan as they change any other."""
    project.file("m/chat_template.jinja", "{% for m in messages %}[{{ m.content }}]{% endfor %}")
    ran = tokparity("run", "m", "--pair", "template-minijinja", "--checks", "prompt", *SHORT)

    assert ran.code == 0
    assert "EXACT  0 of 1 comparisons differ" in ran.out
    assert "template-jinja" not in ran.out


def test_a_model_without_a_template_proves_nothing(project, tokparity):
    """All engines fail alike, which is no agreement."""
    project.file("m/tokenizer_config.json", "{}")
    ran = tokparity("run", "m", "--pair", "template-minijinja", "--checks", "prompt", *SHORT)

    assert ran.code == 3
    assert "INCONCLUSIVE" in ran.out


REFUSED = {
    "one side": ([STYLE, "--reference", "mock:honest"], "give it, or two sides, not both"),
    "the other side": ([STYLE, "--candidate", "mock:honest"], "give it, or two sides, not both"),
    "the built-in plan": ([STYLE, "--built-in"], "a model's folder is a plan of its own"),
    "no folder": (["nowhere"], "'nowhere' does not exist; a target is a path, tiny:NAME"),
    "two models": ([STYLE, "style:loops"], "unexpected extra argument"),
    "another pair": ([STYLE, "--pair", "jinja"], "no pair 'jinja' in the plan; known: template-"),
    "a comma": (["m,trim=no"], "does not exist"),
}


@pytest.mark.parametrize(("args", "says"), REFUSED.values(), ids=REFUSED)
def test_a_model_that_cannot_be_meant_is_exit_code_2(project, tokparity, args, says):
    """Nothing is run and no file is left."""
    project.plan()
    ran = tokparity("run", *args)

    assert ran.code == 2
    assert says in ran.err
    assert not (project.folder / ".parity").exists()
