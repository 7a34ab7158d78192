"""Five engines as their sources and documents describe them, on top of a tiny tokenizer.

Written from what the engines answer, not from `parity.servers`: each handler gets a body and
returns what its engine returns. A `Refusal` is a status with a body; a `Stream` is bytes of events.
"""

import json
from typing import NamedTuple

from tokenizers.decoders import DecodeStream

from parity.backends import load

SAID = "Hello \u4e16\u754c \U0001f336\ufe0f, a b!"
"""What each engine says to any prompt, as long as it may."""
LONGEST = 4096
"""Ids that vLLM takes, and TGI."""


class Refusal(Exception):
    """A status with a body; text is plain text, anything else JSON."""

    def __init__(self, status, body):
        super().__init__(status)
        self.status, self.body = status, body


class Stream(NamedTuple):
    """A stream of events, as the bytes that an engine writes."""

    data: bytes


class Engine:
    """What all have in common: a tokenizer, a model's name, a version that a test may change."""

    model = "m"
    version = "1.2.3"

    def __init__(self, target):
        self.hf = load(f"hf:{target}")
        self.said = self.hf.encode(SAID).ids
        self.incremental = False

    def routes(self):
        raise NotImplementedError

    def ids(self, text, specials):
        try:
            return self.hf.encode(text, specials).ids
        except TypeError:  # half a surrogate pair
            raise Refusal(400, "lone surrogate in a string") from None

    def new_ids(self, most):
        return self.said[:most]

    def deltas(self, ids):
        """What each id adds to the text; "" while a character is not whole."""
        stream = DecodeStream(skip_special_tokens=False)
        return [stream.step(self.hf.tokenizer, id) or "" for id in ids]

    def chat(self, body):
        """The prompt of a chat: a line a message, `assistant: ` at its end where that is asked."""
        lines = [f"{one['role']}: {one['content']}\n" for one in body["messages"]]
        lines += [str(tool["function"]["name"]) for tool in body.get("tools", [])]
        lines += [f"{key}={value}" for key, value in body.get("chat_template_kwargs", {}).items()]
        turn = body.get("add_generation_prompt", True)
        return "".join([*lines, "assistant: " if turn else ""])


def wanted(body, *keys):
    for key in keys:
        if key not in body:
            raise Refusal(422, f"missing field `{key}`")
    return [body[key] for key in keys]


class Smg(Engine):
    """Never adds special tokens, always parses them, ignores what it does not know."""

    def routes(self):
        return {
            "/v1/tokenizers": self.tokenizers, "/v1/tokenize": self.tokenize,
            "/v1/detokenize": self.detokenize, "/v1/completions": self.completions,
        }  # fmt: skip

    def tokenizers(self, _):
        row = {"id": f"id-{self.version}", "name": self.model, "source": "there", "vocab_size": 7}
        return {"tokenizers": [row]}

    def known(self, model):
        if model != self.model:
            error = {"message": f"Tokenizer for model '{model}' not found.",
                     "type": "tokenizer_not_found"}  # fmt: skip
            raise Refusal(400, {"error": error})

    def tokenize(self, body):
        model, prompt = wanted(body, "model", "prompt")
        self.known(model)
        if isinstance(prompt, str):
            tokens = self.ids(prompt, "parse")
            return {"tokens": tokens, "count": len(tokens), "char_count": len(prompt)}
        tokens = [self.ids(one, "parse") for one in prompt]
        counts = {"count": [*map(len, tokens)], "char_count": [*map(len, prompt)]}
        return {"tokens": tokens, **counts}

    def detokenize(self, body):
        model, tokens = wanted(body, "model", "tokens")
        self.known(model)
        skip = body.get("skip_special_tokens", True)
        if any(id < 0 for one in tokens for id in (one if isinstance(one, list) else [one])):
            raise Refusal(422, "data did not match any variant of untagged enum TokensInput")
        if tokens and isinstance(tokens[0], list):
            return {"text": self.hf.decode_batch(tokens, skip)}
        return {"text": self.hf.decode(tokens, skip)}

    def completions(self, body):
        return Stream(openai(self, body, ids=False))


def openai(engine, body, ids):
    new = engine.new_ids(body["max_tokens"])
    events = []
    for place, (id, text) in enumerate(zip(new, engine.deltas(new), strict=True)):
        ended = place == len(new) - 1
        choice = {"index": 0, "text": text, "finish_reason": "length" if ended else None}
        if ids and body.get("return_token_ids"):
            choice["token_ids"] = [id]
        events.append({"object": "text_completion", "choices": [choice]})
    events.append({"object": "text_completion", "choices": [], "usage": {"total_tokens": len(new)}})
    return b"".join([*map(event, events), b"data: [DONE]\n\n"])


def event(value, start="data: ", end="\n\n"):
    return f"{start}{json.dumps(value, ensure_ascii=False)}{end}".encode()


class Sglang(Engine):
    """Adds special tokens where it is not told; its stream is cumulative where it is not told."""

    def routes(self):
        return {
            "/model_info": self.model_info, "/server_info": self.server_info,
            "/tokenize": self.tokenize, "/detokenize": self.detokenize, "/generate": self.generate,
        }  # fmt: skip

    def model_info(self, _):
        return {"model_path": "there", "tokenizer_path": "there", "weight_version": "default"}

    def server_info(self, _):
        state = [{"last_gen_throughput": id(object())}]
        return {"version": self.version, "incremental_streaming_output": self.incremental,
                "internal_states": state}  # fmt: skip

    def tokenize(self, body):
        if ("prompt" in body) == ("messages" in body):
            raise Refusal(422, "Exactly one of 'prompt' or 'messages' must be provided.")
        if "messages" in body:
            tokens = self.ids(self.chat(body), "parse")
            return {"tokens": tokens, "count": len(tokens), "max_model_len": LONGEST}
        mode = "template" if body.get("add_special_tokens", True) else "parse"
        prompt = body["prompt"]
        several = isinstance(prompt, list)
        tokens = [self.ids(one, mode) for one in prompt] if several else self.ids(prompt, mode)
        return {"tokens": tokens, "count": 0, "max_model_len": LONGEST}

    def detokenize(self, body):
        (tokens,) = wanted(body, "tokens")
        skip = body.get("skip_special_tokens", True)
        if tokens and isinstance(tokens[0], list):
            return {"text": [self.hf.decode(one, skip) for one in tokens]}
        return {"text": self.hf.decode(tokens, skip) if tokens else ""}

    def generate(self, body):
        ("text" in body or "input_ids" in body) or wanted(body, "text")
        new = self.new_ids(body["sampling_params"]["max_new_tokens"])
        texts = self.deltas(new)
        events = []
        for place in range(len(new)):
            start = place if self.incremental else 0
            ended = place == len(new) - 1
            reason = {"type": "length", "length": len(new)} if ended else None
            row = {"text": "".join(texts[start : place + 1]), "output_ids": new[start : place + 1]}
            events.append({**row, "meta_info": {"id": "x", "finish_reason": reason}})
        return Stream(b"".join([*map(event, events), b"data: [DONE]\n\n"]))


class Vllm(Engine):
    """Takes one text; adds special tokens, and opens a turn, where it is not told."""

    def routes(self):
        return {
            "/version": self.say_version, "/v1/models": self.models, "/tokenize": self.tokenize,
            "/detokenize": self.detokenize, "/v1/completions": self.completions,
        }  # fmt: skip

    def say_version(self, _):
        return {"version": self.version}

    def models(self, _):
        row = {"id": self.model, "root": "there", "max_model_len": LONGEST, "created": id(object())}
        return {"object": "list", "data": [row]}

    def known(self, body):
        if body.get("model", self.model) != self.model:
            error = {"message": f"The model `{body['model']}` does not exist.", "code": 404}
            raise Refusal(404, {"error": error})

    def tokenize(self, body):
        self.known(body)
        if "messages" in body:
            mode = "template" if body.get("add_special_tokens", False) else "parse"
            tokens = self.ids(self.chat(body), mode)
        else:
            (prompt,) = wanted(body, "prompt")
            if not isinstance(prompt, str):
                raise Refusal(400, {"error": {"message": "Input should be a valid string"}})
            mode = "template" if body.get("add_special_tokens", True) else "parse"
            tokens = self.ids(prompt, mode)
        if len(tokens) > LONGEST:
            message = f"This model's maximum context length is {LONGEST} tokens."
            raise Refusal(400, {"error": {"message": message, "type": "BadRequestError"}})
        return {"count": len(tokens), "max_model_len": LONGEST, "tokens": tokens,
                "token_strs": None}  # fmt: skip

    def detokenize(self, body):
        self.known(body)
        (tokens,) = wanted(body, "tokens")
        if any(not isinstance(id, int) for id in tokens):
            raise Refusal(400, {"error": {"message": "Input should be a valid integer"}})
        return {"prompt": self.hf.decode(tokens, skip_special=False)}

    def completions(self, body):
        self.known(body)
        return Stream(openai(self, body, ids=True))


class Tgi(Engine):
    """Always adds special tokens to a text; ranges of bytes; no detokenize."""

    def routes(self):
        return {
            "/info": self.info, "/tokenize": self.tokenize, "/chat_tokenize": self.chat_tokenize,
            "/generate_stream": self.generate_stream,
        }  # fmt: skip

    def info(self, _):
        return {"model_id": "there", "model_sha": None, "version": self.version, "sha": "s"}

    def tokens(self, text, specials):
        self.ids(text, specials)
        seen = self.hf.encode(text, specials)
        rows = zip(seen.ids, seen.offsets, strict=True)
        return [self.token(text, id, *where) for id, where in rows]

    def token(self, text, id, start, stop):
        before, inside = (len(part.encode()) for part in (text[:start], text[start:stop]))
        return {"id": id, "text": "lossy", "start": before, "stop": before + inside}

    def tokenize(self, body):
        (inputs,) = wanted(body, "inputs")
        return self.tokens(inputs, "template")

    def chat_tokenize(self, body):
        wanted(body, "messages")
        prompt = self.chat({**body, "add_generation_prompt": True})
        return {"tokenize_response": self.tokens(prompt, "parse"), "templated_text": prompt}

    def generate_stream(self, body):
        (inputs,) = wanted(body, "inputs")
        if not isinstance(inputs, str):
            raise Refusal(422, "inputs: invalid type: sequence, expected a string")
        new = self.new_ids(body["parameters"]["max_new_tokens"])
        texts = self.deltas(new)
        events = []
        for place, (id, text) in enumerate(zip(new, texts, strict=True)):
            ended = place == len(new) - 1
            details = {"finish_reason": "length", "generated_tokens": len(new)}
            events.append({
                "index": place + 1,
                "token": {"id": id, "text": text, "logprob": -0.5, "special": False},
                "generated_text": "".join(texts) if ended else None,
                "details": details if ended else None,
            })  # fmt: skip
        return Stream(b"".join(event(one, start="data:") for one in events))


class LlamaCpp(Engine):
    """Adds none and parses where it is not told; sends nothing inside a character."""

    def routes(self):
        return {
            "/props": self.props, "/tokenize": self.tokenize, "/detokenize": self.detokenize,
            "/apply-template": self.apply_template, "/completion": self.completion,
        }  # fmt: skip

    def props(self, _):
        return {"model_path": "m.gguf", "build_info": self.version, "chat_template": "{{ x }}"}

    def tokenize(self, body):
        text = body.get("content", "")
        if body.get("add_special", False):
            mode = "template"
        else:
            mode = "parse" if body.get("parse_special", True) else "plain"
        return {"tokens": self.ids(text, mode)}

    def detokenize(self, body):
        return {"content": self.hf.decode(body.get("tokens", []), skip_special=False)}

    def apply_template(self, body):
        return {"prompt": self.chat(body)}

    def completion(self, body):
        (_,) = wanted(body, "prompt")
        new = self.new_ids(body["n_predict"])
        parts = [b": ping\n\n"]
        for id, text in zip(new, self.deltas(new), strict=True):
            if text:
                parts.append(event({"index": 0, "content": text, "tokens": [id], "stop": False}))
        end = {"index": 0, "content": "", "tokens": [], "stop": True, "stop_type": "limit"}
        return Stream(b"".join([*parts, event(end)]))


ENGINES = {"smg": Smg, "sglang": Sglang, "vllm": Vllm, "tgi": Tgi, "llama_cpp": LlamaCpp}
