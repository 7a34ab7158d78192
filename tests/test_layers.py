"""The house: a module imports from its own layer or a lower one, and each library in one place."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "parity"

LAYERS = (
    ("errors", "types", "streams", "stages", "files", "jsonl", "shapes"),
    ("packed", "signature", "compare", "select", "reference", "conversion", "gguf_vocabulary",
     "gguf_writing", "packages", "detokenizers", "stops", "pieces", "payloads", "stream_cases",
     "schedules", "lives", "relations", "reducing", "grammar", "alphabets", "training", "bounds"),
    ("backend", "backends", "remote", "servers", "streaming", "renderers", "templates", "rendering",
     "chat_template", "gguf_files", "artefact", "assets", "detect", "hub", "models", "terms",
     "derived", "corpus", "importing", "ledger"),
    ("seeing", "rendered", "looks", "prompt_looks", "stream_looks", "stop_looks", "training_looks",
     "workers", "thread_looks", "process_looks", "history_looks", "elsewhere", "grounding",
     "checks", "jobs", "tally", "run", "fingerprint", "afar", "harness"),
    ("canary", "generate", "generators", "minimise", "asking", "causes", "analyst", "diagnosis",
     "coverage", "examine", "probing", "explanation", "plan", "golden", "runfile", "session",
     "concluding",
     "evidence", "hunt", "resuming", "deriving", "conformance", "decoding", "shadow", "identities",
     "places", "pending", "trailer", "expected", "shards", "since", "parts", "lock",
     "changes"),
    ("reports", "snapshot", "strategies", "plugin", "plan_items", "showing", "checking",
     "explaining", "app",
     "algorithms", "fuzzing", "minimising", "curating", "detecting", "matrix", "matrix_shown",
     "survey", "decoded", "cli_decode", "cli_options", "cli_corpus", "cli_detect", "cli_search",
     "cli_matrix", "cli_environments", "cli_models", "cli_shadow", "cli_shadow_proxy", "shadowed",
     "preparing", "reviewing", "golden_commands", "ledgering", "replaying", "emitting", "merging",
     "asking_again", "reproducing", "explaining_again",
     "reviewed", "golden_history",
     "demo", "starting", "doctor", "cli_golden", "cli_review", "cli_ledger", "cli_replay",
     "cli_report", "cli_merge", "cli_first", "cli_completion",
     "job", "cli_job",
     "environments", "cli", "testing", "__main__", ""),
)  # fmt: skip
"""Names of modules and packages, from low to high; a package stands for all that is in it."""

PLACES = {
    "pytest": {"plugin", "plan_items", "testing", "decoded.items"},
    "_pytest": {"plugin", "plan_items", "testing", "decoded.items"},
    "syrupy": {"snapshot", "plan_items"},  # the plugin only where syrupy is there
    "hypothesis": {"testing", "strategies"},
    # what the commands print
    "rich": {
        "reports",
        "cli",
        "cli_options",
        "app",
        "showing",
        "explaining",
        "algorithms",
        "fuzzing",
        "minimising",
        "curating",
        "detecting",
        "matrix_shown",
        "environments",
        "preparing",
        "checking",
        "survey",
        "decoded",
        "shadowed",
        "reviewing",
        "reviewed",
        "golden_commands",
        "golden_history",
        "ledgering",
        "replaying",
        "explaining_again",
        "merging",
        "demo",
        "starting",
        "doctor",
    },
    "click": {
        "cli",
        "cli_options",
        "cli_corpus",
        "cli_decode",
        "cli_detect",
        "cli_search",
        "cli_matrix",
        "cli_environments",
        "cli_models",
        "cli_shadow",
        "cli_shadow_proxy",
        "cli_golden",
        "cli_job",
        "cli_review",
        "cli_ledger",
        "cli_replay",
        "cli_report",
        "cli_merge",
        "cli_first",
        "cli_completion",
    },
    "tomlkit": {"ledgering", "starting"},
    "sqlite3": {"importing"},
    "pyarrow": {"importing"},
    "tokenizers": {
        "backends.hf",
        "backends._hf_stages",
        "backends._hf_unicode",
        "backends.hf_trainer",
        "renderers.transformers",
    },
    "transformers": {"backends.transformers", "renderers.transformers", "decoding"},
    "tiktoken": {
        "backends.tiktoken",
        "backends.tiktoken_educational",
        "backends.tiktoken_trainer",
    },
    "sentencepiece": {"backends.sentencepiece"},
    **{
        library: {f"backends.{library}"}
        for library in (
            "bpe_qwen",
            "curated_tokenizers",
            "kitoken",
            "quicktok",
            "rs_bpe",
            "splintr",
            "wordchipper",
        )
    },
    "rustbpe": {"backends.rustbpe"},
    "jinja2": {"renderers.jinja", "renderers.transformers", "templates.reading"},
    "minijinja": {"renderers.minijinja"},
    "huggingface_hub": {"hub"},
    "httpx2": {
        "hub",
        "servers.client",
        "servers.address",
        "backends.http",
        "decoding.engines.openai_http",
        "shadow.proxy",
    },
    "starlette": {"shadow.proxy"},
    "uvicorn": {"shadow.proxy"},
    "prometheus_client": {"shadow.prometheus"},
    "opentelemetry": {"shadow.opentelemetry"},
    "mistral_common": {"backends.mistral_common", "renderers.mistral_templates"},
    "gguf": {"gguf_files", "backends.gguf", "backends.llama_cpp", "decoding"},
    "xllamacpp": {"backends.llama_cpp", "decoding.engines.llama_server"},
    "torch": {"decoding"},
    "safetensors": {"decoding"},
    "numpy": {"decoding", "gguf_files"},
    "ctranslate2": {"decoding.engines.ctranslate2", "decoding.converting"},
    "llama_cpp": {"decoding.engines.llama_cpp"},
}
"""Where a library may be imported: in these modules, or anywhere in these packages."""

HEAVY = {
    "torch", "transformers", "tokenizers", "tiktoken", "numpy", "pyarrow", "pydantic",
    "mistral_common", "httpx2", "huggingface_hub", "gguf", "xllamacpp", "safetensors",
    "ctranslate2", "llama_cpp",
}  # fmt: skip

MODULES = {
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
    .removesuffix("__init__")
    .rstrip("."): (path)
    for path in sorted(PACKAGE.rglob("*.py"))
    if "data" not in path.relative_to(PACKAGE).parts
}
LIGHT = [
    name
    for name in MODULES
    if not name.startswith(("backends.", "decoding.engines.", "decoding.torch_", "shadow.proxy."))
    and name
    not in {
        "plugin",
        "snapshot",
        "testing",
        "__main__",
        "renderers.transformers",
        "servers.client",
        "servers.address",
        "servers.server",
    }
]


def layer(name):
    """The number of a module's layer, or None."""
    top = name.partition(".")[0]
    return next((number for number, names in enumerate(LAYERS) if top in names), None)


def imports(path):
    """Every module that a file imports, anywhere in it, with its line."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: a relative import hides its layer"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                is_module = whole.removeprefix("parity.") in MODULES
                yield (whole if is_module else node.module), node.lineno


def ours(path):
    """What a file imports of this package."""
    for name, line in imports(path):
        if name.partition(".")[0] == "parity":
            yield name.removeprefix("parity").lstrip("."), line


@pytest.mark.parametrize("name", MODULES)
def test_a_module_has_a_layer(name):
    """Who adds a module says where in the house it stands."""
    assert layer(name) is not None, f"add {name!r} to LAYERS in tests/test_layers.py"


@pytest.mark.parametrize("name", MODULES)
def test_no_module_imports_from_a_higher_layer(name):
    """The house is read from the bottom to the top."""
    upward = [
        f"{MODULES[name].relative_to(ROOT)}:{line}: {name!r} imports {other!r} from above"
        for other, line in ours(MODULES[name])
        if (layer(other) or 0) > (layer(name) or 0)
    ]

    assert upward == []


@pytest.mark.parametrize("name", MODULES)
def test_a_library_is_imported_in_its_place_only(name):
    """So it can be missing, be replaced, or change, in one file."""
    parts = name.split(".")
    places = {".".join(parts[: count + 1]) for count in range(len(parts))}
    astray = [
        f"{MODULES[name].relative_to(ROOT)}:{line}: {library!r} belongs in {PLACES[top]}"
        for library, line in imports(MODULES[name])
        if (top := library.partition(".")[0]) in PLACES and not places & PLACES[top]
    ]

    assert astray == []


def test_a_folder_of_implementations_is_reached_through_its_registry():
    """Only the canaries, which run before every run, and the folder itself name a file in it."""
    astray = [
        f"{name} imports {other}"
        for name in MODULES
        for other, _ in ours(MODULES[name])
        if other.startswith("backends.") and name != "canary" and not name.startswith("backends")
    ]

    assert astray == []


def test_the_canaries_need_no_library():
    """They know the two fakes, and no other implementation."""
    fakes = {other for other, _ in ours(MODULES["canary"]) if other.startswith("backends.")}

    assert fakes == {"backends.mock", "backends._faults"}


def test_a_layer_names_only_what_may_exist_once():
    """No module stands in two layers."""
    names = [name for names in LAYERS for name in names]

    assert len(names) == len(set(names))


def test_importing_the_house_imports_no_heavy_library():
    """`--help` and a run that is refused cost no import of a backend's library."""
    code = (
        "import importlib, sys\n"
        f"for name in {LIGHT!r}:\n"
        "    importlib.import_module(('parity.' + name).rstrip('.'))\n"
        f"print(sorted({HEAVY!r} & set(sys.modules)))\n"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)  # noqa: S603

    assert done.stdout == "[]\n"
