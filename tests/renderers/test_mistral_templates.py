"""The chat templates that mistral-common writes, and the chat encoder that they are copies of."""

import hashlib
import sys

import pytest

from parity.backends import load
from parity.errors import BadSpec, MissingPackage
from parity.renderers import mistral_templates

USER = {"role": "user", "content": "Hello"}
TALKS = {
    "one turn": [USER],
    "three turns": [
        USER,
        {"role": "assistant", "content": "Hi!"},
        {"role": "user", "content": "\u4f60"},
    ],
    "system": [{"role": "system", "content": "Be\nkind \U0001f600"}, USER],
}
NATIVE = {
    "v1": "v1_spm", "v2": "v2_spm", "v3": "v3_spm", "v3_tekken": "v3_tekken",
    "v3_tekken_image": "v3_tekken_image", "v7": "v7_spm", "v7_image": "v7_spm_image",
}  # fmt: skip
"""Tokenizers of the package, and the templates of the same kind."""


def rendered(source, tokens, messages):
    """What Jinja2 makes of a template."""
    engine = load("jinja:none")
    text = engine.expand(source, {**tokens, "messages": messages, "tools": None})
    engine.close()
    return text


@pytest.fixture(scope="module")
def package():
    """The package, or a skip."""
    pytest.importorskip("mistral_common", reason="mistral-common is not installed")


@pytest.mark.assets
@pytest.mark.usefixtures("package")
def test_there_is_one_template_a_configuration():
    """Every version; no two names for one text."""
    names = mistral_templates.names()
    digests = {
        hashlib.sha256(mistral_templates.template(name)[0].encode()).digest() for name in names
    }

    assert len(names) == len(set(names)) == len(digests) >= 22
    assert {name.partition("_")[0] for name in names} >= {"v1", "v2", "v3", "v7", "v11", "v13"}


@pytest.mark.assets
@pytest.mark.usefixtures("package")
@pytest.mark.parametrize("name", NATIVE)
@pytest.mark.parametrize("talk", TALKS)
def test_a_template_writes_what_the_encoder_encodes(name, talk):
    """Jinja2 on the generated template, and the package's own encoder: one text."""
    source, tokens = mistral_templates.template(NATIVE[name])
    native = load(f"mistral_common:{name},text=spaced")
    written = rendered(source, tokens, TALKS[talk])

    assert written == native.render(TALKS[talk], {})


@pytest.mark.assets
@pytest.mark.usefixtures("package")
@pytest.mark.parametrize(
    ("name", "encoded"),
    [
        ("v2", '[{"name": "f", "content": {"r": 1}}]'),
        ("v3", '{"content": {"r": 1}, "call_id": "abcdefghi"}'),
        ("v3_tekken", '{"content": {"r": 1}, "call_id": "abcdefghi"}'),
    ],
)
def test_the_package_and_its_own_template_differ_on_a_tool_result_that_is_json(name, encoded):
    """The encoder reads it; the template writes it as a string. Known of mistral-common 1.13.1."""
    call = {"id": "abcdefghi", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    result = {"role": "tool", "name": "f", "tool_call_id": "abcdefghi", "content": '{"r": 1}'}
    talk = [USER, {"role": "assistant", "content": "", "tool_calls": [call]}, result]
    source, tokens = mistral_templates.template(NATIVE[name])
    native = load(f"mistral_common:{name},text=spaced").render(talk, {})
    written = rendered(source, tokens, talk)

    assert encoded in native
    assert encoded.replace('{"r": 1}', r'"{\"r\": 1}"') in written


@pytest.mark.assets
@pytest.mark.usefixtures("package")
def test_bos_and_eos_are_variables():
    """Whoever renders says them."""
    source, tokens = mistral_templates.template("v3_spm")

    assert tokens == {"bos_token": "<s>", "eos_token": "</s>"}
    assert "bos_token" in source
    assert "<s>" not in source


@pytest.mark.assets
@pytest.mark.usefixtures("package")
def test_an_unknown_name_is_said_with_the_known_ones():
    """SentencePiece ends with v7."""
    with pytest.raises(BadSpec, match=r"'v11_spm'.*; known: v1_spm, v1_tekken, .*v7_spm_image"):
        mistral_templates.template("v11_spm")


def test_without_the_package_it_is_named(monkeypatch):
    """With what to install."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "mistral_common"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "mistral_common", None)

    with pytest.raises(MissingPackage, match=r"mistral_common.*tokparity\[mistral_common\]"):
        mistral_templates.names()
