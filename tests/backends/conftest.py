"""A running fake server of each shape, and what loads a backend on it."""

import pytest
from fake_server import serving, spec

from parity.backends import load
from parity.servers import SHAPES


@pytest.fixture(scope="module")
def servers():
    """A running server of each shape, with a tokenizer that adds special tokens."""
    with (
        serving("smg", "tiny:wordpiece") as smg,
        serving("sglang", "tiny:wordpiece") as sglang,
        serving("vllm", "tiny:wordpiece") as vllm,
        serving("tgi", "tiny:wordpiece") as tgi,
        serving("llama_cpp", "tiny:wordpiece") as llama_cpp,
    ):
        found = {"smg": smg, "sglang": sglang, "vllm": vllm, "tgi": tgi, "llama_cpp": llama_cpp}
        assert [*found] == [*SHAPES]
        yield found


@pytest.fixture
def of(servers):
    """A function that loads a backend on the server of a shape, honest again."""
    made = []

    def make(shape, **options):
        servers[shape].fault = ""
        servers[shape].seen.clear()
        made.append(load(spec(servers[shape], shape, **options)))
        return made[-1]

    yield make
    for backend in made:
        backend.close()
