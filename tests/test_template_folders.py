"""`python -m benchmarks.templates`: real chat templates, found and written as folders."""

import hashlib
import importlib.metadata
import json

import pytest

from benchmarks.templates import __main__ as command
from benchmarks.templates import finding, writing
from benchmarks.templates.finding import Refused, Template, in_folder, installed
from parity import chat_template
from parity.artefact import shipped
from parity.errors import BadSpec

CHAT = "{% for m in messages %}{{ m.content }}{% endfor %}"
TOKENS = {"bos_token": "<s>", "eos_token": {"content": "</s>", "special": True}, "unk_token": None}
READ = {"bos_token": "<s>", "eos_token": "</s>"}
BROKEN = "{% for m in messages %}"


@pytest.fixture
def lay(tmp_path):
    """Write files below a folder; what is no text is JSON."""

    def write(**files):
        for name, content in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            text = content if isinstance(content, str) else json.dumps(content)
            path.write_text(text, "utf-8", newline="")
        return tmp_path

    return write


def found(folder, name="model"):
    """What is found in a model's folder: name to source."""
    return {one.name: one.source for one in in_folder(folder / name)}


@pytest.mark.parametrize(
    ("files", "names"),
    [
        ({"chat_template.jinja": CHAT}, ["model"]),
        ({"chat_template.json": {"chat_template": CHAT}}, ["model"]),
        ({"tokenizer_config.json": {"chat_template": CHAT}}, ["model"]),
        (
            {
                "tokenizer_config.json": {
                    "chat_template": [
                        {"name": "default", "template": CHAT},
                        {"name": "tool_use", "template": CHAT},
                    ]
                }
            },
            ["model", "model-tool_use"],
        ),
        ({"tokenizer_config.json": {"chat_template": {"rag": CHAT}}}, ["model-rag"]),
        ({"additional_chat_templates/rag.jinja": CHAT}, ["model-rag"]),
        ({"8b/chat_template.jinja": CHAT}, ["model-8b"]),
        ({"tokenizer_config.json": {}}, []),
        ({"tokenizer_config.json": []}, []),
        ({"chat_template.txt": CHAT}, []),
    ],
)
def test_a_model_has_templates_in_these_places(lay, files, names):
    """Each by the name of its folder, and its own where it has one."""
    folder = lay(**{f"model/{name}": content for name, content in files.items()})

    assert found(folder) == dict.fromkeys(names, CHAT)


@pytest.mark.parametrize("file", ["chat_template.jinja", "additional_chat_templates/rag.jinja"])
def test_a_template_has_the_tokens_of_its_model(lay, file):
    """Written either way; what is null is not there."""
    folder = lay(**{f"model/{file}": CHAT, "model/tokenizer_config.json": TOKENS})

    assert [one.tokens for one in in_folder(folder / "model")] == [READ]


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("chat_template.jinja", BROKEN, "TemplateSyntaxError"),
        ("tokenizer_config.json", "{", "cannot be read"),
        ("tokenizer_config.json", {"chat_template": "\ud800"}, "UnicodeEncodeError"),
    ],
)
def test_what_is_no_template_is_refused_with_its_reason(lay, name, content, reason):
    """Nothing that was looked at vanishes."""
    (one,) = in_folder(lay(**{f"model/{name}": content}) / "model")

    assert isinstance(one, Refused)
    assert one.origin.endswith(name)
    assert one.reason.startswith(reason)


def test_of_a_package_only_chat_templates_are_taken(lay):
    """By the file's name, or because it reads messages; others are web pages and prompts."""
    files = {
        "pack/tokenizer_config.json": {"chat_template": CHAT},
        "pack/models/some.jinja": CHAT,
        "pack/models/loops.jinja": "{% for m in messages %}{% break %}{% endfor %}",
        "pack/page.jinja": "{{ title }} messages",
        "pack/sets.j2": "{% set messages = [] %}{{ messages }}",
        "pack/broken.jinja2": BROKEN,
        "pack/gone.jinja": CHAT,
        "pack-1.5.dist-info/METADATA": "Metadata-Version: 2.1\nName: pack\nVersion: 1.5\n",
    }
    folder = lay(**files, **{"pack-1.5.dist-info/RECORD": "".join(f"{name},,\n" for name in files)})
    (folder / "pack/gone.jinja").unlink()
    distribution = importlib.metadata.Distribution.at(folder / "pack-1.5.dist-info")

    assert [(one.name, one.origin) for one in installed([distribution])] == [
        ("pack", "pack 1.5: pack/tokenizer_config.json"),
        ("pack-models-some", "pack 1.5: pack/models/some.jinja"),
        ("pack-models-loops", "pack 1.5: pack/models/loops.jinja"),
    ]


def test_without_mistral_common_its_absence_is_said(monkeypatch):
    """The other places are still looked into."""
    monkeypatch.setitem(finding.__dict__, "mistral_templates", Missing)

    assert list(finding.written()) == [Refused("mistral-common", "not here")]


class Missing:
    """What has no templates to write."""

    @staticmethod
    def names():
        raise BadSpec("not here")


def test_a_folder_is_read_back_as_it_was_found(tmp_path):
    """Every character and token, CR LF as LF; the manifest has the digest of the bytes."""
    source = "\ufeff{{ bos_token }}\r\n\u4f60\x0c"
    (entry,) = writing.write(tmp_path / "out", [Template("a/b c", source, READ, "here")])
    place = tmp_path / "out" / "a-b-c"

    found = chat_template.read(str(place))

    assert (found.source(), found.tokens) == (source.replace("\r\n", "\n"), READ)
    assert entry == {
        "name": "a-b-c",
        "origins": ["here"],
        "sha256": hashlib.sha256((place / "chat_template.jinja").read_bytes()).hexdigest(),
    }
    assert json.loads((tmp_path / "out" / "manifest.json").read_bytes()) == [entry]


def test_one_template_is_one_folder(tmp_path):
    """The same under another name is another origin; another under the same name, another name."""
    made = [("a", "1"), ("b", "1"), ("A", "2"), ("..", "3"), ("manifest.json", "4")]
    entries = writing.write(
        tmp_path / "out", [Template(name, source, {}, name) for name, source in made]
    )

    assert [(entry["name"], entry["origins"]) for entry in entries] == [
        ("a", ["a", "b"]), ("A-2", ["A"]), ("template", [".."]),
        ("manifest.json-2", ["manifest.json"]),
    ]  # fmt: skip


def test_the_same_template_with_other_tokens_is_another(tmp_path):
    """It writes another text."""
    made = [Template("a", "x", {}, "1"), Template("a", "x", READ, "2")]

    assert [one["name"] for one in writing.write(tmp_path / "out", made)] == ["a", "a-2"]


def test_nothing_is_written_into_this_repository_or_over_anything(tmp_path, capsys):
    """What is others' is not ours to hand on; what is somebody's is not ours to change."""
    (tmp_path / "kept").write_text("")

    assert command.main([str(shipped().parent / "new")]) == 2
    assert "where no template of others belongs" in capsys.readouterr().err
    assert command.main([str(tmp_path)]) == 2
    assert command.main([str(tmp_path / "new"), str(tmp_path / "nobody")]) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


def test_the_command_says_what_it_found_and_refused(lay, monkeypatch, capsys):
    """A line each; nothing found is no success."""
    folder = lay(**{"model/chat_template.jinja": CHAT, "model/x/chat_template.jinja": BROKEN})
    monkeypatch.setattr(command, "written", lambda: iter(()))
    monkeypatch.setattr(command, "installed", lambda: iter(()))

    assert command.main([str(folder / "out"), str(folder / "model")]) == 0
    found, refused = capsys.readouterr().out.splitlines()
    assert found.endswith(f" model | {folder}/model/chat_template.jinja")
    assert refused.startswith(f"refused {folder}/model/x/chat_template.jinja | TemplateSyntaxError")
    assert command.main([str(folder / "none")]) == 5
