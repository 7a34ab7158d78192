"""The one class to subclass for an engine: a model that completes prompts, greedily."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

from parity.backend import Breach, Identity
from parity.decoding.records import Capabilities, Generation, Prompt, Request, Step
from parity.errors import Unsupported


class PromptTooLong(Breach):
    """A prompt, or what it is to become, is longer than the context; of that prompt alone."""


class Engine:
    """One engine under test, loaded. An adapter translates and does not repair.

    What an engine does instead of completing a prompt is raised, or stands in the list that
    `generate` returns in the place of that prompt: one that fails leaves the others alone.
    """

    name = "engine"
    spec = ""
    capabilities = Capabilities()

    def encode(self, prompt: Prompt) -> list[int]:
        """Return the ids of a prompt, by the engine's own tokenizer and template."""
        self.lacks("tokenizer")

    def generate(self, requests: Sequence[Request], top: int) -> list[Generation | BaseException]:
        """Return what is made of prompts that are given at once, in their order.

        Greedy: the id of the greatest logit at each step; EOS ends a completion.
        top: log-probabilities wanted of each step, as far as `capabilities.top` goes.
        """
        self.lacks("generation")

    def score(self, ids: Sequence[int], forced: Sequence[int], top: int) -> list[Step]:
        """Return the step before each id of `forced`, were it to follow the prompt `ids`."""
        self.lacks("scores of given ids")

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text of ids, by the engine's own tokenizer; special tokens are left out."""
        self.lacks("decode")

    def identity(self) -> Identity:
        """Say what this really is: class, files, packages, and every option as a fact."""
        return Identity(self)

    def close(self) -> None:
        """Let go of what this holds."""

    def lacks(self, operation: str) -> NoReturn:
        """Answer that there is no such operation."""
        raise Unsupported(f"{self.name} has no {operation}")
