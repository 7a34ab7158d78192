"""The map from models to tokenizers: true, extensible, and it says what it does not know."""

import os
import tomllib
from pathlib import Path

import pytest
from mistral_common.tokens.tokenizers.mistral import MODEL_NAME_TO_TOKENIZER_CLS, MistralTokenizer
from tiktoken.model import MODEL_PREFIX_TO_ENCODING, MODEL_TO_ENCODING, encoding_name_for_model

from parity import artefact, assets, hub, models, plan, terms
from parity.errors import BadPlan, BadSpec, MissingAsset
from parity.models import fits
from parity.terms import Terms

OURS, ABSENT = models.shipped()
NAMES = [*MODEL_TO_ENCODING, *(f"{prefix}2030" for prefix in MODEL_PREFIX_TO_ENCODING)]
KEPT = {
    "mistral_common:v2": "mistral_instruct_tokenizer_240216.model.v2",
    "mistral_common:v3_tekken": "tekken_240718.json",
    "mistral_common:v7_image": "mistral_instruct_tokenizer_241114.model.v7m1",
}


def meant(name):
    """The target that our map has for a name, as it is written."""
    return next(found for pattern, found in OURS if models.fits(pattern, name))


@pytest.mark.parametrize("name", NAMES)
def test_an_openai_model_has_the_encoding_that_tiktoken_gives_it(name):
    """Every name and every prefix of its table, and the message says which and what would load."""
    encoding = encoding_name_for_model(name)

    assert meant(name) == f"absent:tiktoken:{encoding}"
    with pytest.raises(MissingAsset, match=rf"tiktoken's {encoding}, .*openai_public\.py"):
        artefact.resolve(f"model:{name}")


@pytest.mark.parametrize("name", MODEL_NAME_TO_TOKENIZER_CLS)
def test_a_mistral_model_has_the_file_that_mistral_common_gives_it(name, monkeypatch):
    """By the source of our asset, or by the adapter's own name for the file."""
    read = []
    monkeypatch.setattr(
        MistralTokenizer, "from_file", classmethod(lambda _, path, **__: read.append(path))
    )
    MODEL_NAME_TO_TOKENIZER_CLS[name]()
    file, found = read[0].rpartition("/")[2], meant(name)
    if found.startswith("asset:"):
        (source,) = assets.RECIPES[found.removeprefix("asset:")].sources
        assert source.endswith(f"/{file}")
    else:
        assert KEPT[found.removeprefix("absent:")] == file


def test_every_target_is_one_that_can_be():
    """An asset that has a recipe, a commit of the hub, or a row of what is absent."""
    for pattern, found in OURS:
        kind, _, rest = found.partition(":")
        if kind == "asset":
            assert rest in assets.RECIPES, pattern
        elif kind == "hub":
            assert hub.read(rest).pinned, pattern
        else:
            assert (kind, rest.partition(":")[0] in ABSENT) == ("absent", True), pattern


def test_no_pattern_of_ours_is_hidden_by_one_before_it():
    """It would never be reached."""
    for place, (pattern, _) in enumerate(OURS):
        hiding = [one for one, _ in OURS[:place] if models.fits(one, pattern.replace("*", "x"))]
        assert hiding == [], pattern


def test_each_entry_has_its_source_in_a_comment():
    """The block of lines that it stands in begins with where it comes from."""
    table = models.SHIPPED.read_text("utf-8").partition("[models]\n")[2].partition("[absent]")[0]
    blocks = table.strip().split("\n\n")

    assert all(block.startswith("# ") for block in blocks)
    assert len(tomllib.loads(table)) == len(OURS)


@pytest.mark.parametrize("spec", ["tiny", "path"])
def test_a_model_of_the_users_comes_first(tmp_path, spec):
    """Before ours, in the order that they stand in."""
    target = "tiny:unigram" if spec == "tiny" else str(tmp_path)
    own = (("gpt-4o", target), ("gpt-*", "tiny:wordpiece"))
    with terms.under(Terms(models=own)) as told:
        first = artefact.resolve("model:GPT-4o")
        artefact.resolve("model:gpt-4o-2024-05-13")

    assert first == artefact.resolve(target)
    assert told == {
        "model:GPT-4o": f"{target}, by 'gpt-4o' of [tool.parity.models]",
        "model:gpt-4o-2024-05-13": "tiny:wordpiece, by 'gpt-*' of [tool.parity.models]",
    }


@pytest.mark.parametrize(
    ("pattern", "name", "fits"),
    [
        ("qwen3", "Qwen3", True),
        ("qwen3", "org/qwen3", True),
        ("qwen3", "qwen3-8b", False),
        ("qwen3.5*", "qwen3x5-27b", False),
        ("org/*", "org/x", True),
        ("org/*", "x", False),
        ("a[b]?", "a[b]?", True),
        ("a[b]?", "abc", False),
        ("*-x", "a-b-x", True),
    ],
)
def test_a_pattern_fits_by_its_rule(pattern, name, fits):
    """`*` is the only sign that is not itself."""
    assert models.fits(pattern, name) is fits


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("qwen", "qwen3"),
        ("gtp-4o", "gpt-4o"),
        ("qwen-7b", "qwen-7b-chat"),
        ("deepseek", "deepseek-v4-pro"),
    ],
)
def test_an_unknown_name_lists_near_ones(name, near):
    """And where one's own would stand."""
    with pytest.raises(BadSpec, match=r"near ones: .*; name its folder, or add") as refused:
        artefact.resolve(f"model:{name}")

    assert near in str(refused.value)
    with pytest.raises(BadSpec, match=r"none of \d+ is near"):
        artefact.resolve("model:zzzz")


PAIR = '[[tool.parity.pairs]]\nname = "x"\nreference = "hf:model:a"\ncandidate = "hf:model:b"\n'


def of(tmp_path, text, file=""):
    """The terms of a plan."""
    (tmp_path / "more.toml").write_text(file)
    (tmp_path / "pyproject.toml").write_text(text)
    return plan.read(tmp_path / "pyproject.toml").pairs[0].terms


def test_a_plan_has_models_in_a_table_or_a_file(tmp_path, monkeypatch):
    """Of one shape."""
    monkeypatch.chdir(tmp_path)
    table = '[tool.parity.models]\n"a*" = "tiny:unigram"\n' + PAIR
    file = '[tool.parity]\nmodels = "more.toml"\n' + PAIR
    rows = (("a*", "tiny:unigram"),)

    assert of(tmp_path, table).models == rows
    assert of(tmp_path, file, '[models]\n"a*" = "tiny:unigram"\n').models == rows


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ("network = 1", "network is true or false, not 1"),
        ('moving = "yes"', "moving is true or false"),
        ("models = 3", "a table of pattern = target is wanted"),
        ('models = "gone.toml"', "gone.toml: no such file"),
        ('models = "more.toml"', "more.toml: a table of pattern"),
        ("models.qwen3.5 = 'x'", "write 'qwen3' in quotes"),
        ("models = {a = 1}", "the target of 'a' is a text, not 1"),
        ('models = {a = "model:b"}', "is no tokenizer but 'model:b'"),
    ],
)
def test_terms_that_cannot_be_meant_are_refused(tmp_path, monkeypatch, lines, says):
    """With the place and what is wanted."""
    monkeypatch.chdir(tmp_path)

    with pytest.raises((BadPlan, BadSpec), match=says):
        of(tmp_path, f"[tool.parity]\n{lines}\n{PAIR}")


def test_a_model_of_the_projects_is_run_by_its_name(project, tokparity):
    """Two specs on the command line know the project's models; what it led to is told."""
    project.corpus("texts.jsonl", "abc")
    project.file("pyproject.toml", '[tool.parity.models]\nmine = "tiny:byte-bpe-600"\n')
    sides = "--reference", "hf:model:mine", "--candidate", "reference:model:mine"
    ran = tokparity("run", *sides, "--checks", "ids", "--corpus", "texts.jsonl")

    assert ran.code == 0
    assert "model:mine  is tiny:byte-bpe-600, by 'mine' of [tool.parity.models]" in ran.out


def test_a_broken_project_matters_only_to_specs_that_ask_it(project, tokparity):
    """Whoever names two folders is not asked to mend a plan that he does not use."""
    project.corpus("texts.jsonl", "abc")
    project.file("pyproject.toml", "[tool.parity]\nnetwork = 1\n")
    rest = "--checks", "ids", "--corpus", "texts.jsonl"
    plain = tokparity("run", "--reference", "hf:tiny:byte-bpe-600", "--candidate",
                      "reference:tiny:byte-bpe-600", *rest)  # fmt: skip
    asking = tokparity(
        "run", "--reference", "hf:model:x", "--candidate", "reference:model:x", *rest
    )

    assert (plain.code, asking.code) == (0, 2)
    assert "network is true or false" in asking.err


def test_many_stars_are_looked_for_in_no_time():
    """One place after the other: no pattern makes a name a riddle."""
    pattern = "*a" * 40 + "b"

    assert not fits(pattern, "a" * 400)
    assert fits(pattern, "a" * 400 + "b")
    assert not fits("ab*ba", "aba")


def test_a_map_that_is_no_file_is_not_waited_for(tmp_path, monkeypatch):
    """A FIFO would never end."""
    monkeypatch.chdir(tmp_path)
    os.mkfifo("fifo")

    with pytest.raises(BadSpec, match="fifo: no such file"):
        models._of_file(Path("fifo"))
