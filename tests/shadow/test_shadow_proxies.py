"""What stands before a reference is the reference, to whoever has it."""

import copy
import functools
import pickle
from pathlib import Path

import numpy as np
import pytest
import tokenizers
import transformers
from tokenizers_at_hand import MAKE, TEXT, fast, raw

from parity.shadow.wrapping import BadPair, close, reference_of, shadowed, snapshot


@pytest.fixture(scope="module")
def two():
    """Two tokenizers of each kind, made once."""
    return {kind: (make(), make()) for kind, make in MAKE.items()}


class TestProxy:
    """The proxy is the reference, to whoever has it."""

    def test_it_has_the_class_and_the_attributes_of_the_reference(self, two):
        """isinstance, attributes, len(), bool(), str(), dir() and == go through."""
        bare, other = two["transformers"]
        thing = shadowed(bare, other)

        assert isinstance(thing, transformers.PreTrainedTokenizerBase)
        assert thing.__class__ is type(bare)
        assert (len(thing), bool(thing), str(thing)) == (len(bare), bool(bare), str(bare))
        assert thing.eos_token_id == bare.eos_token_id
        assert dir(thing) == dir(bare)
        assert vars(thing) is vars(bare)
        assert thing == bare
        assert thing == thing  # noqa: PLR0124
        assert hash(thing) == hash(bare)
        with pytest.raises(AttributeError, match="has no attribute nothing"):
            _ = thing.nothing

    def test_what_is_set_is_set_on_the_reference(self):
        """A setting is the reference's; a method that is replaced is still watched."""
        bare = fast()
        with shadowed(bare, fast(), rate=1.0) as thing:
            thing.padding_side = "left"
            thing.decode = lambda _: "mine"

            assert bare.padding_side == "left"
            assert thing.decode([286]) == "mine"
            del thing.decode
            assert thing.decode([286]) == "he"
        assert snapshot(thing)["surfaces"]["decode"]["classes"] == {"text.value": 1}

    def test_a_state_of_the_reference_is_set_through_it(self):
        """The switches of tokenizers are methods that are handed on."""
        thing = shadowed(raw(), raw())
        thing.enable_truncation(2)
        thing.encode_special_tokens = True

        assert len(thing.encode(TEXT)) == 2
        assert reference_of(thing).encode_special_tokens is True

    @pytest.mark.parametrize(
        "made",
        [copy.copy, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))],  # noqa: S301
    )
    @pytest.mark.parametrize("kind", ["transformers", "tokenizers"])
    def test_a_copy_is_of_the_reference_and_bare(self, two, kind, made):
        """Who copies or pickles a tokenizer gets a tokenizer, which nobody watches."""
        bare, other = two[kind]
        found = made(shadowed(bare, other))

        assert type(found) is type(bare)
        assert found.decode([286]) == "he"

    def test_items_iteration_and_membership_go_through(self):
        """An object that is a container, too, is one still."""

        class Container(list):
            def __call__(self, number):
                return self[number]

            def __setitem__(self, place, value):
                super().__setitem__(place, value * 2)

        thing = shadowed(Container([1, 2]), Container([1, 3]), rate=1.0)
        thing[0] = 5

        assert (list(thing), 10 in thing, thing[0], len(thing)) == ([10, 2], True, 10, 2)
        assert (thing(1), [*thing, 1]) == (2, [10, 2, 1])
        with pytest.raises(TypeError, match="unhashable"):
            hash(thing)
        close(thing)
        assert snapshot(thing)["classes"] == {"value.value": 1}

    def test_transformers_own_utilities_take_it(self, two, tmp_path, capsys):
        """pad(), a TextStreamer, save_pretrained and a fast tokenizer made of it work."""
        bare, other = two["transformers"]
        with shadowed(bare, other, rate=1.0) as thing:
            streamer = transformers.TextStreamer(thing)
            streamer.on_finalized_text(thing.decode([286, 75]))
            padded = thing.pad([{"input_ids": [1]}, {"input_ids": [1, 2]}])
            thing.save_pretrained(tmp_path)

        assert capsys.readouterr().out == "hel"
        assert len(padded["input_ids"][0]) == 2
        assert (
            fast().get_vocab() == transformers.AutoTokenizer.from_pretrained(tmp_path).get_vocab()
        )
        assert snapshot(thing)["same"] == snapshot(thing)["calls"] == 1

    def test_compiled_code_wants_the_reference_itself(self, two):
        """DecodeStream looks at the very class; reference_of gives what it takes."""
        thing = shadowed(*two["tokenizers"])
        stream = tokenizers.decoders.DecodeStream()
        with pytest.raises(TypeError):
            stream.step(thing, 286)

        assert stream.step(reference_of(thing), 286) == "he"

    def test_one_that_is_switched_off_loads_no_candidate(self, monkeypatch):
        """Who operates a service can take the candidate away without its code."""
        monkeypatch.setenv("PARITY_SHADOW", "off")
        thing = shadowed(raw(), "no_such_module:make", rate=1.0)

        assert thing.encode("a").ids == raw().encode("a").ids
        assert snapshot(thing)["calls"] == 0


class TestCallables:
    """Any two callables."""

    def test_a_decorated_function_is_one_still(self):
        """Its name, its documents and its answers are its own; its place in a class is, too."""

        def other(number):
            return number + 2

        @shadowed(candidate=other, rate=1.0)
        def add(number: int) -> int:
            """Add one."""
            return number + 1

        class Has:
            method = add

        assert (add(1), add.__name__, add.__doc__, add.__module__) == (
            2,
            "add",
            "Add one.",
            __name__,
        )
        assert Has.method is add
        assert callable(add)
        close(add)
        assert snapshot(add)["surfaces"]["add"]["classes"] == {"value.value": 1}

    @pytest.mark.parametrize(
        ("left", "right", "why"),
        [
            (lambda: None, lambda: 0, "value.type"),
            (lambda: 0, lambda: None, "value.type"),
            (lambda: 1, lambda: True, "value.type"),
            (lambda: {"a": [1, (2, 3)]}, lambda: {"a": [1, (2, 4)]}, "value.value"),
            (lambda: {1, 2}, lambda: {1, 3}, "value.value"),
            (lambda: np.array([1, 2]), lambda: np.array([1]), "value.missing"),
            (lambda: "a", lambda: 1 / 0, "outcome.ZeroDivisionError"),
            (lambda: 1 / 0, lambda: "a", "outcome.value"),
            (lambda: 1 / 0, lambda: int("x"), "outcome.ValueError"),
            (lambda: [1], lambda: iter([1]), "gives.value"),
            (lambda: functools.partial(print, end=""), lambda: 3, "value.type"),
        ],
    )
    def test_values_of_any_sort_can_part(self, left, right, why):
        """What has fields, or is plain, is compared as it is; a stream is no value."""
        with shadowed(left, right, rate=1.0) as thing:
            for _ in range(2):
                try:
                    thing()
                except ZeroDivisionError:
                    continue
        seen = snapshot(thing)

        assert seen["classes"] == {why: 2}

    def test_what_has_no_fields_is_skipped_and_what_cannot_be_copied_is_an_error(self):
        """Nothing is said to be the same that could not be looked at."""
        with shadowed(object, object, rate=1.0) as thing:
            assert type(thing()) is object
        assert snapshot(thing)["reasons"] == {"skipped": {"Unsupported": 1}}

        with (
            Path(__file__).open(encoding="utf-8") as file,
            shadowed(lambda: file, lambda: 1, rate=1.0) as f,
        ):
            assert f() is file
        assert snapshot(f)["reasons"] == {"error": {"Uncopied": 1}}

    def test_nan_is_nan(self):
        """Two that give no number agree on it."""
        with shadowed(lambda: float("nan"), lambda: float("nan"), rate=1.0) as thing:
            thing()

        assert snapshot(thing)["same"] == 1


@pytest.mark.parametrize(
    ("reference", "candidate", "named", "match"),
    [
        (object(), raw, {}, "no tokenizer of a known kind"),
        (len, 3, {}, "cannot be"),
        (len, "a:b", {"how": "process"}, "leave out how='process'"),
        (raw, None, {}, "cannot be"),
    ],
)
def test_a_pair_that_cannot_be_asked_the_same_is_refused(reference, candidate, named, match):
    """It says what was given and what is wanted, before anything is served."""
    with pytest.raises(BadPair, match=match):
        shadowed(reference, candidate, **named)


def test_a_tokenizer_is_no_candidate_of_what_is_no_tokenizer(two):
    """A callable behind a tokenizer has no operations that could be asked."""
    with pytest.raises(BadPair, match="none of backend, tiktoken, tokenizers, transformers"):
        shadowed(two["tokenizers"][0], len)
    with pytest.raises(BadPair, match="not made by shadowed"):
        snapshot(two["tokenizers"][0])


@pytest.mark.parametrize(
    "candidate", ["no_such_module:make", "parity.errors:nothing", "hf:nowhere"]
)
def test_a_candidate_that_cannot_be_loaded_is_counted(two, candidate):
    """The reference serves, whatever its candidate is."""
    with shadowed(two["tokenizers"][0], candidate, rate=1.0) as thing:
        assert thing.decode([286]) == "he"

    assert snapshot(thing)["error"] == 1


def test_a_candidate_is_made_by_a_dotted_name(two):
    """`module:factory` is called in this process."""
    with shadowed(two["tokenizers"][0], "tokenizers_at_hand:raw", rate=1.0) as thing:
        thing.encode("a")

    assert snapshot(thing)["same"] == 1
