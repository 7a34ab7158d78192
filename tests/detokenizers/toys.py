"""Decoders made by hand, and what an algorithm makes of a stream over one."""

import re

from parity.detokenizers import DETOKENIZERS
from parity.detokenizers.detokenizer import Decoder
from parity.detokenizers.engine import run_script
from parity.streams import Script, Step


def byte_level(*tokens, special=(), eos=None):
    """A vocabulary whose token i is tokens[i], of bytes; unknown ids are left out."""

    def decode(ids, skip):
        kept = [id for id in ids if 0 <= id < len(tokens) and not (skip and id in special)]
        return b"".join(tokens[id] for id in kept).decode("utf-8", "replace")

    return _decoder(decode, tokens, special, eos)


def byte_fallback(*tokens, special=(), eos=None):
    """A vocabulary of SentencePiece: <0xE4> is a byte, U+2581 a space, the first one dropped.

    A run of bytes that is not UTF-8 as a whole becomes one U+FFFD a byte, as in tokenizers.
    """
    data = [_spelled(token) for token in tokens]

    def decode(ids, skip):
        kept = [id for id in ids if 0 <= id < len(tokens) and not (skip and id in special)]
        parts, run = [], b""
        for id in kept:
            if tokens[id].startswith("<0x"):
                run += data[id]
            else:
                parts += [_run(run), data[id].decode()]
                run = b""
        return "".join([*parts, _run(run)]).removeprefix(" ")

    return _decoder(decode, data, special, eos)


def _spelled(token):
    byte = re.fullmatch("<0x([0-9A-F]{2})>", token)
    return bytes.fromhex(byte[1]) if byte else token.replace("\u2581", " ").encode()


def _run(data):
    try:
        return data.decode()
    except UnicodeDecodeError:
        return "\ufffd" * len(data)


def _decoder(decode, data, special, eos):
    known = dict(enumerate(data))
    return Decoder(
        decode,
        lambda batch, skip: [decode(ids, skip) for ids in batch],
        lambda one: known.get(one, b""),
        frozenset(special),
        eos,
        len(data),
    )


def steps_of(groups, finish="length", matched=""):
    """Steps of request 0: an int or a group of ids each; the last finishes."""
    found = [Step(0, (ids,) if isinstance(ids, int) else tuple(ids)) for ids in groups]
    return [*found[:-1], found[-1]._replace(finish=finish, matched=matched)]


def rows(name, decoder, groups, prompt=(), skip=False, **finish):
    """What came of each step, and at the end."""
    batches = tuple((step,) for step in steps_of(groups, **finish))
    return run_script(
        DETOKENIZERS[name], decoder, Script((tuple(prompt),), batches, skip_special=skip)
    ).emitted


def shown(emitted):
    """Chunks with | between them, the end's after >, empty ones and none as a dot, errors by kind.

    >>> from parity.streams import Emitted
    >>> shown([Emitted(0, "a", ()), Emitted(0, None, ()), Emitted(0, b"z", (), "end")])
    'a|.>z'
    """
    steps = [_chunk(row) or "." for row in emitted if row.at == "step"]
    return ">".join(["|".join(steps), *(_chunk(row) for row in emitted if row.at == "end")])


def _chunk(row):
    chunk = row.chunk.decode("utf-8", "replace") if isinstance(row.chunk, bytes) else row.chunk
    return row.error or chunk or ""


def streamed(name, decoder, groups, **how):
    """As `shown`: what an algorithm makes of ids, or groups of ids, each in a step."""
    return shown(rows(name, decoder, groups, **how))
