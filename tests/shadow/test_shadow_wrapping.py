"""What people already have, watched: nobody sees a difference, and the watch sees each."""

import copy
import functools
import pickle

import numpy as np
import pytest
import tiktoken
import tiktoken.load
import tokenizers
import transformers

from parity.artefact import read_json, resolve
from parity.shadow import natives
from parity.shadow.same import is_same
from parity.shadow.wrapping import BadPair, close, reference_of, shadowed, snapshot

FOLDER = resolve("tiny:byte-bpe-600")
TEXT = "Grüße, 世界! <|im_start|>user 🌶️"
CHAT = [{"role": "user", "content": "hello"}]


def raw(name="byte-bpe-600"):
    return tokenizers.Tokenizer.from_file(str(resolve(f"tiny:{name}") / "tokenizer.json"))


def fast(name="byte-bpe-600"):
    return transformers.AutoTokenizer.from_pretrained(str(resolve(f"tiny:{name}")))


def openai():
    config = read_json(FOLDER / "tiktoken.json")
    return tiktoken.Encoding(
        "tiny",
        pat_str=config["pattern"],
        mergeable_ranks=tiktoken.load.load_tiktoken_bpe(str(FOLDER / config["ranks"])),
        special_tokens=config["special_tokens"],
    )


MAKE = {"transformers": fast, "tokenizers": raw, "tiktoken": openai}
CALLS = {
    "transformers": [
        ("__call__", (TEXT,), {}),
        ("__call__", ([TEXT, "a"],), {"padding": True, "return_offsets_mapping": True}),
        ("__call__", ([TEXT, "a"],), {"padding": True, "return_tensors": "np"}),
        ("__call__", ("a", "b"), {"truncation": True, "max_length": 2}),
        ("__call__", ([],), {}),
        ("__call__", (3,), {}),
        ("__call__", (), {}),
        ("encode", (TEXT,), {"add_special_tokens": False}),
        ("encode", (TEXT,), {"return_tensors": "np"}),
        ("encode", (None,), {}),
        ("decode", ([286, 75, 602],), {"skip_special_tokens": True}),
        ("decode", (286,), {}),
        ("decode", ([[286], [75]],), {}),
        ("decode", (np.array([286, 75]),), {}),
        ("decode", ("x",), {}),
        ("batch_decode", ([[286], [75, 602]],), {}),
        ("apply_chat_template", (CHAT,), {}),
        ("apply_chat_template", (CHAT,), {"tokenize": False, "add_generation_prompt": True}),
        ("apply_chat_template", (CHAT,), {"return_dict": False}),
        ("apply_chat_template", (3,), {}),
        ("convert_tokens_to_ids", ("hello",), {}),
        ("convert_tokens_to_ids", (["he", "l"],), {}),
        ("convert_ids_to_tokens", ([286, 75],), {}),
        ("convert_ids_to_tokens", (286,), {}),
        ("tokenize", (TEXT,), {}),
    ],
    "tokenizers": [
        ("encode", (TEXT,), {}),
        ("encode", ("a", "b"), {"add_special_tokens": False}),
        ("encode", (["a", "b"],), {"is_pretokenized": True}),
        ("encode", (3,), {}),
        ("encode", (), {}),
        ("encode_batch", ([TEXT, ("a", "b")],), {}),
        ("encode_batch", ([],), {}),
        ("encode_batch_fast", ([TEXT],), {}),
        ("decode", ([286, 75, 602],), {}),
        ("decode", ([-1],), {}),
        ("decode", ([99999],), {}),
        ("decode_batch", ([[286], [75, 602]],), {"skip_special_tokens": False}),
    ],
    "tiktoken": [
        ("encode", ("hello",), {}),
        ("encode", (TEXT,), {}),
        ("encode", (TEXT,), {"allowed_special": "all"}),
        ("encode", (TEXT,), {"allowed_special": {"<|im_start|>"}, "disallowed_special": ()}),
        ("encode_ordinary", (TEXT,), {}),
        ("encode_batch", (["a", "hello"],), {}),
        ("encode_ordinary_batch", ([TEXT],), {}),
        ("decode", ([286, 75],), {}),
        ("decode", ([99999],), {}),
        ("decode_bytes", ([286, 200],), {}),
        ("decode_batch", ([[286], [75]],), {}),
    ],
}


def came(thing, name, args, named):
    """The answer as text that shows its types, or the exception."""
    try:
        value = getattr(thing, name)(*copy.deepcopy(args), **named)
    except BaseException as error:  # noqa: BLE001
        return type(error), str(error)
    return type(value), shown(value)


def shown(value):
    if isinstance(value, tokenizers.Encoding):
        parts = ("ids", "offsets", "tokens", "attention_mask", "type_ids")
        return [getattr(value, part) for part in parts] + [shown(one) for one in value.overflowing]
    if isinstance(value, list):
        return [shown(one) for one in value]
    if isinstance(value, transformers.BatchEncoding):
        return {name: (type(part), repr(part)) for name, part in value.items()}
    return repr(value)


@pytest.fixture(scope="module")
def two():
    """Two tokenizers of each kind, made once."""
    return {kind: (make(), make()) for kind, make in MAKE.items()}


@pytest.mark.parametrize("kind", MAKE)
def test_every_call_answers_as_the_bare_object_and_two_alike_never_part(two, kind):
    """Values, types and exceptions are the reference's own, sampled or not."""
    bare, candidate = two[kind]
    for rate in (1.0, 0.0):
        with shadowed(bare, candidate, rate=rate) as thing:
            for name, args, named in CALLS[kind]:
                assert came(thing, name, args, named) == came(bare, name, args, named), name
        seen = snapshot(thing)

        assert seen["calls"] == len(CALLS[kind])
        assert seen["classes"] == {}
        assert seen["same"] == (len(CALLS[kind]) if rate else 0), seen["reasons"]


def answers(change):
    """A candidate whose every answer is changed."""

    class Fake:
        def __init__(self, inner):
            self.inner = inner

        def __getattr__(self, name):
            if name == "inner":
                raise AttributeError(name)
            found = getattr(self.inner, name)
            return (
                (lambda *args, **named: change(found(*args, **named))) if callable(found) else found
            )

        def __call__(self, *args, **named):
            return change(self.inner(*args, **named))

    return Fake


def drops_last_id(value):
    if isinstance(value, list):
        return value[:-1]
    if isinstance(value, tokenizers.Encoding):
        value.truncate(len(value) - 1)
    if isinstance(value, transformers.BatchEncoding):
        value["input_ids"] = value["input_ids"][:-1]
    return value[:-1] if isinstance(value, str | bytes) else value


def gives_lists_for_tensors(value):
    if isinstance(value, transformers.BatchEncoding):
        return {name: np.asarray(part).tolist() for name, part in value.items()}
    return np.asarray(value).tolist()


def forgets_the_mask(value):
    del value["attention_mask"]
    return value


def raises_for_all(value):
    raise ValueError(value)


def gives_nothing(_):
    return None


FAULTS = [
    ("transformers", "__call__", (TEXT,), {}, drops_last_id, "ids.missing"),
    ("transformers", "__call__", ([TEXT],), {"return_tensors": "np"}, gives_lists_for_tensors,
     "kinds.value"),
    ("transformers", "__call__", (TEXT,), {}, forgets_the_mask, "kinds.missing"),
    ("transformers", "encode", (TEXT,), {}, drops_last_id, "ids.missing"),
    ("transformers", "decode", ([286, 75],), {}, drops_last_id, "text.missing"),
    ("transformers", "batch_decode", ([[286], [75]],), {}, drops_last_id, "text.missing"),
    ("transformers", "tokenize", (TEXT,), {}, drops_last_id, "tokens.missing"),
    ("transformers", "convert_tokens_to_ids", (["a", "b"],), {}, drops_last_id, "ids.missing"),
    ("transformers", "convert_ids_to_tokens", ([286],), {}, drops_last_id, "tokens.missing"),
    ("transformers", "apply_chat_template", (CHAT,), {}, drops_last_id, "ids.missing"),
    ("transformers", "encode", (TEXT,), {}, raises_for_all, "outcome.ValueError"),
    ("tokenizers", "encode", (TEXT,), {}, drops_last_id, "ids.missing"),
    ("tokenizers", "encode_batch", ([TEXT, "a"],), {}, drops_last_id, "ids.missing"),
    ("tokenizers", "encode_batch_fast", ([TEXT],), {}, drops_last_id, "ids.missing"),
    ("tokenizers", "decode", ([286, 75],), {}, drops_last_id, "text.missing"),
    ("tokenizers", "decode_batch", ([[286], [75]],), {}, drops_last_id, "text.missing"),
    ("tokenizers", "encode", (TEXT,), {}, gives_nothing, "outcome.BadOutput"),
    ("tiktoken", "encode_ordinary", (TEXT,), {}, drops_last_id, "ids.missing"),
    ("tiktoken", "decode_bytes", ([286, 75],), {}, drops_last_id, "text.missing"),
    ("tiktoken", "encode_batch", (["a", "b"],), {}, drops_last_id, "ids.missing"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "name", "args", "named", "fault", "why"), FAULTS)
def test_a_planted_fault_is_found_and_the_caller_does_not_see_it(
    two, kind, name, args, named, fault, why
):
    """Each operation can fail to agree: a fake that is wrong in its way shows it."""
    bare, inner = two[kind]
    wanted = came(bare, name, args, named)
    with shadowed(bare, answers(fault)(inner), rate=1.0) as thing:
        assert came(thing, name, args, named) == wanted
    seen = snapshot(thing)

    assert seen["classes"] == {why: 1}


@pytest.mark.parametrize(
    ("part", "change"),
    [
        ("offsets", lambda one: [(start + 1, end) for start, end in one]),
        ("tokens", lambda one: one[::-1]),
        ("attention_mask", lambda one: [0] * len(one)),
        ("type_ids", lambda one: [1] * len(one)),
        ("special_tokens_mask", lambda one: [1] * len(one)),
        ("overflowing", lambda one: one[1:]),
    ],
)
def test_each_part_of_an_encoding_is_compared(part, change):
    """Ids are not all that a caller reads of an Encoding."""
    bare = raw()
    bare.enable_truncation(4)
    parts = ("ids", "offsets", "tokens", "attention_mask", "type_ids", "special_tokens_mask",
             "overflowing")  # fmt: skip

    def changed(found):
        class Made:
            pass

        made = Made()
        for name in parts:
            value = getattr(found, name)
            setattr(made, name, change(value) if name == part else value)
        return made

    with shadowed(bare, answers(changed)(raw_cut()), rate=1.0) as thing:
        thing.encode(TEXT)

    assert [why.partition(".")[0] for why in snapshot(thing)["classes"]] == [part]


def raw_cut():
    found = raw()
    found.enable_truncation(4)
    return found


def test_what_the_caller_does_with_an_answer_is_no_divergence(two):
    """Sampled answers are copied: lists that are changed, encodings that are padded or cut later."""
    bare, candidate = two["tokenizers"]
    with shadowed(bare, candidate, rate=1.0) as thing:
        one = thing.encode(TEXT)
        one.truncate(2)
        one.pad(64)
        for item in thing.encode_batch([TEXT, "a"]):
            item.pad(64)
    assert snapshot(thing)["same"] == 2

    bare, candidate = two["transformers"]
    with shadowed(bare, candidate, rate=1.0) as thing:
        found = thing([TEXT, "a"])
        found["input_ids"][0].clear()
        found["more"] = []
        thing.encode(TEXT).append(3)
        tensors = thing([TEXT], return_tensors="np")
        tensors["input_ids"][0][:] = 0
        messages = copy.deepcopy(CHAT)
        thing.apply_chat_template(messages)
        messages[0]["content"] = "changed"
    assert snapshot(thing)["same"] == 4


def test_an_encoding_is_kept_whole_when_it_is_cut_into_many(two):
    """The copy of an Encoding has all that overflowed, in order, and all its parts."""
    bare = raw()
    bare.enable_truncation(12, stride=2)
    with shadowed(bare, copy.deepcopy(bare), rate=1.0) as thing:
        found = thing.encode(TEXT * 3, "a")
        found.truncate(0)

    assert len(found.overflowing) > 0
    assert snapshot(thing)["same"] == 1


PAIRS = [
    ("transformers", "tokenizers", {"same": 6}),
    ("transformers", "backend", {"same": 8}),
    ("tokenizers", "transformers", {"same": 6}),
    ("tokenizers", "backend", {"same": 6}),
    ("tiktoken", "tokenizers", {"same": 4}),
    ("tiktoken", "backend", {"same": 6}),
    ("transformers", "tiktoken", {"same": 4}),
    ("tokenizers", "tiktoken", {"same": 3}),
]
ASKED = {
    "transformers": [
        ("__call__", (TEXT,), {"add_special_tokens": False}),
        ("__call__", ([TEXT, "a"],), {"return_offsets_mapping": True}),
        ("encode", (TEXT,), {"add_special_tokens": False}),
        ("encode", (TEXT,), {"add_special_tokens": False, "split_special_tokens": True}),
        ("decode", ([286, 75, 602],), {}),
        ("batch_decode", ([[286], [75, 602]],), {"skip_special_tokens": True}),
        ("tokenize", (TEXT,), {}),
        ("apply_chat_template", (CHAT,), {"tokenize": False}),
        ("apply_chat_template", (CHAT,), {"add_generation_prompt": True}),
        ("encode", (TEXT,), {"truncation": True, "max_length": 3}),
        ("__call__", (TEXT, "pair"), {}),
    ],
    "tokenizers": [
        ("encode", (TEXT,), {}),
        ("encode", (TEXT,), {"add_special_tokens": False}),
        ("encode_batch", ([TEXT, "a"],), {}),
        ("encode_batch_fast", ([TEXT],), {"add_special_tokens": False}),
        ("decode", ([286, 75],), {"skip_special_tokens": False}),
        ("decode_batch", ([[286], [75, 602]],), {}),
        ("encode", ("a", "b"), {}),
        ("encode", (["a"],), {"is_pretokenized": True}),
    ],
    "tiktoken": [
        ("encode", ("hello",), {}),
        ("encode", (TEXT,), {"allowed_special": "all"}),
        ("encode", (TEXT,), {"disallowed_special": ()}),
        ("encode_ordinary", (TEXT,), {}),
        ("decode", ([286, 75],), {}),
        ("decode_batch", ([[286], [75]],), {}),
        ("encode", (TEXT,), {"allowed_special": {"<|im_start|>"}, "disallowed_special": ()}),
        ("decode", ([200],), {"errors": "ignore"}),
        ("encode", (TEXT,), {}),
    ],
}


@pytest.mark.parametrize(("kind", "other", "counts"), PAIRS)
def test_another_kind_is_asked_in_its_own_words_and_never_by_guess(two, kind, other, counts):
    """What has no words there is skipped as Untranslated; what has them agrees."""
    behind = "hf:tiny:byte-bpe-600" if other == "backend" else two[other][1]
    if (kind, other) == ("transformers", "backend"):
        behind = "transformers:tiny:byte-bpe-600"
    if (kind, other) == ("tiktoken", "backend"):
        behind = "tiktoken:tiny:byte-bpe-600"
    with shadowed(two[kind][0], behind, rate=1.0) as thing:
        for name, args, named in ASKED[kind]:
            came(thing, name, args, named)
    seen = snapshot(thing)

    assert seen["classes"] == {}
    assert seen["error"] == seen["timeout"] == 0
    assert {"same": seen["same"]} == counts
    assert seen["reasons"] == {"skipped": {"Untranslated": len(ASKED[kind]) - counts["same"]}}


@pytest.mark.parametrize(("kind", "other"), [pair[:2] for pair in PAIRS if pair[1] != "backend"])
def test_a_fault_of_another_kind_is_found(two, kind, other):
    """What is asked in other words is compared as strictly: each call that is asked can part."""
    with shadowed(two[kind][0], answers(drops_last_id)(two[other][1]), rate=1.0) as thing:
        for name, args, named in ASKED[kind]:
            came(thing, name, args, named)
    seen = snapshot(thing)

    assert seen["compared"] > 0
    assert seen["diverged"] == seen["compared"]


def test_a_backend_behind_a_tokenizer_shows_its_fault(two):
    """A spec is asked as a backend is, and its own answers decide."""
    with shadowed(two["tokenizers"][0], "hf:tiny:byte-bpe-4096", rate=1.0) as thing:
        thing.encode("the tokenizer")
        thing.encode_batch(["the tokenizer"])

    assert snapshot(thing)["classes"] == {"ids.value": 2}


def test_a_backend_in_a_process_of_its_own_is_asked_there(two):
    """The process mode is for what has a spec; the words are translated before it is asked."""
    behind = "hf:tiny:byte-bpe-4096"
    with shadowed(two["transformers"][0], behind, how="process", rate=1.0) as thing:
        thing.encode("the tokenizer")
        thing.decode([65])
        close(thing, 30.0)

    assert snapshot(thing)["compared"] == 2
    assert snapshot(thing)["surfaces"]["encode"]["classes"] == {"ids.value": 1}


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
            thing.decode = lambda ids: "mine"

            assert bare.padding_side == "left"
            assert thing.decode([286]) == "mine"
            del thing.decode
            assert thing.decode([286]) == "he"
        assert snapshot(thing)["surfaces"]["decode"]["classes"] == {"text.value": 1}

    def test_a_state_of_the_reference_is_set_through_it(self):
        """tokenizers' switches are methods that are handed on."""
        thing = shadowed(raw(), raw())
        thing.enable_truncation(2)
        thing.encode_special_tokens = True

        assert len(thing.encode(TEXT)) == 2
        assert reference_of(thing).encode_special_tokens is True

    @pytest.mark.parametrize(
        "made", [copy.copy, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))]
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
        assert (thing(1), thing + [1]) == (2, [10, 2, 1])
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
            open(__file__, encoding="utf-8") as file,
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
    with shadowed(two["tokenizers"][0], f"{__name__}:raw", rate=1.0) as thing:
        thing.encode("a")

    assert snapshot(thing)["same"] == 1


class TestIdentity:
    """One thing on both sides is one, whatever it is called; two of one class are two."""

    @pytest.mark.parametrize("make", MAKE.values(), ids=list(MAKE))
    def test_two_that_were_made_alike_are_the_same(self, make):
        """What decides the answers decides."""
        assert is_same(natives.about(make()), natives.about(make()))

    @pytest.mark.parametrize("make", [raw, fast])
    def test_two_of_one_class_with_other_tables_are_not(self, make):
        """The class and the package are alike, and the vocabularies are not."""
        assert not is_same(natives.about(make()), natives.about(make("byte-bpe-4096")))

    def test_a_state_that_calls_set_does_not_make_another(self):
        """transformers sets truncation and padding in the compiled tokenizer at each call."""
        one = fast()
        before = natives.about(one)
        one([TEXT, "a"], padding=True, truncation=True, max_length=4)

        assert natives.about(one) == before
        one.chat_template = "other"
        assert not is_same(natives.about(one), before)

    def test_a_state_of_its_own_makes_another(self):
        """Truncation of a bare tokenizer decides its answers."""
        assert not is_same(natives.about(raw()), natives.about(raw_cut()))

    def test_callables_are_known_by_their_code_and_what_they_hold(self):
        """Two closures of one code over two things are two; over one thing they are one."""

        def over(thing):
            return lambda text: thing.encode(text)

        one, other = raw(), raw("byte-bpe-4096")
        about = natives.about

        assert is_same(about(over(one)), about(over(one)))
        assert is_same(about(over(one)), about(over(raw())))
        assert not is_same(about(over(one)), about(over(other)))
        assert not is_same(about(len), about(str.upper))
        assert not is_same(
            about(functools.partial(int, base=2)), about(functools.partial(int, base=3))
        )
        assert is_same(about(one.encode), about(raw().encode))
        assert not is_same(about(one.encode), about(one.decode))
        assert not is_same(about(lambda: 1), about(lambda: 2))

    def test_the_same_object_on_both_sides_is_said_and_not_shared(self):
        """Its header says `same`; the candidate is a copy, so that no state is set under a caller."""
        one = fast()
        thing = shadowed(one, one, rate=1.0)
        watch = object.__getattribute__(thing, "_shadow_state").watch

        assert is_same(watch.reference, watch.side.about())
        assert watch.side.find("decode").__self__ is not one
        close(thing)
