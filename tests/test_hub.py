"""Targets of the hub: the real client against a hub on loopback, which fails in its ways."""

import json
import os
import subprocess
import sys
import types
from pathlib import Path

import pytest
from fake_hub import Hub
from helpers import rows_of
from huggingface_hub import constants, utils

from parity import artefact, backends, hub, terms
from parity.errors import BadSpec, MissingPackage, NotFetched
from parity.terms import Terms
from parity.types import case_digest

FIRST, SECOND = "1" * 40, "2" * 40
TINY = artefact.shipped() / "tokenizers" / "byte-bpe-600"
FILES = {
    "tokenizer.json": (TINY / "tokenizer.json").read_bytes(),
    "tokenizer_config.json": b'{"eos_token": "<|endoftext|>"}',
    "additional_chat_templates/tool_use.jinja": b"{{ messages }}",
    "model.safetensors": b"weights" * 1000,
    "README.md": b"words",
}
pytestmark = pytest.mark.usefixtures("served")
NETWORK, MOVING = Terms(network=True), Terms(network=True, moving=True)


@pytest.fixture
def served(tmp_path, monkeypatch):
    """A hub, which the client asks, with a cache of its own."""
    made = Hub({FIRST: FILES, SECOND: FILES | {"tokenizer_config.json": b"{}"}},
               {"main": FIRST, "v1": FIRST}, large=("tokenizer.json",))  # fmt: skip
    with made.served() as address:
        monkeypatch.setattr(constants, "ENDPOINT", address)
        template = f"{address}/{{repo_id}}/resolve/{{revision}}/{{filename}}"
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
        monkeypatch.setattr(utils._http.time, "sleep", lambda _: None)
        yield made


def found(target, allowed=NETWORK):
    """The folder of a target, and what was told of it."""
    with terms.under(allowed) as told:
        return artefact.resolve(target), told


def test_a_commit_is_fetched_and_told():
    """What was loaded is known: the commit, and that it came from the hub."""
    target = f"hub:org/name@{FIRST}"
    folder, told = found(target)

    assert folder.name == FIRST
    assert (folder / "tokenizer.json").read_bytes() == FILES["tokenizer.json"]
    assert told == {target: f"commit {FIRST}, from the hub"}


def test_only_files_of_a_tokenizer_are_fetched(served):
    """No weights, no readme; templates in their folder."""
    folder, _ = found(f"hub:org/name@{FIRST}")

    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert names == {
        "tokenizer.json", "tokenizer_config.json", "additional_chat_templates/tool_use.jinja",
    }  # fmt: skip
    assert not [request for request in served.asked if "safetensors" in request]


def test_without_the_network_nobody_is_asked_and_both_ways_are_told(served):
    """Not even for a listing."""
    with pytest.raises(NotFetched) as refused:
        found(f"hub:org/name@{FIRST}", Terms())

    assert served.asked == []
    assert "--network, or network = true in [tool.parity]" in str(refused.value)
    assert f"hf download org/name --revision {FIRST}" in str(refused.value)


def test_nothing_is_allowed_where_nobody_said_so(served):
    """A target that is resolved outside of any plan."""
    with pytest.raises(NotFetched, match="the network may not be asked"):
        artefact.resolve(f"hub:org/name@{FIRST}")

    assert served.asked == []


@pytest.mark.parametrize("allowed", [Terms(), NETWORK], ids=["offline", "allowed"])
def test_what_the_cache_has_whole_is_used_without_asking(served, allowed):
    """A commit never moves, so there is nothing to ask."""
    folder, _ = found(f"hub:org/name@{FIRST}")
    served.asked.clear()
    again, told = found(f"hub:org/name@{FIRST}", allowed)

    assert again == folder
    assert served.asked == []
    assert list(told.values()) == [f"commit {FIRST}, from the cache"]


def test_a_file_that_is_missing_in_the_cache_is_fetched_or_missed():
    """A snapshot that is not whole is not taken for one."""
    folder, _ = found(f"hub:org/name@{FIRST}")
    (folder / "tokenizer_config.json").unlink()

    with pytest.raises(NotFetched, match=r"not \(or not whole\) in the local cache"):
        found(f"hub:org/name@{FIRST}", Terms())
    assert (found(f"hub:org/name@{FIRST}")[0] / "tokenizer_config.json").is_file()


def test_a_branch_needs_a_permission_of_its_own(served):
    """And the message has the commit that it was, where that is known."""
    with pytest.raises(BadSpec, match=r"branch or tag.*hub:org/name@COMMIT;.*--moving"):
        found("hub:org/name@main")
    assert served.asked == []
    found("hub:org/name@main", MOVING)

    with pytest.raises(BadSpec, match=f"name a commit: hub:org/name@{FIRST} "):
        found("hub:org/name@main")


@pytest.mark.parametrize("revision", ["main", "v1"])
def test_what_a_branch_or_tag_is_now_is_told(revision):
    """By its commit."""
    _, told = found(f"hub:org/name@{revision}", MOVING)

    assert told == {f"hub:org/name@{revision}": f"commit {FIRST}, from the hub"}


def test_a_branch_that_moved_is_told_with_where_it_was(served):
    """The other commit's files are taken, and nobody can miss it."""
    found("hub:org/name@main", MOVING)
    served.branches["main"] = SECOND
    folder, told = found("hub:org/name@main", MOVING)

    assert (folder / "tokenizer_config.json").read_bytes() == b"{}"
    assert told["hub:org/name@main"] == (
        f"commit {SECOND}; it MOVED: it was {FIRST} when it was fetched last, from the hub"
    )


def test_a_branch_does_not_move_between_the_sides_of_a_pair(served):
    """It is asked for once."""
    with terms.under(MOVING):
        first = artefact.resolve("hub:org/name@main")
        served.branches["main"] = SECOND

        assert artefact.resolve("hub:org/name@main") == first


def test_a_branch_offline_is_what_it_was(served):
    """And that nobody was asked is told."""
    found("hub:org/name@main", MOVING)
    served.branches["main"] = SECOND
    served.asked.clear()
    folder, told = found("hub:org/name@main", Terms(moving=True))

    assert folder.name == FIRST
    assert served.asked == []
    assert "as it was when it was fetched last: nobody was asked" in told["hub:org/name@main"]


def test_a_hub_that_is_down_is_not_one_that_has_not_moved(served):
    """What the cache has of a branch is not taken for what the branch is now."""
    found("hub:org/name@main", MOVING)
    served.fault = 503

    with pytest.raises(NotFetched, match="the hub answered 503"):
        found("hub:org/name@main", MOVING)


FAULTS = [
    (500, "", "the hub answered 500.*try again later"),
    (401, "GatedRepo", "is gated: ask for access on its page, then log in"),
    (403, "GatedRepo", "is gated"),
    (401, "RepoNotFound", "no such repository, or it is private"),
    (404, "RepoNotFound", "no such repository"),
    (404, "RevisionNotFound", "has no such revision"),
    (429, "", "the hub answered 429"),
    ("half", "", "not reached, or broke off|was changed or cut off"),
    ("changed", "", "is not what that commit has"),
]


@pytest.mark.parametrize(("fault", "code", "says"), FAULTS)
def test_what_the_hub_says_is_told_with_what_to_do(served, fault, code, says):
    """No traceback of the client, and nothing half is believed."""
    served.fault, served.code = fault, code

    with pytest.raises(NotFetched, match=says) as refused:
        found(f"hub:org/name@{FIRST}")

    assert str(refused.value).startswith("hub:org/name@111")


def test_a_hub_that_is_not_there_is_told(monkeypatch):
    """Nobody listens at its address."""
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")

    with pytest.raises(NotFetched, match="not reached"):
        found(f"hub:org/name@{FIRST}")


def test_offline_by_the_environment_and_online_by_us_is_told(monkeypatch):
    """One of them is to be unset."""
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)

    with pytest.raises(NotFetched, match="HF_HUB_OFFLINE"):
        found("hub:org/name@main", MOVING)


def test_a_file_that_somebody_changed_in_the_cache_is_not_believed():
    """The commit vouches for it, of a plain file and of one that LFS keeps."""
    for name in ("tokenizer.json", "tokenizer_config.json"):
        folder, _ = found(f"hub:org/name@{FIRST}")
        before = (folder / name).read_bytes()
        (folder / name).write_bytes(before + b" ")

        with pytest.raises(NotFetched, match="is not what that commit has"):
            found(f"hub:org/name@{FIRST}", Terms())
        (folder / name).write_bytes(before)


def test_a_file_that_somebody_put_into_the_cache_is_not_believed():
    """A template that the commit has not would win for some loaders."""
    folder, _ = found(f"hub:org/name@{FIRST}")
    (folder / "chat_template.jinja").write_text("mine")

    with pytest.raises(NotFetched, match="is no file of that commit"):
        found(f"hub:org/name@{FIRST}", Terms())


def test_a_cache_that_another_program_filled_has_no_listing_and_that_is_told(served):
    """It is used: it is what the user has; also where the hub is down, which is told too."""
    target = f"hub:org/name@{FIRST}"
    folder, _ = found(f"hub:org/name@{FIRST}")
    listing = folder.parent.parent / "trees" / f"{FIRST}.json"
    listing.unlink()
    from huggingface_hub import _tree_cache

    _tree_cache._IN_MEMORY_TREE_CACHE.clear()
    _, told = found(f"hub:org/name@{FIRST}", Terms())
    served.fault = 500
    _, down = found(f"hub:org/name@{FIRST}", NETWORK)

    assert "no listing of it: some files may be missing" in told[f"hub:org/name@{FIRST}"]
    assert "from the cache: the hub did not answer; the cache has no" in down[target]


def test_a_repository_without_a_tokenizer_is_told(served):
    """Weights alone are none."""
    served.commits[SECOND] = {"model.safetensors": b"weights", "config.json": b"{}"}

    with pytest.raises(NotFetched, match="there is no tokenizer among its files"):
        found(f"hub:org/name@{SECOND}")


@pytest.mark.parametrize("name", ["", "name", "org/name", "org/name@", "a/b/c@main", "org/na me@x"])
def test_a_name_without_a_commit_is_refused(name):
    """It says what is wanted."""
    with pytest.raises(BadSpec, match=r"hub:ORG/NAME@COMMIT, with the 40 hex digits"):
        artefact.resolve(f"hub:{name}")


def test_a_name_that_the_client_refuses_is_refused():
    """By its own rule."""
    with pytest.raises(BadSpec, match="hub:org/-name@"):
        found(f"hub:org/-name@{FIRST}")


def test_digits_of_either_case_are_a_commit():
    """As git takes them."""
    assert hub.read("a/b@" + "AB" * 20).pinned


def test_a_missing_client_says_what_to_install(monkeypatch):
    """Nothing else of tokparity needs it."""
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)

    with pytest.raises(MissingPackage, match=r"pip install 'tokparity\[hub\]'"):
        artefact.resolve(f"hub:org/name@{FIRST}")


def test_a_client_that_keeps_no_listings_says_what_to_install(monkeypatch):
    """An older one."""
    older = types.ModuleType("huggingface_hub")
    older.__version__ = "1.31.0"
    monkeypatch.setitem(sys.modules, "huggingface_hub", older)

    with pytest.raises(MissingPackage, match=r"huggingface_hub 1\.31\.0 keeps no listings"):
        artefact.resolve(f"hub:org/name@{FIRST}")


def test_a_process_of_its_own_asks_nobody():
    """It knows nothing of this hub: the name is a path before it starts, in options too."""
    target = f"hub:org/name@{FIRST}"
    with terms.under(NETWORK) as told:
        folder = artefact.resolve(target)
        settled = [
            artefact.settled(text) for text in (target, f"hf:{target}", f"reference:{folder}")
        ]
        backends.load(f"pipeline:redecode,encode=hf:{target},isolate=process").close()

    assert settled == [str(folder), f"hf:{folder}", f"reference:{folder}"]
    assert list(told) == [target]


def test_a_run_keeps_what_was_loaded(project, tokparity):
    """The commit stands in the run file beside the digests, and in the report."""
    target = f"hub:org/name@{FIRST}"
    project.corpus("texts.jsonl", "abc")
    sides = "--reference", f"hf:{target}", "--candidate", f"reference:{target}"
    refused = tokparity("run", *sides, "--corpus", "texts.jsonl", "--checks", "ids")
    ran = tokparity("run", *sides, "--corpus", "texts.jsonl", "--checks", "ids", "--network")

    assert (refused.code, ran.code) == (3, 0)
    assert "the network may not be asked" in refused.out
    assert f"{target}  is commit {FIRST}, from the hub" in ran.out
    files = sorted(project.folder.glob(".parity/runs/*"))
    rows = [row for file in files for row in rows_of(file) if row["type"] == "pair"]
    assert rows[0]["resolved"] == {target: f"commit {FIRST}, from the hub"}
    assert set(rows[0]["reference"]["artefacts"]) == {"tokenizer.json", "tokenizer_config.json"}


def test_other_commands_ask_only_where_they_are_allowed(project, tokparity):
    """Streams of a tokenizer, and a divergence that is loaded again from its run file."""
    target = f"hf:hub:org/name@{FIRST}"
    project.plan({"reference": target, "candidate": "py:mine:Wrong", "checks": ["ids"]})
    streams = "detokenizers", "--tokenizer", target, "--random", "2", "--algorithm", "minisgl"
    refused = tokparity(*streams)
    ran = tokparity("run", "--network")
    shown = tokparity("minimise", "t/case", "--tries", "5")

    assert (refused.code, ran.code, shown.code) == (3, 1, 0)
    assert tokparity(*streams, "--network").code == 0
    assert "Wrong" in shown.out or "ids" in shown.out


def test_a_plan_may_allow_it(project, tokparity):
    """`network = true` in [tool.parity]; and `moving`."""
    project.plan(
        {"reference": "hf:hub:org/name@main", "candidate": "reference:hub:org/name@main",
         "checks": ["ids"]}, network=True, moving=True,
    )  # fmt: skip

    assert tokparity("run").code == 0


def test_the_environment_names_the_hub(tmp_path):
    """`HF_ENDPOINT` and `HF_HOME`, as any program has them: in a process of its own."""
    target = f"hub:org/name@{FIRST}"
    id = f"t/case-{case_digest('text', 'abc', {})}"
    (tmp_path / "t.jsonl").write_text(json.dumps({"id": id, "text": "abc"}))
    sides = ["--reference", f"hf:{target}", "--candidate", f"reference:{target}", "--network"]
    command = [sys.executable, "-m", "parity", "run", *sides, "--checks", "ids"]
    environment = {
        **os.environ,
        "HF_ENDPOINT": constants.ENDPOINT,
        "HF_HOME": str(tmp_path / "h"),
        "PYTHONPATH": str(Path(hub.__file__).parent.parent),
    }
    done = subprocess.run(  # noqa: S603
        [*command, "--corpus", "t.jsonl"], capture_output=True, text=True, cwd=tmp_path,
        env=environment, check=False,
    )  # fmt: skip

    assert f"is commit {FIRST}, from the hub" in done.stdout, done.stderr
    assert done.stderr == ""
    assert (tmp_path / "h" / "hub" / "models--org--name" / "snapshots" / FIRST).is_dir()
