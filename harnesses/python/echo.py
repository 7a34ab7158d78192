#!/usr/bin/env python3
r"""A harness in Python, of the standard library alone: the UTF-8 bytes of a text are its ids.

It is there to be read, copied and measured. What it answers is what `mock:honest` answers: `<s>`
(256) and `</s>` (257) are special tokens, U+E000 (258) is an added token that is not special.

    tokparity run --reference mock:honest --candidate 'command:python harnesses/python/echo.py'
"""

import base64
import codecs
import json
import re
import sys

EXTRA = {"<s>": 256, "</s>": 257, "\ue000": 258}
CONTENT = {id: content.encode() for content, id in EXTRA.items()}
SPECIAL = (256, 257)
PARSE, PLAIN = re.compile("(<s>|</s>|\ue000)"), re.compile("(\ue000)")
STREAMS = {}


class Unsupported(Exception):
    """What this harness has not."""


def hello(protocol):
    """Say what this is, whatever version of the protocol is asked for."""
    modes = ["specials:parse", "specials:plain", "specials:template"]
    capabilities = [*OPS, *modes, "text:surrogates", "skip_special:true", "skip_special:false"]
    about = {"protocol": 1, "name": "echo", "version": "1", "language": "Python"}
    return {**about, "capabilities": capabilities, "offsets": "code points"}


def load(path, options):
    """There is no file to load."""
    return {"artefacts": {}}


def encode(texts, specials, offsets):
    """Return what became of each text."""
    return [item(encode_one, text, specials, offsets) for text in texts]


def encode_one(text, specials, offsets):
    """Return ids, or ids with the characters that they came from."""
    if isinstance(text, dict):
        if "bytes" in text:
            raise Unsupported("encode of bytes")
        text = base64.b64decode(text["wtf8"]).decode("utf-8", "surrogatepass")
    ids, spans = ([256], [(0, 0)]) if specials == "template" else ([], [])
    place = 0
    for number, piece in enumerate((PLAIN if specials == "plain" else PARSE).split(text)):
        found = number % 2 == 1  # what lies between two pieces of text
        ids += [EXTRA[piece]] if found else piece.encode()
        if offsets:
            for part in [piece] if found else piece:
                spans += [(place, place + len(part))] * (1 if found else len(part.encode()))
                place += len(part)
    return {"ids": ids, "offsets": spans} if offsets else ids


def decode(ids, skip_special):
    """Return the text of each list of ids."""
    return [item(decode_one, row, skip_special) for row in ids]


def decode_one(ids, skip_special):
    """Return a text; what is no UTF-8 becomes U+FFFD."""
    return bytes_of(ids, skip_special).decode("utf-8", "replace")


def bytes_of(ids, skip_special):
    """Return the bytes of ids; one that is none is an error."""
    kept = [id for id in ids if not (skip_special and id in SPECIAL)]
    return b"".join(bytes([id]) if id < 256 else CONTENT[id] for id in kept)


def stream_open(stream, prompt, skip_special):
    """Begin a stream; the text of the prompt counts as sent."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    STREAMS[stream] = {"decoder": decoder, "skip": skip_special, "ids": [], "held": ""}
    stream_step(stream, prompt)


def stream_step(stream, ids, finish="", matched=""):
    """Return what has become sure; a last U+FFFD may yet be part of a character."""
    text = taken(STREAMS[stream], ids, last=False)
    sure = text.rstrip("\ufffd")
    STREAMS[stream]["held"] = text[len(sure) :]
    return sure


def stream_flush(stream):
    """Return the rest."""
    return taken(STREAMS[stream], [], last=True)


def taken(state, ids, last):
    """Return the text that was not sent; behind an id that is none there is only its error."""
    state["ids"] += ids
    data = bytes_of(state["ids"], state["skip"])
    state["ids"] = []
    return state["held"] + state["decoder"].decode(data, last)


def stream_close(stream):
    """Forget a stream; there is no harm in doing so twice."""
    STREAMS.pop(stream, None)


def vocabulary():
    """Return every token, and the table of added tokens."""
    names = {id: f"<0x{id:02X}>" for id in range(256)} | {id: text for text, id in EXTRA.items()}
    flags = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"))
    added = [{"id": i, "content": t, "special": i in SPECIAL, **flags} for t, i in EXTRA.items()]
    return {"tokens": names, "added": added, "declared": EXTRA}


def bye():
    """Answer; the loop below ends with it."""


OPS = {
    "hello": hello,
    "load": load,
    "encode": encode,
    "encode_batch": encode,
    "decode": decode,
    "decode_batch": decode,
    "stream_open": stream_open,
    "stream_step": stream_step,
    "stream_flush": stream_flush,
    "stream_close": stream_close,
    "vocabulary": vocabulary,
    "bye": bye,
}


def item(call, *given):
    """Return what a call gave, or what came in its place."""
    try:
        return call(*given)
    except Unsupported as lack:
        return {"unsupported": str(lack)}
    except Exception as error:
        return {"error": {"kind": type(error).__name__, "message": str(error)}}


def reply(line):
    """Return the reply to a request."""
    message = json.loads(line)
    seq, op = message.pop("seq"), message.pop("op")
    if op not in OPS:
        return op, {"seq": seq, "unsupported": f"no {op}"}
    found = item(lambda: {"result": OPS[op](**message)})
    return op, {"seq": seq, **found}


def main():
    """Answer a line with a line, in order."""
    sys.stdout.reconfigure(newline="\n")
    for line in sys.stdin.buffer:
        op, found = reply(line)
        print(json.dumps(found), flush=True)
        if op == "bye":
            break


if __name__ == "__main__":
    main()
