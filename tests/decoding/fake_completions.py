"""Six servers of completions, as their sources and documents describe them, on a toy model.

Written from what the engines answer, not from `parity.servers`. `wrong` names a fault of
`completion_faults`, which is done to prompts that `spared` does not name; "" is honest.
"""

import itertools
import json
import threading
from contextlib import contextmanager
from dataclasses import replace

from completion_faults import ANSWERING, EOS, MAKING, STREAMING, decode, encode, made, tops
from fake_engines import Refusal, Stream
from fake_server import Server

LONGEST = 512
"""Ids of a prompt and its completion."""
HIDDEN = 900
"""From here on ids end inside a character, for llama.cpp's server."""


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
            rows = [self.choice(one, body, *part) for part in self.parts(one)]
            return self.given(one, data(*({"choices": [row]} for row in rows)))
        choice = self.choice(one, body, one.ids, one.text, last=True)
        count = {"prompt_tokens": one.counts[0], "completion_tokens": one.counts[1]}
        return self.given(one, {"model": "m", "choices": [choice], "usage": count})

    def parts(self, one):
        """Ids and text of each chunk; `joins` is what a late client gets, two at once."""
        found = [([id], text, last) for id, text, last in chunks(one)]
        if self.wrong != "joins":
            return found
        pairs = zip(found[::2], found[1::2], strict=True)
        return [(a[0] + b[0], a[1] + b[1], b[2]) for a, b in pairs]

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
