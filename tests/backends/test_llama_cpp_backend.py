"""The `llama_cpp` backend: llama.cpp's own server, on files that are made for it and on others."""

import contextlib
import http.client
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from unicodedata import is_normalized

import pytest

from parity import backends, fingerprint, gguf_files
from parity.artefact import tokenizer_json
from parity.errors import BadSpec, Refused, Unsupported
from parity.gguf_writing import written
from tests.helpers import TINY_KINDS, corpus_texts, load, without_flags

xllamacpp = pytest.importorskip(
    "xllamacpp", reason="no xllamacpp here: it has a wheel per platform"
)
pytest.importorskip("gguf", reason="the package gguf is not installed")
from parity.backends import llama_cpp  # noqa: E402 (it needs both)

USER = [{"role": "user", "content": "hi"}]


@pytest.fixture(scope="module")
def backend():
    """A backend of a target, started once and ended with the module."""
    with contextlib.ExitStack() as stack:
        made = {}

        def of(target):
            if target not in made:
                made[target] = load(f"llama_cpp:{target}")
                stack.callback(made[target].close)
            return made[target]

        yield of


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Each tiny tokenizer without the flags of added tokens, which GGUF has no place for."""
    folder = tmp_path_factory.mktemp("folders")
    for name in TINY_KINDS:
        content = without_flags(tokenizer_json(f"tiny:{name}")[1])
        (folder / name).mkdir()
        (folder / name / "tokenizer.json").write_text(json.dumps(content), encoding="utf-8")
    return folder


def planted(path, **others):
    """A GGUF file of the tiny byte-level tokenizer, with other entries; None takes one out."""
    metadata = dict(written(tokenizer_json("tiny:byte-bpe-600")[1]).metadata)
    metadata |= {f"tokenizer.{key.replace('__', '.')}": value for key, value in others.items()}
    gguf_files.write(path, {key: value for key, value in metadata.items() if value is not None})
    return str(path)


def differing(folders, backend, name, specials, texts):
    """The texts whose ids are others than those of the tokenizers package."""
    native = load(f"hf:{folders / name}").encode_batch(texts, specials)
    theirs = backend(str(folders / name)).encode_batch(texts, specials)
    pairs = zip(texts, native, theirs, strict=True)
    return [text for text, one, other in pairs if one.ids != other.ids]


@pytest.mark.parametrize("name", ["byte-bpe-4096", "byte-bpe-600", "fallback-bpe"])
@pytest.mark.parametrize("specials", ["plain", "template"])
def test_its_ids_are_those_of_tokenizers(backend, folders, name, specials):
    """Of every text of the corpora that is in NFC: so what is made for it says the same."""
    texts = [text for text in corpus_texts() if is_normalized("NFC", text)]

    assert len(texts) > 1700
    assert differing(folders, backend, name, specials, texts) == []


def test_the_normal_form_that_is_lost_is_the_only_difference(backend, folders):
    """llama.cpp has no NFC: texts that are in another form are read as they are."""
    texts = [text for text in corpus_texts() if not is_normalized("NFC", text)]
    found = differing(folders, backend, "byte-bpe-600", "parse", texts)

    assert len(found) > 100
    assert "normalizer NFC" in backend("tiny:byte-bpe-600").written.lost


@pytest.mark.parametrize(
    ("name", "text", "native", "theirs"),
    [
        pytest.param("wordpiece", "1\u20e3", [55, 1356], [55], id="all marks are accents"),
        pytest.param("wordpiece", "\uac01", [77, 748, 1009], [77], id="Hangul is cut once"),
        pytest.param("unigram", "\uff0c", [3, 5], [3, 0], id="a token hides the charsmap"),
    ],
)
def test_where_llama_cpp_is_another_tokenizer_it_is_shown(
    backend, folders, name, text, native, theirs
):
    """Of WordPiece it strips every mark, and decomposes once.

    In Unigram it normalises nothing that begins, if by a byte, as a user-defined token does.
    """
    assert load(f"hf:{folders / name}").encode(text).ids == native
    assert backend(str(folders / name)).encode(text).ids == theirs


def test_the_modes_of_special_tokens_are_those_of_its_server(backend):
    """User-defined tokens are found in a plain text too."""
    tokenizer = backend("tiny:fallback-bpe")
    text = "<|im_end|><think>"
    parse, plain, template = (
        tokenizer.encode(text, specials).ids for specials in ("parse", "plain", "template")
    )

    assert parse == [2050, 2055]
    assert template == [1, *parse]
    assert 2050 not in plain
    assert 2055 in plain


def test_decoding_leaves_out_what_llama_cpp_takes_for_special(backend):
    """Control tokens, and no user-defined ones; the space before a text is left."""
    tokenizer = backend("tiny:fallback-bpe")
    ids = tokenizer.encode("hi <|im_end|><think>", "template").ids

    assert tokenizer.decode(ids, skip_special=True) == " hi <think>"
    assert tokenizer.decode(ids, skip_special=False) == "<s> hi <|im_end|><think>"


def test_a_token_that_llama_cpp_renames_is_special_as_it_says(backend, tmp_path):
    """An end of text goes by its name there, whatever type its file gives it."""
    content = tokenizer_json("tiny:byte-bpe-600")[1]
    ends = [{**token, "special": False} for token in content["added_tokens"]]
    (tmp_path / "tokenizer.json").write_text(json.dumps({**content, "added_tokens": ends}))

    assert backend(str(tmp_path)).decode([600, 605], skip_special=True) == "<tool_call>"


def test_bytes_that_are_no_text_are_replaced(backend):
    """By the server, as they cannot stand in its JSON."""
    tokenizer = backend("tiny:byte-bpe-600")
    half = tokenizer.encode("\u4e16").ids[:-1]

    assert tokenizer.decode(half) == "\ufffd"


def test_what_its_server_refuses_is_an_error_with_its_words(backend):
    """And not a text; what comes after is answered."""
    tokenizer = backend("tiny:byte-bpe-600")

    with pytest.raises(llama_cpp.ServerSays, match=r"/detokenize: 500 .*range_check"):
        tokenizer.decode([999_999])
    assert tokenizer.decode([39]) == "H"


def test_what_it_has_not_is_unsupported(backend):
    """Bytes; and half a surrogate pair is no UTF-8."""
    tokenizer = backend("tiny:byte-bpe-600")

    with pytest.raises(Unsupported, match="encode of bytes"):
        tokenizer.encode(b"ab")
    with pytest.raises(UnicodeEncodeError):
        tokenizer.encode("\ud800")


def test_eos_is_the_one_of_the_file(backend):
    """By tokenizer_config.json, for a file that is made."""
    assert backend("tiny:byte-bpe-600").eos() == 602


def test_a_chat_is_rendered_by_llama_cpp(backend):
    """With the template that the folder has."""
    tokenizer, jinja = backend("tiny:byte-bpe-4096"), load("jinja:tiny:byte-bpe-4096")
    options = {"add_generation_prompt": True}

    assert tokenizer.render(USER, options) == jinja.render(USER, options)
    assert tokenizer.chat_template() == jinja.chat_template().removesuffix("\n")
    jinja.close()


def test_without_a_template_none_takes_its_place(backend, folders):
    """Its server would take ChatML, which is not the file's."""
    tokenizer = backend(str(folders / "byte-bpe-600"))

    with pytest.raises(Unsupported, match="no chat template in its file"):
        tokenizer.render(USER, {})


def test_a_file_without_weights_is_read_as_its_tokenizer_says(backend, tmp_path):
    """A vocabulary file gets a Llama of one layer; its digest is the one that counts."""
    path = Path(planted(tmp_path / "whole.gguf"))
    found = gguf_files.read(path)
    gguf = pytest.importorskip("gguf")
    writer = gguf.GGUFWriter(tmp_path / "vocab.gguf", "qwen2")
    for key, value in found.items():
        if key.startswith("tokenizer."):
            gguf_files._add(writer, key, value)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.close()
    bare, whole = backend(str(tmp_path / "vocab.gguf")), backend(str(path))

    assert not gguf_files.has_tensors(tmp_path / "vocab.gguf")
    assert bare.encode("ab <think> 12", "template") == whole.encode("ab <think> 12", "template")
    assert [file.name for file in bare.files] == ["vocab.gguf"]
    assert (bare.made, whole.made) == (True, False)


@pytest.mark.parametrize(
    ("others", "said"),
    [
        ({"ggml__pre": "nobody"}, "unknown pre-tokenizer type: 'nobody'"),
        ({"ggml__merges": None}, "cannot find tokenizer merges"),
        ({"chat_template": "{% if %}"}, "template"),
    ],
)
def test_what_llama_cpp_refuses_is_refused_with_its_reason(tmp_path, others, said):
    """Which it writes to a log, and nowhere else."""
    with pytest.raises(Refused, match=f"llama.cpp refuses .*{said}"):
        load(f"llama_cpp:{planted(tmp_path / 'odd.gguf', **others)}")


def test_a_pipeline_that_llama_cpp_has_not_is_refused(tmp_path):
    """Before it is started; nothing is left of it."""
    content = {**tokenizer_json("tiny:byte-bpe-600")[1], "normalizer": {"type": "Lowercase"}}
    (tmp_path / "tokenizer.json").write_text(json.dumps(content), encoding="utf-8")

    with pytest.raises(Refused, match=r"no form in GGUF: .* no normalizer .*Lowercase"):
        load(f"llama_cpp:{tmp_path}")


def test_a_file_that_is_cut_off_is_bad(tmp_path):
    """And not handed to llama.cpp."""
    path = Path(planted(tmp_path / "cut.gguf"))
    path.write_bytes(path.read_bytes()[:4000])

    with pytest.raises(BadSpec, match="is it cut off"):
        load(f"llama_cpp:{path}")


def test_closing_ends_the_server_and_lets_go_of_its_file():
    """The port is free again."""
    tokenizer = load("llama_cpp:tiny:byte-bpe-600")
    (host, port), folder = tokenizer.address, Path(tokenizer.folder.name)
    there = folder.is_dir()
    tokenizer.close()

    assert (host, there, folder.exists()) == ("127.0.0.1", True, False)
    with pytest.raises(ConnectionRefusedError):
        http.client.HTTPConnection(host, port, timeout=5).request("GET", "/props")


def test_a_connection_that_the_server_let_go_of_is_made_again(backend):
    """It does so with one that was idle for some seconds."""
    tokenizer = backend("tiny:byte-bpe-600")
    tokenizer.encode("a")
    tokenizer._own.connection.sock.shutdown(2)

    assert tokenizer.decode(tokenizer.encode("ab").ids) == "ab"


def test_threads_may_ask_at_once(backend):
    """Each by a connection of its own."""
    tokenizer = backend("tiny:byte-bpe-600")
    texts = [f"text {number}" for number in range(200)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(tokenizer.encode, texts))

    assert found == tokenizer.encode_batch(texts)


def test_it_says_what_it_is(backend):
    """The server's class from the wheel, the tokenizer.json, and what GGUF lost of it."""
    spec = "llama_cpp:tiny:byte-bpe-600"
    seen = fingerprint.take(spec, backend("tiny:byte-bpe-600"))

    assert seen.native == "xllamacpp.xllamacpp.Server"
    assert seen.file.endswith(".so" if seen.file.endswith(".so") else ".pyd")
    assert "tokenizer.json" in seen.artefacts
    assert seen.facts["gguf.pre"] == "qwen2"
    assert "normalizer NFC" in seen.facts["gguf.lost"]
    assert llama_cpp.ISOLATED


def test_a_function_that_cython_made_is_of_the_module_that_it_was_written_in():
    """One of another module's on a class of this one would be a patch."""
    function = vars(xllamacpp.Server)["handle_metrics"]
    home = Path(xllamacpp.__file__).parent

    assert fingerprint._is_its_own(function, "xllamacpp", home)
    assert not fingerprint._is_its_own(function, "tokenizers", home)


def test_it_has_a_process_of_its_own_unless_told(backend, tmp_path):
    """Where an assert of its ends the process, the run goes on; a refusal is one there too."""
    apart = backends.load("llama_cpp:tiny:byte-bpe-600")
    here = backend("tiny:byte-bpe-600")
    ids = here.encode("ab <|im_end|>").ids

    assert backends.isolated("llama_cpp:tiny:byte-bpe-600")
    assert apart.encode("ab <|im_end|>").ids == ids
    assert apart.decode(ids) == here.decode(ids)
    apart.close()
    with pytest.raises(Refused, match="unknown pre-tokenizer type: 'nobody'"):
        backends.load(f"llama_cpp:{planted(tmp_path / 'odd.gguf', ggml__pre='nobody')}")
