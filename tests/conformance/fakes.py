"""Backends that break one rule of the conformance kit each, named for how."""

from parity.backends._faults.fault import Fault
from parity.streams import Emitted
from parity.types import Encoding


class Counts(Fault):
    """Knows which call of an operation it is in, so that one of them can go wrong."""

    def __init__(self, inner):
        super().__init__(inner)
        self.calls = {}

    def nth(self, what):
        self.calls[what] = self.calls.get(what, 0) + 1
        return self.calls[what]


class says_another_fact_each_time(Counts):
    def identity(self):
        return super().identity()._replace(facts={"call": str(self.nth("identity"))})


class answers_otherwise_once(Counts):
    def encode(self, text, specials="parse"):
        seen = super().encode(text, specials)
        wrong = text == "12345" and self.nth(text) == 2
        return Encoding([0] * len(seen.ids), seen.offsets) if wrong else seen


class numbers_nothing(Fault):
    def encode(self, text, specials="parse"):
        return super().encode(text, specials) if text else Encoding([0], [(0, 0)])


class ends_at_nul(Fault):
    def encode(self, text, specials="parse"):
        return super().encode(text.partition("\0")[0] if isinstance(text, str) else text, specials)


class reads_into_a_buffer(Fault):
    def encode(self, text, specials="parse"):
        return super().encode(text[:65536], specials)


class cuts_bytes(Fault):
    def encode(self, text, specials="parse"):
        if isinstance(text, bytes):
            text = text[: text.find(b"\xff")].decode()
        return super().encode(text, specials)


class dies_of_half_a_pair(Fault):
    def encode(self, text, specials="parse"):
        if isinstance(text, str) and "\ud800" in text:
            raise type("Crashed", (Exception,), {})("ended by SIGSEGV")
        return super().encode(text, specials)


class answers_an_empty_batch(Fault):
    def encode_batch(self, texts, specials="parse", offsets=False):
        return super().encode_batch(texts or ["a"], specials, offsets)


class loses_the_last_range(Fault):
    def encode(self, text, specials="parse"):
        seen = super().encode(text, specials)
        return Encoding(seen.ids, seen.offsets[:-1] if text.isascii() else seen.offsets)


class reverses_ranges(Fault):
    def encode(self, text, specials="parse"):
        seen = super().encode(text, specials)
        return Encoding(seen.ids, seen.offsets[::-1])


class decodes_no_half_character(Fault):
    def decode(self, ids, skip_special=True):
        if list(ids) == [0xE6]:
            raise UnicodeDecodeError("utf-8", b"\xe6", 0, 1, "half a character")
        return super().decode(ids, skip_special)


class decodes_otherwise_once(Counts):
    def decode(self, ids, skip_special=True):
        seen = super().decode(ids, skip_special)
        return seen.upper() if seen == "hello" and self.nth(seen) == 2 else seen


class decodes_nothing_to_something(Fault):
    def decode(self, ids, skip_special=True):
        return super().decode(ids, skip_special) if ids else "?"


class dies_of_an_unknown_id(Fault):
    def decode(self, ids, skip_special=True):
        if any(258 < id < 1000 for id in ids):
            raise type("Crashed", (Exception,), {})("ended by SIGSEGV")
        return super().decode(ids, skip_special)


class counts_ids_from_the_end(Fault):
    def decode(self, ids, skip_special=True):
        return super().decode([259 + id if id < 0 else id for id in ids], skip_special)


class has_ids_of_32_bits(Fault):
    def decode(self, ids, skip_special=True):
        wide = [id & 0xFFFFFFFF if 0 <= id < 1 << 33 else id for id in ids]
        return super().decode(wide, skip_special)


class reverses_decoded_batches(Fault):
    def decode_batch(self, batch, skip_special=True):
        return super().decode_batch(batch, skip_special)[::-1]


class decodes_an_empty_batch(Fault):
    def decode_batch(self, batch, skip_special=True):
        return super().decode_batch(batch or [[]], skip_special)


class declares_otherwise_once(Counts):
    def vocabulary(self):
        seen = super().vocabulary()
        return seen._replace(declared={"call": self.nth("vocabulary")})


class has_no_name_for_a(Fault):
    def vocabulary(self):
        seen = super().vocabulary()
        return seen._replace(tokens={i: t for i, t in seen.tokens.items() if i != ord("a")})


class ends_twice(Fault):
    def stream(self, script):
        seen = super().stream(script)
        rows = [row for row in seen.emitted for _ in range(1 + (row.at == "end"))]
        return seen._replace(emitted=rows)


class streams_otherwise_once(Counts):
    def stream(self, script):
        seen = super().stream(script)
        if self.nth("stream") != 4:
            return seen
        return seen._replace(emitted=[row._replace(chunk="?") for row in seen.emitted])


class knows_one_stream(Fault):
    def stream(self, script):
        seen = super().stream(script)
        rows = [row._replace(chunk="") if row.request else row for row in seen.emitted]
        return seen._replace(emitted=rows)


class streams_no_prompt(Fault):
    def stream(self, script):
        seen = super().stream(script)
        return seen._replace(emitted=[Emitted(0, "", (), "end")]) if script.prompts[0] else seen


class stops_otherwise_once(Counts):
    def stop(self, script):
        seen = super().stop(script)
        return seen._replace(texts=[*seen.texts, ""]) if self.nth("stop") == 4 else seen


class fails_in_two_ways(Counts):
    def encode(self, text, specials="parse"):
        if isinstance(text, str) and "\ud800" in text:
            raise (KeyError if self.nth("half") % 2 else ValueError)(text)
        return super().encode(text, specials)


class is_confused_by_an_error(Fault):
    confused = False

    def encode(self, text, specials="parse"):
        confused, self.confused = self.confused, True
        seen = super().encode(text, specials)
        self.confused = False
        return Encoding(seen.ids[:-1]) if confused and text == "Hello, world!" else seen


class loses_spaces_in_batches(Fault):
    def encode_batch(self, texts, specials="parse", offsets=False):
        return [self.encode(text.replace(" ", ""), specials) for text in texts]


class has_ids_that_are_text(Fault):
    def vocabulary(self):
        return super().vocabulary()._replace(tokens={"a": 1})
