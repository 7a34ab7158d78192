"""One thing on both sides is one, whatever it is called; two of one class are two."""

import functools

import pytest
from tokenizers_at_hand import MAKE, TEXT, fast, raw, raw_cut

from parity.shadow import natives
from parity.shadow.same import is_same
from parity.shadow.wrapping import close, shadowed


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
        """A call of transformers sets truncation and padding in what is compiled."""
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
            def encode(text):
                return thing.encode(text)

            return encode

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
        """Its header says `same`; the candidate is a copy: no state is set under a caller."""
        one = fast()
        thing = shadowed(one, one, rate=1.0)
        watch = object.__getattribute__(thing, "_shadow_state").watch

        assert is_same(watch.reference, watch.side.about())
        assert watch.side.find("decode").__self__ is not one
        close(thing)
