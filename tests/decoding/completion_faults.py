"""A toy model, what it makes of a prompt, and what a server that is wrong makes of that.

The toy: a text is its code points, modulo 1,000, and each new id is one more than the last; 0 is
EOS and has no text. Faults are named for what they do.
"""

import json
from dataclasses import dataclass, field, replace

from fake_engines import Stream
from fake_server import stream_is_cut

EOS = 0


def encode(text):
    return [ord(character) % 1000 for character in text]


def decode(ids):
    return "".join(chr(id) for id in ids if id != EOS)


def tops(id):
    return [(id, -0.1), ((id + 1) % 1000, -2.5), ((id + 2) % 1000, -4.0)]


@dataclass(frozen=True)
class Made:
    """A completion. `rows` are the log-probabilities of each step; `counts` of prompt and ids."""

    prompt: list
    ids: list
    text: str
    finish: str
    matched: str = ""
    rows: list = field(default_factory=list)
    counts: tuple = (0, 0)
    streams: bool = False
    top: int = 0
    settings: dict = field(default_factory=dict)


def made(prompt, most, stop=(), **more):
    """What the toy makes of a prompt; a stop string is cut from its text."""
    ids, last = [], prompt[-1]
    found = ""
    while len(ids) < most and EOS not in ids and not found:
        last = (last + 1) % 1000
        ids.append(last)
        found = next((one for one in stop if one in decode(ids)), "")
    text = decode(ids).partition(found)[0] if found else decode(ids)
    finish = "string" if found else "eos" if EOS in ids else "length"
    counts = (len(prompt), len(ids))
    return Made(list(prompt), ids, text, finish, found, [tops(id) for id in ids], counts, **more)


def answers_other_ids_in_stream(one):
    other = made([one.prompt[-1] + 1], len(one.ids)) if one.streams else one
    return replace(one, ids=other.ids, text=other.text, rows=other.rows)


def ends_otherwise_in_stream(one):
    return replace(one, finish="eos" if one.streams else one.finish)


def streams_an_id_twice(one):
    return replace(one, ids=[one.ids[0], *one.ids]) if one.streams else one


def shifts_logprobs(one):
    return replace(one, rows=[*one.rows[1:], *one.rows[:1]])


def takes_the_second_best(one):
    ids = [row[1][0] for row in one.rows]
    return replace(one, ids=ids, text=decode(ids))


def forgets_a_logprob(one):
    return replace(one, rows=one.rows[:-1])


def lies_about_usage(one):
    return replace(one, counts=(one.counts[0], one.counts[1] - 1))


def lies_about_the_prompt(one):
    return replace(one, counts=(one.counts[0] + 1, one.counts[1]))


def answers_more(one):
    more = made(one.prompt, len(one.ids) + 1)
    return replace(more, streams=one.streams, top=one.top, settings=one.settings)


def gives_ids_as_strings(one):
    return replace(one, ids=[str(id) for id in one.ids])


def gives_ids_as_floats(one):
    return replace(one, ids=[id + 0.0 for id in one.ids])


def gives_no_number(one):
    return replace(one, rows=[[(id, float("nan")) for id, _ in row] for row in one.rows])


def ends_by_magic(one):
    return replace(one, finish="magic")


def stops_by_what_nobody_asked(one):
    return replace(one, finish="string", matched="\u2603")


def reads_another_prompt(one):
    return replace(one, prompt=[*one.prompt[1:], *one.prompt[:1]])


def takes_other_settings(one):
    return replace(one, settings={**one.settings, "temperature": 0.8})


def bans_eos(one):
    return replace(one, settings={**one.settings, "ignore_eos": True})


MAKING = {
    fault.__name__: fault
    for fault in (
        answers_other_ids_in_stream, ends_otherwise_in_stream, streams_an_id_twice, shifts_logprobs,
        takes_the_second_best, forgets_a_logprob, lies_about_usage, lies_about_the_prompt,
        answers_more, gives_ids_as_strings, gives_ids_as_floats, gives_no_number, ends_by_magic,
        stops_by_what_nobody_asked, reads_another_prompt, takes_other_settings, bans_eos,
    )
}  # fmt: skip
"""Faults of what is made."""


def answers_fewer(reply):
    return {**reply, "choices": []}


def answers_twice(reply):
    return {**reply, "choices": reply["choices"] * 2}


def says_error(_):
    return {"error": {"message": "out of pages", "code": 500}}


def answers_a_list(reply):
    return [reply]


ANSWERING = {
    one.__name__: one for one in (answers_fewer, answers_twice, says_error, answers_a_list)
}
"""Faults of an answer in one."""


def streams_nothing(_):
    return b"data: [DONE]\n\n"


def streams_no_byte(_):
    return b""


def stops_streaming(data):
    return data[: data.index(b"\n\n") + 2]


def streams_an_error(data):
    return stops_streaming(data) + b'data: {"error": {"message": "out of pages"}}\n\n'


STREAMING = {
    one.__name__: one
    for one in (streams_nothing, streams_no_byte, stops_streaming, streams_an_error)
}
"""Faults of a stream."""


def cuts_the_stream(to, reply):
    """A fault of a connection, as those of `fake_server` are."""
    if isinstance(reply, Stream):
        stream_is_cut(to, reply)
    else:
        to.send(200, json.dumps(reply).encode())
