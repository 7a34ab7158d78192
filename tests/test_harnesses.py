"""The harnesses that come along, each driven through its pipe where its language is there."""

import contextlib
import importlib.util
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from parity import artefact, backends, conformance, corpus
from parity.conformance import BREAKS, encoding
from parity.errors import MissingPackage
from parity.fingerprint import take
from parity.looks import SKIP
from parity.seeing import observe

ROOT = Path(__file__).parent.parent
HARNESSES = ROOT / "harnesses"
PACKAGES = Path(os.environ.get("TOKPARITY_NODE_PACKAGES", ROOT / ".parity/packages")).absolute()
JAVASCRIPT = "node_modules/@huggingface/tokenizers"
NODE = shutil.which("node") or ""
TEXTS = [
    case.payload
    for path in corpus.find(["all"], artefact.shipped(), ROOT)
    for case in corpus.read(path)
    if case.kind == "text"
]

needs_node = pytest.mark.skipif(
    not NODE or not (PACKAGES / JAVASCRIPT).is_dir(),
    reason="node or its package is not there: "
    "npm install --prefix .parity/packages @huggingface/tokenizers@0.2.0",
)
needs_zig = pytest.mark.skipif(
    importlib.util.find_spec("ziglang") is None, reason="pip install ziglang==0.17.1"
)


@pytest.fixture
def opened():
    """A function that loads a spec, to be closed at the end."""
    with contextlib.ExitStack() as stack:
        yield lambda spec: stack.enter_context(contextlib.closing(backends.load(spec)))


@pytest.fixture(autouse=True)
def short(monkeypatch):
    """A megabyte is shorter here."""
    monkeypatch.setattr(encoding, "MEGABYTE", 1 << 17)


def command(*words, **options):
    """The spec of a harness."""
    told = "".join(f",{name}={value}" for name, value in options.items())
    return f"command:{shlex.join(map(str, words))}{told}"


def broken(backend):
    """The rules of the kit that a backend breaks."""
    return [one.rule for one in conformance.examine(backend) if one.verdict == BREAKS]


def kinds(call, *args):
    """A value, or the kind of failure."""
    seen = observe(call, *args)
    return seen.failure.kind if seen.failure else seen.value


ECHO = command(sys.executable, HARNESSES / "python" / "echo.py")


def test_the_python_harness_keeps_every_rule(opened):
    """It is the one to copy."""
    assert broken(opened(ECHO)) == []


@pytest.mark.parametrize("specials", ["parse", "plain", "template"])
def test_the_python_harness_is_the_honest_mock(opened, specials):
    """Ids, offsets and errors of every text that comes along, half pairs included."""
    harness, mock = opened(ECHO), opened("mock:honest")

    for text in TEXTS[::3]:
        assert kinds(harness.encode, text, specials) == kinds(mock.encode, text, specials)


def test_the_python_harness_decodes_as_the_honest_mock(opened):
    """Any ids, those that are none included."""
    harness, mock = opened(ECHO), opened("mock:honest")
    rows = [[*text.encode("utf-8", "surrogatepass")[1:], 256] for text in TEXTS[::20]]

    for ids in [*rows, [], [256, 258], [999], [-1], [1 << 70]]:
        assert kinds(harness.decode, ids, SKIP) == kinds(mock.decode, ids, SKIP)
        assert kinds(harness.decode, ids, False) == kinds(mock.decode, ids, False)


def test_the_harness_of_the_page_is_one(opened, tmp_path):
    """The example of docs/protocol.md runs as it stands there."""
    page = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")
    program = tmp_path / "bytes.py"
    program.write_text(re.search(r"```python\n(.*?)```", page, re.DOTALL)[1], encoding="utf-8")
    backend = opened(command(sys.executable, program))

    assert sum(map(bool, program.read_text(encoding="utf-8").splitlines())) <= 15
    assert backend.encode("hé").ids == [104, 195, 169]
    assert broken(backend) == []


@needs_node
def test_the_javascript_harness_keeps_all_rules_but_one(opened):
    """The package refuses to decode no ids; everything else that it has is kept."""
    program = HARNESSES / "javascript" / "harness.mjs"
    backend = opened(command(NODE, program, "--packages", PACKAGES, model="tiny:byte-bpe-600"))

    assert broken(backend) == ["decodes_nothing"]


@needs_node
@pytest.mark.parametrize("name", ["byte-bpe-600", "wordpiece", "fallback-bpe"])
def test_the_javascript_package_agrees_on_ascii(opened, name):
    """Beyond that it does not everywhere, which a run shows; here the pipe is what is tested."""
    program = HARNESSES / "javascript" / "harness.mjs"
    spec = command(NODE, program, "--packages", PACKAGES, model=f"tiny:{name}")
    harness, hf = opened(spec), opened(f"hf:tiny:{name}")
    plain = [text for text in TEXTS if text.isascii() and text.isprintable() and "<" not in text]
    texts = [text for text in plain if "Kleene" not in text]
    wanted = [one.ids for one in hf.encode_batch(texts)]

    assert len(texts) > 100
    assert [harness.encode(text).ids for text in texts] == wanted
    assert harness.vocabulary().tokens == hf.vocabulary().tokens


@needs_node
def test_the_javascript_package_is_a_kind(opened):
    """It is the harness that comes along, on the package where npm puts it."""
    backend = opened("huggingface_tokenizers:tiny:wordpiece")

    assert backend.encode("hello").ids == opened("hf:tiny:wordpiece").encode("hello").ids
    assert take("x", backend).packages["@huggingface/tokenizers"] == "0.2.0"


def test_a_package_of_npm_that_is_not_there_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    with pytest.raises(MissingPackage, match=r"npm install|needs node"):
        backends.load("huggingface_tokenizers:tiny:wordpiece")


@needs_node
def test_the_javascript_package_does_not_know_single_words(opened):
    """A real divergence, through the pipe: it matches a `single_word` token inside a word."""
    program = HARNESSES / "javascript" / "harness.mjs"
    harness = opened(command(NODE, program, "--packages", PACKAGES, model="tiny:byte-bpe-600"))
    hf = opened("hf:tiny:byte-bpe-600")

    assert harness.encode("Kleene").ids == hf.encode("Kleene").ids == [612]
    assert harness.encode("Kleenex").ids == [612, 87] != hf.encode("Kleenex").ids


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A tokenizer that cuts no text beforehand, as the Zig harness has it."""
    tokenizer = Tokenizer(models.BPE())
    form = {"add_prefix_space": False, "use_regex": False, "trim_offsets": False}
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(**form)
    tokenizer.decoder = decoders.ByteLevel()
    seed = (artefact.shipped() / "tokenizers" / "seed.txt").read_text(encoding="utf-8")
    trainer = trainers.BpeTrainer(
        vocab_size=700, show_progress=False, initial_alphabet=pre_tokenizers.ByteLevel.alphabet()
    )
    tokenizer.train_from_iterator(seed.splitlines(), trainer)
    folder = tmp_path_factory.mktemp("whole")
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


@pytest.fixture(scope="module")
def zig(tmp_path_factory):
    """The Zig harness, built without optimisation: with it the compiler takes a minute."""
    program = tmp_path_factory.mktemp("zig") / "bpe"
    source = HARNESSES / "zig" / "bpe.zig"
    build = [sys.executable, "-m", "ziglang", "build-exe", f"-femit-bin={program}", str(source)]
    subprocess.run(build, check=True, timeout=300)  # noqa: S603
    return program


@needs_zig
def test_the_zig_harness_keeps_every_rule(opened, zig, whole):
    """Of what it has."""
    assert broken(opened(command(zig, model=whole))) == []


@needs_zig
def test_the_zig_harness_is_tokenizers_on_every_text(opened, zig, whole):
    """Ids, offsets and decoded text, on all well-formed texts that come along."""
    harness, hf = opened(command(zig, model=whole)), opened(f"hf:{whole}")
    texts = [text for text in TEXTS if not re.search("[\ud800-\udfff]", text)]
    wanted = hf.encode_batch(texts, offsets=True)
    cut = [one.ids[1:-1] for one in wanted]

    assert len(texts) > 1800
    assert harness.encode_batch(texts, offsets=True) == wanted
    assert harness.decode_batch(cut, False) == hf.decode_batch(cut, False)
    assert harness.vocabulary() == hf.vocabulary()


@needs_zig
@pytest.mark.parametrize("name", ["byte-bpe-600", "unigram", "wordpiece"])
def test_the_zig_harness_refuses_what_it_does_not_do(zig, name):
    """A file with more to it than it has is refused, not answered in part."""
    lines = [
        {"seq": 0, "op": "load", "path": str(artefact.resolve(f"tiny:{name}")), "options": {}},
        {"seq": 1, "op": "bye"},
    ]
    given = "".join(json.dumps(line) + "\n" for line in lines)
    done = subprocess.run([zig], input=given, capture_output=True, check=True, text=True)  # noqa: S603

    assert json.loads(done.stdout.splitlines()[0])["error"]["kind"] == "Refused"


@pytest.mark.parametrize(
    ("tool", "build"),
    [
        ("cargo", ["cargo", "build", "--offline", "--target-dir", "{out}"]),
        ("go", ["go", "build", "-mod=mod", "-o", "{out}/harness"]),
    ],
)
def test_a_harness_that_has_to_be_built_keeps_every_rule(opened, tmp_path, tool, build):
    """Where its toolchain and the package that it is over are on this machine."""
    if not shutil.which(tool):
        pytest.skip(f"{tool} is not on the PATH")
    source = shutil.copytree(HARNESSES / {"cargo": "rust"}.get(tool, tool), tmp_path / "source")
    words = [word.format(out=tmp_path) for word in build]
    offline = {**os.environ, "GOPROXY": "off", "GOFLAGS": "", "GONOSUMDB": "*"}
    done = subprocess.run(  # noqa: S603
        words, cwd=source, capture_output=True, check=False, text=True, timeout=500, env=offline
    )
    if done.returncode:
        pytest.skip(f"its package is not on this machine: {done.stderr.splitlines()[:1]}")
    program = tmp_path / {"cargo": "debug/tokparity-harness", "go": "harness"}[tool]

    assert broken(opened(command(program, model="tiny:byte-bpe-600"))) == []


@pytest.mark.skipif(not shutil.which("gofmt"), reason="gofmt is not on the PATH")
def test_the_go_harness_is_formatted():
    """As gofmt has it; it parses, too."""
    listed = [str(shutil.which("gofmt")), "-l", str(HARNESSES / "go")]
    done = subprocess.run(listed, capture_output=True, check=True, text=True)  # noqa: S603

    assert done.stdout == ""


def test_every_harness_stands_in_the_table():
    """Who adds one says what it is over and what of it was tested."""
    table = (HARNESSES / "README.md").read_text(encoding="utf-8")
    folders = {path.name for path in HARNESSES.iterdir() if path.is_dir()}

    assert folders == set(re.findall(r"^\| \[(\w+)", table, re.MULTILINE))
