"""The Python harness with one thing wrong, named by a flag; TEXT is what the fault waits for."""

import argparse
import json
import runpy
import sys
import time
from pathlib import Path

ECHO = Path(__file__).parent.parent.parent / "harnesses" / "python" / "echo.py"
GIBIBYTE = 1 << 30
FLAGS = (
    "garbage", "lie-version", "wrong-count", "wrong-seq", "half-line", "die-at-start",
    "stderr-noise", "no-hello", "slow-start", "twice", "no-load",
)  # fmt: skip
ON = ("crash-on", "hang-on", "eat-memory-on")


def flags():
    """What is wrong."""
    parser = argparse.ArgumentParser()
    for name in FLAGS:
        parser.add_argument(f"--{name}", action="store_true")
    for name in ON:
        parser.add_argument(f"--{name}", default=None)
    return parser.parse_args()


def waits_for(text, message):
    """Whether a fault's text is in a message."""
    return text is not None and text in json.dumps(message.get("texts", []))


def met(wrong, message):
    """Do what a fault does when its text comes."""
    if waits_for(wrong.crash_on, message):
        sys.exit("it was the text")
    if waits_for(wrong.hang_on, message):
        time.sleep(600)
    if waits_for(wrong.eat_memory_on, message):
        eaten = []
        while len(eaten) < 64:
            eaten.append(bytearray(b"x" * (GIBIBYTE // 16)))
        time.sleep(600)


def spoilt(wrong, op, reply, number):
    """A reply as a fault changes it."""
    if wrong.lie_version and op == "hello":
        reply["result"]["version"] = str(number)
    if wrong.wrong_count and op in ("encode", "decode", "encode_batch", "decode_batch"):
        reply["result"] = [*reply["result"], *reply["result"][-1:]]
    if wrong.wrong_seq and op != "hello":
        reply["seq"] += 1
    if wrong.no_hello and op == "hello":
        reply = {"seq": reply["seq"], "unsupported": "no hello"}
    return reply


def main():
    """Answer as the harness does, but for what is wrong."""
    wrong, answer = flags(), runpy.run_path(str(ECHO))["reply"]
    if wrong.die_at_start:
        sys.exit("there is no licence")
    if wrong.slow_start:
        time.sleep(1)
    if wrong.garbage:
        print("INFO: loaded in 3 ms", flush=True)
    for number, line in enumerate(sys.stdin.buffer):
        message = json.loads(line)
        met(wrong, message)
        op, reply = answer(line)
        text = json.dumps(spoilt(wrong, op, reply, number))
        if wrong.stderr_noise:
            print("x" * 100_000, file=sys.stderr)
        if wrong.half_line and op == "encode":
            print(text[:20], end="", flush=True)
            sys.exit(0)
        print(text, flush=True)
        if wrong.twice and op == "encode":
            print(text, flush=True)
        if op == "bye":
            break


if __name__ == "__main__":
    main()
