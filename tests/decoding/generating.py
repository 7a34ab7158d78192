"""The Python harness with a `generate`, and with one thing wrong where a flag names it.

Each new id is one more than the last, modulo 256; 0 is EOS. What is wrong is done to prompts that
end with `x`.
"""

import json
import os
import runpy
import signal
import sys
import time
from pathlib import Path

HARNESS = runpy.run_path(str(Path(__file__).parent.parent.parent / "harnesses/python/echo.py"))


def generate(max_tokens, stop, stop_ids, options, prompt=None, ids=None):
    """Complete a prompt."""
    assert (stop_ids, options) == ([], {"temperature": 0})
    given = list(prompt.encode()) if ids is None else ids
    new, text = [], ""
    while len(new) < max_tokens and 0 not in new and not any(one in text for one in stop):
        new.append(((new or given)[-1] + 1) % 256)
        text = bytes(new).decode("latin-1").rstrip("\0")
    finish = "eos" if 0 in new else "length"
    for one in stop:
        if one in text:
            text, finish = text.partition(one)[0], "string"
    return {"ids": new, "text": text, "finish": finish}


def load(path, options):
    """There is no file; any option will do."""
    return {"artefacts": {}, "facts": {}}


def render(messages, options):
    """Write `A` where an answer is to follow."""
    turn = "A" if options.get("add_generation_prompt") else ""
    return "".join(one["content"] for one in messages) + turn


WRONG = {
    "gives-ids-as-floats": lambda made: {**made, "ids": [id + 0.5 for id in made["ids"]]},
    "gives-ids-as-strings": lambda made: {**made, "ids": [*map(str, made["ids"])]},
    "gives-no-ids": lambda made: {"text": made["text"], "finish": made["finish"]},
    "answers-more": lambda made: {**made, "ids": made["ids"] * 2},
    "ends-by-magic": lambda made: {**made, "finish": "magic"},
    "says-bytes": lambda made: {**made, "text": {"bytes": "/w=="}},
    "answers-a-list": lambda made: [made],
    "ends-by-an-id": lambda made: {**made, "finish": "stop"},
}


def met(flag):
    """Do what a fault does instead of answering, or before it."""
    if flag == "dies":
        os.kill(os.getpid(), signal.SIGKILL)
    if flag == "hangs":
        time.sleep(600)
    if flag == "logs":
        print("INFO: 3 tokens/s", flush=True)


def main():
    """Answer a line with a line."""
    flag = sys.argv[1] if len(sys.argv) > 1 else ""
    ops = HARNESS["OPS"]
    ops.update(generate=generate, load=load, render=render)
    if flag == "generates-nothing":
        del ops["generate"]
    for line in sys.stdin.buffer:
        message = json.loads(line)
        wrong = message["op"] == "generate" and (message.get("ids") or [0])[-1] == ord("x")
        if wrong:
            met(flag)
        op, reply = HARNESS["reply"](line)
        if wrong and flag == "fails":
            reply = {"seq": reply["seq"], "error": {"kind": "MemoryError", "message": "no pages"}}
        if wrong and flag in WRONG:
            reply["result"] = WRONG[flag](reply["result"])
        print(json.dumps(reply), flush=True)
        if op == "bye":
            break


if __name__ == "__main__":
    main()
