"""Implementations that are wrong in one way each, and the few cases that they are asked."""

from parity.survey.tables import Implementation
from parity.types import Case

CASES = [
    Case("t/plain-0", "text", "Some words"),
    Case("t/space-0", "text", "  a \n"),
    Case("t/wide-0", "text", "it's \U0001d2c9 \u200b'x'"),
    Case("t/special-0", "text", "a<think>b", {"specials": "plain"}),
    Case("t/ids-0", "ids", (1, 2, 3)),
]
MINE = '''
"""Backends for the matrix: a tokenizer with something wrong about its process."""
import os, time
from parity import backends
from parity.backend import Backend, Identity
from parity.errors import Refused
from parity.types import Encoding

class Wrong(Backend):
    name = "wrong"

    def __init__(self, target, how):
        self.inner, self.how = backends.load(f"hf:{target}"), how

    def encode(self, text, specials="parse"):
        if "\\u200b" in text and self.how == "dies":
            os._exit(7)
        if "\\u200b" in text and self.how == "hangs":
            time.sleep(60)
        if self.how == "fails":
            raise ValueError(text)
        return self.inner.encode(text, specials)

    def encode_batch(self, texts, specials="parse", offsets=False):
        return [self.encode(text, specials) for text in texts]

    def identity(self):
        return Identity(self, facts={"how": self.how})

def make(model, how):
    if how == "refuses":
        raise Refused("it refuses <this> file")
    if how == "panics":
        os.abort()
    return Wrong(model, how)
'''
ROWS = {
    "honest": "hf:{}",
    "reference": "reference:{}",
    "drops": "mock:drops_last_id,of=hf:{}",
    "reads": "mock:reads_lower_case,of=hf:{}",
    "batch": "mock:pads_batches,of=hf:{}",
    "decodes": "mock:strips_decoded_text,of=hf:{}",
    "refuses": "py:matrix_mine:make,model={},how=refuses",
    "dies": "py:matrix_mine:make,model={},how=dies,isolate=process,timeout=5",
    "panics": "py:matrix_mine:make,model={},how=panics,isolate=process",
    "hangs": "py:matrix_mine:make,model={},how=hangs,isolate=process,timeout=1",
    "fails": "py:matrix_mine:make,model={},how=fails",
}
"""Implementations, by what is wrong with them."""


def row(name, **more):
    """An implementation of the table."""
    return Implementation(name, "Python", ROWS[name], **more)
