"""The `mistral_common` backend: Mistral's own chat encoder, ids first and text from them."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from parity import artefact, fingerprint
from parity.backends import load
from parity.errors import BadSpec, Unsupported

pytestmark = pytest.mark.assets
mistral_common = pytest.importorskip("mistral_common", reason="mistral-common is not installed")
pytest.importorskip("sentencepiece", reason="sentencepiece is not installed")
DATA = Path(mistral_common.__file__).parent / "data"

NAMES = ["v1", "v2", "v3", "v3_tekken", "v3_tekken_image", "v7", "v7_image"]
USER = {"role": "user", "content": "Hello"}
TALK = [USER, {"role": "assistant", "content": "Hi there!"}, {"role": "user", "content": "\u4f60!"}]
SYSTEM = [{"role": "system", "content": "Be\nkind \U0001f600"}, USER]
TOOL = {
    "type": "function",
    "function": {"name": "f", "description": "", "parameters": {"type": "object"}},
}
TEXTS = {
    "v1": "<s>\u2581[INST]\u2581Hello\u2581[/INST]\u2581Hi\u2581there!</s>"
    "\u2581[INST]\u2581\u4f60!\u2581[/INST]",
    "v2": "<s>[INST]\u2581Hello[/INST]\u2581Hi\u2581there!</s>[INST]\u2581\u4f60![/INST]",
    "v3": "<s>[INST]\u2581Hello[/INST]\u2581Hi\u2581there!</s>[INST]\u2581\u4f60![/INST]",
    "v3_tekken": "<s>[INST]Hello[/INST]Hi there!</s>[INST]\u4f60![/INST]",
    "v7": "<s>[INST]\u2581Hello[/INST]\u2581Hi\u2581there!</s>[INST]\u2581\u4f60![/INST]",
}


@pytest.fixture(scope="module")
def backend():
    """A backend of a spec, made once."""
    made = {}

    def of(name, **options):
        spec = "".join([f"mistral_common:{name}", *(f",{k}={v}" for k, v in options.items())])
        if spec not in made:
            made[spec] = load(spec)
        return made[spec]

    return of


@pytest.mark.parametrize("name", TEXTS)
def test_each_version_has_its_own_spaces(backend, name):
    """About `[INST]` and after it: where pages, templates and code have differed."""
    assert backend(name).render(TALK, {}) == TEXTS[name]


@pytest.mark.parametrize("name", NAMES)
def test_a_prompt_begins_with_bos_once(backend, name):
    """Chats and texts; the encoder puts it there, and nobody else may."""
    bos = backend(name).tokenizer.bos_id
    chat, text = backend(name).prompts([TALK, "Hello"])

    assert [chat[0], chat.count(bos), text[0], text.count(bos)] == [bos, 1, bos, 1]


@pytest.mark.parametrize("name", NAMES)
def test_the_ids_of_a_chat_are_those_of_its_text(backend, name):
    """What is rendered is the prompt's ids, decoded."""
    (ids,) = backend(name).prompts([SYSTEM])

    assert backend(name).decode(ids, skip_special=False) == backend(name).render(SYSTEM, {})


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("v1", "<s> [INST] Be\nkind \U0001f600\n\nHello [/INST]"),
        ("v3", "<s>[INST] Be\nkind \U0001f600\n\nHello[/INST]"),
        ("v3_tekken", "<s>[INST]Be\nkind \U0001f600\n\nHello[/INST]"),
        ("v7", "<s>[SYSTEM_PROMPT] Be\nkind \U0001f600[/SYSTEM_PROMPT][INST] Hello[/INST]"),
    ],
)
def test_spaced_text_has_spaces_and_bytes_in_the_place_of_pieces(backend, name, text):
    """So that it can be compared with what a template writes."""
    assert backend(name, text="spaced").render(SYSTEM, {}) == text


def test_bytes_are_told_from_a_text_that_looks_like_them(backend):
    """The text is made id by id; only a byte piece is a byte."""
    messages = [{"role": "user", "content": "<0x41>\x01"}]

    assert backend("v3", text="spaced").render(messages, {}) == "<s>[INST] <0x41>\x01[/INST]"


def test_a_final_message_is_continued_where_asked(backend):
    """The library's word for it is a prefix: no end of text after it."""
    options = {"continue_final_message": True, "add_generation_prompt": False}

    assert backend("v3").render(TALK[:2], options).endswith("[/INST]\u2581Hi\u2581there!")


def test_tools_stand_before_the_last_user_message(backend):
    """As tokens that no text of a message can make."""
    text = backend("v3_tekken").render([USER], {"tools": [TOOL]})

    assert text.startswith('<s>[AVAILABLE_TOOLS][{"type": "function", "function": {"name": "f"')
    assert text.endswith("[/AVAILABLE_TOOLS][INST]Hello[/INST]")


@pytest.mark.parametrize(
    ("messages", "kind"),
    [
        ([], "InvalidMessageStructureException"),
        (TALK[:2], "InvalidMessageStructureException"),
        ([{"role": "nobody", "content": "a"}], "ValueError"),
        (
            [{"role": "tool", "content": "a", "tool_call_id": "x"}],
            "InvalidMessageStructureException",
        ),
    ],
)
def test_what_the_validator_refuses_is_its_own_exception(backend, messages, kind):
    """A refusal is an observation, by its kind."""
    with pytest.raises(Exception, match=r".") as caught:
        backend("v3").render(messages, {})

    assert type(caught.value).__name__ == kind


@pytest.mark.parametrize("options", [{"add_generation_prompt": False}, {"documents": []}])
def test_what_the_library_has_no_word_for_is_unsupported(backend, options):
    """It is not dropped in silence."""
    with pytest.raises(Unsupported):
        backend("v3").render(TALK, options)


def test_a_mode_decides_what_is_refused(backend):
    """Training data ends with what the assistant says."""
    text = backend("v3", mode="finetuning").render(TALK[:2], {})

    assert text.endswith("\u2581Hi\u2581there!</s>")


def test_a_request_leaves_its_messages_as_they_were(backend):
    """The package makes its own objects of them."""
    messages = json.loads(json.dumps(SYSTEM))
    backend("v1").render(messages, {"tools": None})

    assert messages == SYSTEM


@pytest.mark.parametrize("name", ["v3", "v3_tekken"])
def test_a_special_token_in_a_text_is_only_text(backend, name):
    """The package looks for none, whatever is asked; and BOS comes with `template`."""
    found = backend(name)
    parsed, plain = (found.encode("[INST]a</s>", mode).ids for mode in ("parse", "plain"))

    assert parsed == plain
    assert not found.tokenizer.special_ids & set(plain)
    assert found.encode("[INST]a</s>", "template").ids == [found.tokenizer.bos_id, *plain]


@pytest.mark.parametrize(("name", "asset"), [("v1", "v1"), ("v3", "v3"), ("v7", "v7")])
def test_the_vocabulary_is_that_of_the_converted_file(backend, name, asset):
    """SentencePiece pieces, as a tokenizer.json made of the same file spells them."""
    theirs = load(f"hf:asset:mistral-{asset}").vocabulary().tokens

    assert backend(name).vocabulary().tokens == theirs


def test_a_tekken_vocabulary_is_spelt_in_the_byte_alphabet(backend):
    """Where the package's own list has one `<?>` for many tokens."""
    found = backend("v3_tekken_image").vocabulary()

    assert found.tokens == load("hf:asset:mistral-tekken").vocabulary().tokens
    assert found.added[1].content == "<s>"


@pytest.mark.parametrize("name", ["v3", "v3_tekken"])
def test_text_comes_back(backend, name):
    """By single calls and in a batch; EOS is skipped where asked."""
    found = backend(name)
    ids = [*found.encode("a b\n\u4f60 \U0001f600").ids, found.eos()]

    assert found.decode(ids) == "a b\n\u4f60 \U0001f600"
    assert found.decode_batch([ids, ids], skip_special=False) == [found.decode(ids, False)] * 2
    assert found.decode(ids, skip_special=False).endswith("</s>")


def test_it_says_what_it_is(backend):
    """The package's own classes, on its own file; the same bytes may be two by their encoder."""
    found = fingerprint.take("x", backend("v7"))

    assert found.native == "mistral_common.tokens.tokenizers.mistral.MistralTokenizer"
    assert list(found.artefacts) == ["mistral_instruct_tokenizer_241114.model.v7"]
    assert found.facts["encoder"] == "InstructTokenizerV7"
    assert found.essence() != fingerprint.take("x", backend("v7_image")).essence()


def test_a_file_or_its_folder_is_a_target(backend, tmp_path):
    """A model's own; of two files in one folder none is guessed."""
    shutil.copy(DATA / "mistral_instruct_tokenizer_240323.model.v3", tmp_path / "t.model.v3")
    by_folder, by_file = (backend(path) for path in (tmp_path, tmp_path / "t.model.v3"))

    assert by_folder.render(TALK, {}) == by_file.render(TALK, {}) == TEXTS["v3"]
    shutil.copy(DATA / "tokenizer.model.v1", tmp_path / "u.model.v1")
    with pytest.raises(BadSpec, match=r"found: t\.model\.v3, u\.model\.v1"):
        load(f"mistral_common:{tmp_path}")


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("v99", "or one of v1, v2"), ("v3,mode=x", "one of serving, finetuning, test"),
        ("v3,text=x", "'own' or 'spaced'"), ("tiny:wordpiece", "found: none"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_said(spec, message):
    """With what could be."""
    with pytest.raises(BadSpec, match=message):
        load(f"mistral_common:{spec}")


def test_bytes_are_unsupported(backend):
    """The package takes text."""
    with pytest.raises(Unsupported):
        backend("v3").encode(b"a")


def test_it_imports_no_library_of_models():
    """An import of transformers would cost seconds, and could change classes."""
    code = (
        "import sys; from parity.backends import load; load('mistral_common:v3');"
        "print(sorted({'torch', 'transformers'} & set(sys.modules)))"
    )
    root = artefact.shipped().parent
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=root)  # noqa: S603

    assert done.stdout == "[]\n"
