"""`tokparity decode`: what a run comes to, in exit codes and words, whatever engines do."""

import json
import re

import pytest

from parity.decoded import shown
from parity.decoded.keeping import read


@pytest.fixture
def decode(tokparity, decode_project, engines_here):  # noqa: ARG001 (where it runs)
    """A function that runs the command over toys in this process: no process is started."""

    def run(*candidates, reference="Noisy", prompts="p.jsonl", more=()):
        args = ["decode", "--reference", f"callable:noisy:{reference}", "--prompts", prompts]
        for candidate in candidates:
            args += ["--candidate", f"callable:noisy:{candidate}"]
        return tokparity(*args, *more)

    return run


def report(folder, name="r.json"):
    """Return the document that --json wrote."""
    return json.loads((folder / name).read_text())


def test_two_that_agree_are_exact(decode):
    """The reference has run twice, its noise was measured, and a candidate is within it."""
    ran = decode("Other")

    assert ran.code == 0, ran.out + ran.err
    assert "verdict: EXACT (exact)" in ran.out
    assert "decode parity ran on cpu (float32)" in ran.out
    assert "10 x" in ran.out
    assert "batch=4" in ran.out


@pytest.mark.parametrize(
    ("candidate", "code", "kind"),
    [
        ("ChoosesTheOtherAtT", 0, "NEAR_TIE 1"),
        ("SkipsOneAtX", 1, "LOCAL 1"),
        ("Tilted", 1, "SYSTEMIC 4"),
        ("Silent", 3, "gives log-probabilities"),
    ],
)
def test_a_candidate_is_of_the_class_of_what_it_does(decode, candidate, code, kind):
    """Noise passes, a fault does not, and the reason is in words."""
    ran = decode(candidate)

    assert kind in ran.out, ran.out
    assert ran.code == code, ran.out


def test_a_divergence_is_shown_with_tokens_margins_shift_and_budget(decode):
    """Where it is, what each side said there, and by how much it is no noise."""
    ran = decode("SkipsOneAtX")

    assert "p/axc  LOCAL" in ran.out
    assert 'reference: id 102 "f" at 2, margin 2.4 nats' in ran.out
    assert 'candidate: id 103 "g" at 2, margin 8.9 nats' in ran.out
    assert "budget" in ran.out


def test_a_reference_that_does_not_repeat_itself_proves_nothing(decode, decode_project):
    """NONDETERMINISTIC, and nothing is concluded of the candidate."""
    ran = decode("Other", reference="Dithers", more=["--json", "r.json"])

    assert ran.code == 3
    assert "NONDETERMINISTIC 4" in ran.out
    assert "does not agree with itself" in ran.out
    assert [cell["name"] for cell in report(decode_project)["cells"]] == ["repeat"]


def test_one_engine_alone_can_be_asked_whether_it_repeats_itself(decode):
    """The profile determinism needs no candidate, and counts unique completions."""
    honest = decode(more=["--profile", "determinism"])
    other = decode("Tilted", more=["--profile", "determinism"])
    dithers = decode(reference="Dithers", more=["--profile", "determinism"])

    assert honest.code == 0, honest.out
    assert "unique completions: 1 in 4" in honest.out
    assert dithers.code == 1
    assert "unique completions: 2 in 4" in dithers.out
    assert other.code == 3
    assert "determinism is of one engine" in other.out


def test_a_candidate_with_a_wrong_option_leaves_the_others_and_is_no_pass(decode, decode_project):
    """It did not run, and that is exit code 2; what was found of the others is in the report."""
    ran = decode("Refuses", "Other", more=["--json", "r.json"])

    assert ran.code == 2, ran.out + ran.err
    assert "did not run" in ran.out
    assert "EXACT (exact)" not in ran.out
    assert [cell["name"] for cell in report(decode_project)["cells"]][-1].endswith("Other")


@pytest.mark.usefixtures("decode_project", "engines_here")
@pytest.mark.parametrize("size", [4, 64])
def test_a_batch_of_another_size_that_holds_the_same_prompts_is_the_same_thing(tokparity, size):
    """All four prompts stand in one batch: nothing was asked otherwise."""
    spec = "callable:noisy:Noisy"
    ran = tokparity(
        "decode", "--reference", f"{spec},batch=8", "--candidate", f"{spec},batch={size}",
        "--prompts", "p.jsonl",
    )  # fmt: skip

    assert ran.code == 3
    assert "one and the same" in ran.out + ran.err


@pytest.mark.parametrize("candidate", ["Noisy", "Itself"])
def test_a_thing_is_not_compared_with_itself(decode, candidate):
    """Not under its own name, and not under another."""
    ran = decode(candidate)

    assert ran.code == 3
    assert "one and the same" in ran.out + ran.err


def test_a_candidate_that_cannot_run_here_is_skipped_counted_and_named(decode):
    """The others are compared."""
    ran = decode("Other", "needs_cuda", "needs_a_package")

    assert ran.code == 0, ran.out
    assert "1 cuda cell skipped: no CUDA device (toys)" in ran.out
    assert "1 cell skipped: engine 'toys' needs the package bricks" in ran.out


def test_a_run_whose_every_candidate_was_skipped_proves_nothing(decode):
    """A green run has compared something."""
    ran = decode("needs_cuda", "needs_a_package")

    assert ran.code == 3
    assert "every candidate was skipped" in ran.out


def test_what_is_required_and_skipped_is_no_pass(decode):
    """CI with a device says that it must be used."""
    ran = decode("Other", more=["--require", "cuda"])

    assert ran.code == 3
    assert "cuda is required, and nothing ran on it" in ran.out


def test_a_reference_that_cannot_run_here_ends_the_run(decode):
    """With its reason."""
    ran = decode("Other", reference="needs_a_package")

    assert ran.code == 3
    assert "needs the package bricks" in ran.err


def test_an_engine_that_is_another_thing_at_the_end_proves_nothing(decode):
    """What ran is not what was named."""
    ran = decode("ChangesItself")

    assert ran.code == 3
    assert "is another thing after the run than before it" in ran.out


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        (["--profile", "exakt"], 2, "no profile 'exakt'"),
        (["--candidate", "transformer"], 2, "no engine 'transformer'"),
        (["--candidate", "callable:noisy:Other,paralel=4"], 2, "no option 'paralel'"),
        (["--candidate", "callable:noisy:Other,batch=x"], 2, "batch is a number of prompts"),
        (["--candidate", "callable:noisy:Other", "--candidate", "callable:noisy:Other"], 2,
         "comes twice"),
        (["--model", "/nowhere", "--candidate", "transformers"], 2, "/nowhere"),
        (["--candidate", "transformers"], 2, "names no model"),
        (["--update", "--candidate", "callable:noisy:Other"], 2, "--golden FOLDER"),
        (["--prompts", "nothing.jsonl"], 2, "nothing.jsonl"),
        (["--prompts", ""], 5, "no prompts are named"),
        (["--modes", "wild"], 2, "no modes 'wild'"),
        ([], 2, "nothing is compared"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_told_before_anything_runs(decode, args, code, words):
    """One paragraph, and the exit code of the reason."""
    ran = decode(more=args)

    assert words in ran.err
    assert ran.code == code


def test_goldens_are_not_written_in_ci(decode, monkeypatch):
    """They are recorded on a branch, by somebody who looks at them."""
    monkeypatch.setenv("CI", "1")
    ran = decode("Other", more=["--golden", "golden", "--update"])

    assert ran.code == 4
    assert "CI is set" in ran.err


def test_a_golden_holds_the_reference_to_what_it_said(decode):
    """Missing, then written, then kept to; its budget is used and none is measured."""
    missing = decode("Other", more=["--golden", "golden"])
    written = decode("Other", more=["--golden", "golden", "--update"])
    kept = decode("Other", more=["--golden", "golden"])
    other = decode("Other", more=["--golden", "golden", "--max-tokens", "3"])

    assert (missing.code, written.code, kept.code, other.code) == (4, 0, 0, 4), missing.out
    assert "record" in missing.out
    assert "written: golden/decode" in written.out
    assert "kept in golden" in kept.out
    assert "measured now" not in kept.out
    assert re.search(r"(?m)^golden +EXACT", kept.out)


def test_outcomes_are_kept_and_a_run_goes_on_from_them(decode, decode_project, monkeypatch):
    """Ctrl-C keeps what is finished; what is taken over is not asked again."""
    whole = shown._lines

    def stopping(*_):
        def told(_, done):
            if done == 2:
                raise KeyboardInterrupt

        return told

    monkeypatch.setattr(shown, "_lines", stopping)
    stopped = decode("Other", more=["--out", "kept"])
    monkeypatch.setattr(shown, "_lines", whole)
    record = read(decode_project / "kept" / "reference.jsonl")
    resumed = decode("Other", more=["--out", "kept", "--resume", "--json", "r.json"])

    assert stopped.code == 130
    assert "--resume goes on" in stopped.err
    assert (len(record.outcomes), record.whole) == (2, False)
    assert resumed.code == 0, resumed.out + resumed.err
    assert report(decode_project)["used"]["reference"]["taken_over"] == 2


def test_a_run_does_not_go_on_from_another_one(decode):
    """It says what differs."""
    decode("Other", more=["--out", "kept"])
    ran = decode("Other", more=["--out", "kept", "--resume", "--top", "7"])

    assert ran.code == 2
    assert "top was 20 and is 7" in ran.err


def test_the_document_is_stable(decode, decode_project):
    """But for what it took and when, two runs write the same."""
    found = []
    for name in ("one.json", "two.json"):
        decode("SkipsOneAtX", "needs_cuda", more=["--json", name])
        found.append(report(decode_project, name))
    for one in found:
        assert set(one.pop("manifest")["prompts"]) >= {"sha256", "count"}
        assert one.pop("used")["reference"]["new_ids"] == 96
        one.pop("command")

    assert found[0] == found[1]
    assert found[0]["schema"] == 1


def test_a_report_that_cannot_be_written_is_told_before_minutes_are_spent(decode, decode_project):
    """Nothing has run."""
    (decode_project / "taken").write_text("")
    ran = decode("Other", more=["--html", "taken/r.html"])

    assert ran.code == 3
    assert not (decode_project / ".parity").exists()


def test_help_shows_lines_to_copy(tokparity):
    """Each way of use has an example."""
    ran = tokparity("decode", "--help")

    assert ran.out.count("tokparity decode --model") >= 4
    assert "--require" in ran.out


def test_engines_run_beside_each_other_as_they_do_alone(decode):
    """--jobs changes when, and not what."""
    ran = decode("Other", "SkipsOneAtX", more=["--jobs", "2"])

    assert ran.code == 1
    assert "LOCAL 1" in ran.out


def test_modes_are_candidates_that_must_not_matter(decode):
    """Those that the engine has, each as a variant of the reference."""
    ran = decode(more=["--modes", "tiny"])

    assert ran.code == 0, ran.out
    assert all(re.search(f"(?m)^{name} +EXACT", ran.out) for name in ("batch", "order", "warm"))
    assert "attention" not in ran.out


def test_each_engine_is_a_process_of_its_own(tokparity, decode_project):
    """One that is killed fails the prompts of its batch by name, and the others are compared."""
    ran = tokparity(
        "decode", "--reference", "callable:noisy:Noisy", "--candidate", "callable:noisy:KilledAtX",
        "--candidate", "callable:noisy:dies", "--prompts", "p.jsonl", "--json", "r.json",
    )  # fmt: skip
    killed, dead = report(decode_project)["cells"][1:]

    assert ran.code == 3
    assert killed["verdict"]["counts"] == {"SAME": 3, "FAILED": 1}
    assert "Crashed" in ran.out
    assert "cannot be loaded" in dead["failed"]["reason"]
