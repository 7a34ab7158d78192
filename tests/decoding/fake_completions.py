"""Six servers of completions, as their sources and documents describe them, on a toy model.

Written from what the engines answer, not from `parity.servers`. The toy: a text is its code points,
modulo 1,000, and each new id is one more than the last; 0 is EOS and has no text. `wrong` names a
fault, which is done to prompts that `spared` does not name; "" is honest.
"""

import itertools
import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from fake_engines import Refusal, Stream
from fake_server import Server, stream_is_cut

LONGEST = 512
"""Ids of a prompt and its completion."""
EOS = 0
HIDDEN = 900
"""From here on ids end inside a character, for llama.cpp's server."""


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


class Fake:
    """What all have in common. together: prompts that are waited for before any is answered."""

    version = "1.2.3"

    def __init__(self):
        self.wrong, self.spared = "", ()
        self.together = threading.Barrier(1)
        self.asked = itertools.count()

    def make(self, prompt, most, stop, body, **more):
        """Complete a prompt, and do what is wrong."""
        next(self.asked)
        self.together.wait(10)
        streams = bool(body.get("stream"))
        one = made(prompt, most, stop or (), **{"streams": streams, **more})
        return MAKING[self.wrong](one) if self.is_wrong(one) and self.wrong in MAKING else one

    def is_wrong(self, one):
        return decode(one.prompt) not in self.spared

    def given(self, one, reply):
        """An answer, or a stream of events; the fault has the last word."""
        if isinstance(reply, bytes):
            change = STREAMING.get(self.wrong)
            return Stream(change(reply) if change and self.is_wrong(one) else reply)
        change = ANSWERING.get(self.wrong)
        return change(reply) if change and self.is_wrong(one) else reply


def data(*events, done=True):
    rows = [f"data: {json.dumps(event)}\n\n" for event in events]
    return "".join([*rows, "data: [DONE]\n\n" if done else ""]).encode()


def chunks(one):
    """Each id with what it adds to the text; a stop string adds nothing."""
    sent = 0
    for place in range(len(one.ids)):
        whole = decode(id for id in one.ids[: place + 1] if isinstance(id, int))[: len(one.text)]
        yield one.ids[place], whole[sent:], place == len(one.ids) - 1
        sent = len(whole)


class OpenAI(Fake):
    """A server of which no more is known: no ids out, `stop` for EOS and stop strings alike."""

    too_long = "maximum context length"

    def routes(self):
        return {"/v1/models": self.models, "/v1/completions": self.completions}

    def models(self, _):
        return {"object": "list", "data": [{"id": "m", "object": "model", "created": 1}]}

    def completions(self, body):
        prompt, most = body["prompt"], body["max_tokens"]
        if body.get("model", "m") != "m":
            raise Refusal(
                404, {"error": {"message": f"The model `{body['model']}` does not exist."}}
            )
        ids = encode(prompt) if isinstance(prompt, str) else prompt
        if len(ids) + most > LONGEST:
            message = f"This model's {self.too_long} is {LONGEST} tokens."
            raise Refusal(400, {"error": {"message": message, "code": 400}})
        one = self.make(ids, most, body.get("stop"), body, top=body.get("logprobs") or 0)
        if one.streams:
            rows = [self.choice(one, body, [id], text, last) for id, text, last in chunks(one)]
            return self.given(one, data(*({"choices": [row]} for row in rows)))
        choice = self.choice(one, body, one.ids, one.text, last=True)
        count = {"prompt_tokens": one.counts[0], "completion_tokens": one.counts[1]}
        return self.given(one, {"model": "m", "choices": [choice], "usage": count})

    def choice(self, one, _body, _ids, text, last):
        word = {"eos": "stop", "string": "stop"}.get(one.finish, one.finish)
        return {"index": 0, "text": text, "finish_reason": word if last else None}


class Smg(OpenAI):
    """Its tokenizers, and the text of its workers; no ids in."""

    def routes(self):
        return {
            "/v1/tokenizers": self.tokenizers, "/v1/tokenize": self.tokenize,
            "/v1/detokenize": self.detokenize, "/v1/completions": self.completions,
        }  # fmt: skip

    def tokenizers(self, _):
        return {"tokenizers": [{"id": "1", "name": "m", "source": "there", "vocab_size": 1000}]}

    def tokenize(self, body):
        return {"tokens": encode(body["prompt"]), "count": 0, "char_count": 0}

    def detokenize(self, body):
        return {"text": decode(body["tokens"])}

    def completions(self, body):
        if not isinstance(body["prompt"], str):
            raise Refusal(422, "data did not match any variant of untagged enum StringOrArray")
        return super().completions(body)


class Vllm(OpenAI):
    """Ids in and out, log-probabilities by `token_id:N`, and those of prompts."""

    def routes(self):
        own = {"/version": lambda _: {"version": self.version}, "/tokenize": self.tokenize}
        return {**super().routes(), **own}

    def tokenize(self, body):
        text = body["prompt"] if "prompt" in body else chat(body)
        return {"count": 0, "max_model_len": LONGEST, "tokens": encode(text), "token_strs": None}

    def choice(self, one, body, ids, text, last):
        assert body["repetition_penalty"] == 1, "generation_config.json may have another"
        assert body["ignore_eos"] is False
        row = super().choice(one, body, ids, text, last)
        row["stop_reason"] = (one.matched or None) if last else None
        if body.get("return_token_ids"):
            row["token_ids"] = ids
            row["prompt_token_ids"] = one.prompt
        if one.top and body.get("return_tokens_as_token_ids"):
            row["logprobs"] = {
                "text_offset": [], "token_logprobs": [entry[0][1] for entry in one.rows],
                "tokens": [f"token_id:{id}" for id in one.ids[: len(one.rows)]],
                "top_logprobs": [
                    {f"token_id:{id}": value for id, value in reversed(entry[: one.top])}
                    for entry in one.rows
                ],
            }  # fmt: skip
        if body.get("prompt_logprobs"):
            given = body["prompt"]
            row["prompt_logprobs"] = [None, *map(self.known, given, given[1:])]
        return row

    def known(self, before, id):
        """The best of the step after `before`, and `id` wherever it stands."""
        pairs = dict(tops((before + 1) % 1000))
        pairs.setdefault(id, -9.0)
        return {str(one): {"logprob": value, "rank": 1} for one, value in pairs.items()}


def chat(body):
    turn = "A" if body["add_generation_prompt"] else ""
    return "".join(message["content"] for message in body["messages"]) + turn


class Sglang(Fake):
    """A stream is cumulative, text and ids."""

    def routes(self):
        return {
            "/model_info": lambda _: {"model_path": "m", "tokenizer_path": "m"},
            "/server_info": lambda _: {"version": self.version},
            "/tokenize": self.tokenize, "/detokenize": self.detokenize, "/generate": self.generate,
        }  # fmt: skip

    def tokenize(self, body):
        text = body["prompt"] if "prompt" in body else chat(body)
        return {"tokens": encode(text), "count": 0, "max_model_len": LONGEST}

    def detokenize(self, body):
        assert body["skip_special_tokens"] is True
        return {"text": decode(body["tokens"])}

    def generate(self, body):
        sampling, prompt = body["sampling_params"], body["input_ids"]
        assert (sampling["temperature"], sampling["repetition_penalty"]) == (0, 1)
        most = sampling["max_new_tokens"]
        if len(prompt) + most > LONGEST:
            message = f"The input ({len(prompt)} tokens) is longer than the model's context length."
            raise Refusal(400, {"error": {"message": message}})
        top = body.get("top_logprobs_num", 0)
        one = self.make(prompt, most, sampling.get("stop"), body, top=top)
        if one.streams:
            so_far = ["", []]
            rows = []
            for id, text, last in chunks(one):
                so_far = [so_far[0] + text, [*so_far[1], id]]
                rows.append(self.row(one, body, *so_far, last=last))
            return self.given(one, data(*rows))
        return self.given(one, self.row(one, body, one.text, one.ids, last=True))

    def row(self, one, body, text, ids, last):
        word = {"eos": "stop", "string": "stop"}.get(one.finish, one.finish)
        reason = {"type": word, "matched": one.matched or EOS, "length": 0}
        about = {
            "id": "x", "finish_reason": reason if last else None,
            "prompt_tokens": one.counts[0], "completion_tokens": one.counts[1],
        }  # fmt: skip
        if body.get("return_logprob"):
            about["output_token_logprobs"] = [
                [dict(entry).get(id), id, None]
                for entry, id in zip(one.rows, one.ids, strict=False)
            ]
            about["output_top_logprobs"] = [
                [[value, id, None] for id, value in entry[: one.top]] for entry in one.rows
            ]
            start = max(body.get("logprob_start_len", -1), 0)
            given = body["input_ids"][start:]
            steps = [tops((id + 1) % 1000) for id in given[:-1]]
            values = [
                None,
                *(dict(e).get(id, -9.0) for e, id in zip(steps, given[1:], strict=True)),
            ]
            about["input_token_logprobs"] = [
                [value, id, None] for value, id in zip(values, given, strict=True)
            ]
            about["input_top_logprobs"] = [
                None, *([[value, id, None] for id, value in entry[: one.top]] for entry in steps)
            ]  # fmt: skip
        return {"text": text, "output_ids": ids, "meta_info": about}


class Tgi(Fake):
    """Text in; the text of a stop string stays; EOS has a text in the stream alone."""

    def routes(self):
        return {
            "/info": lambda _: {"model_id": "m", "version": self.version},
            "/tokenize": self.tokenize, "/generate": self.generate,
            "/generate_stream": self.generate_stream,
        }  # fmt: skip

    def tokenize(self, body):
        rows = enumerate(encode(body["inputs"]))
        return [{"id": id, "text": "", "start": 0, "stop": 0} for _, id in rows]

    def generate_stream(self, body):
        return self.generate({**body, "stream": True})

    def generate(self, body):
        inputs, parameters = body["inputs"], body["parameters"]
        assert parameters["do_sample"] is False
        if not isinstance(inputs, str):
            raise Refusal(422, "inputs: invalid type: sequence, expected a string")
        prompt, most = encode(inputs), parameters["max_new_tokens"]
        if len(prompt) + most > LONGEST:
            message = f"Input validation error: `inputs` must have less than {LONGEST} tokens."
            raise Refusal(422, {"error": message, "error_type": "validation"})
        top = parameters.get("top_n_tokens", 0)
        one = self.make(prompt, most, parameters.get("stop"), body, top=top)
        one = replace(one, text=decode(id for id in one.ids if isinstance(id, int)))
        word = {"eos": "eos_token", "string": "stop_sequence"}.get(one.finish, one.finish)
        details = {"finish_reason": word, "generated_tokens": one.counts[1], "seed": None}
        if one.streams:
            rows = [
                {"index": place + 1, "token": self.token(id, text or "</s>", -0.1),
                 "generated_text": one.text if last else None, "details": details if last else None}
                for place, (id, text, last) in enumerate(chunks(one))
            ]  # fmt: skip
            return self.given(one, data(*rows, done=False))
        tokens = [
            self.token(id, "", dict(entry).get(id, -9.0))
            for id, entry in itertools.zip_longest(one.ids, one.rows, fillvalue=())
        ]
        more = {"prefill": [], "tokens": tokens}
        if one.top:
            more["top_tokens"] = [
                [self.token(id, "", value) for id, value in entry[: one.top]] for entry in one.rows
            ]
        return self.given(one, {"generated_text": one.text, "details": {**details, **more}})

    def token(self, id, text, logprob):
        return {"id": id, "text": text, "logprob": logprob, "special": id == EOS}


class LlamaServer(Fake):
    """Says nothing inside a character: neither a frame nor log-probabilities."""

    def routes(self):
        return {
            "/props": lambda _: {"model_path": "m.gguf", "build_info": self.version},
            "/tokenize": lambda body: {"tokens": encode(body["content"])},
            "/apply-template": lambda body: {"prompt": chat(body)},
            "/completion": self.completion,
        }  # fmt: skip

    def completion(self, body):
        prompt, most = body["prompt"], body["n_predict"]
        if len(prompt) + most > LONGEST:
            message = f"the request exceeds the available context size ({LONGEST} tokens)"
            error = {"code": 400, "message": message, "type": "exceed_context_size_error"}
            raise Refusal(400, {"error": error})
        kept = {name: value for name, value in body.items() if name not in ("prompt", "stream")}
        one = self.make(prompt, most, body["stop"], body, top=body["n_probs"], settings=kept)
        word = {"length": "limit", "string": "word"}.get(one.finish, one.finish)
        about = {
            "index": 0, "stop": True, "stop_type": word, "tokens_predicted": one.counts[1],
            "tokens_evaluated": one.counts[0], "generation_settings": one.settings,
        }  # fmt: skip
        if one.streams:
            rows = [
                {"index": 0, "content": text, "tokens": [id], "stop": False}
                for id, text, _ in chunks(one) if text and id < HIDDEN
            ]  # fmt: skip
            return self.given(one, data(*rows, {**about, "content": "", "tokens": []}, done=False))
        about |= {"content": one.text, "tokens": one.ids}
        if one.top:
            about["completion_probabilities"] = [
                self.entry(id, entry[: one.top], before)
                for id, entry, before in zip(one.ids, one.rows, [0, *one.ids], strict=False)
                if not isinstance(id, int) or id < HIDDEN
            ]
        return self.given(one, about)

    def entry(self, id, entry, before):
        """The bytes of an entry are those of its id, and of those inside its character."""
        rows = [{"id": one, "token": "", "bytes": [one % 256], "logprob": v} for one, v in entry]
        own = [id % 256] if isinstance(id, int) else [0]
        if isinstance(before, int) and before >= HIDDEN:
            own = [before % 256, *own]
        return {"id": id, "token": "", "bytes": own, "logprob": dict(entry).get(id, -9.0),
                "top_logprobs": rows}  # fmt: skip


DIALECTS = {
    "vllm": Vllm, "sglang": Sglang, "tgi": Tgi, "llama-server": LlamaServer, "smg": Smg,
    "openai": OpenAI,
}  # fmt: skip


@contextmanager
def serving(dialect):
    """Yield a server of a dialect that runs until the end."""
    server = Server(DIALECTS[dialect]())
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        if not server.stopped.is_set():
            server.die()
        thread.join(5)
