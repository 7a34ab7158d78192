"""Variants of one engine that must not matter, by name: what `--modes` makes candidates of.

A mode is options that are added to the reference's spec. An engine that has no such option has no
such mode; one that cannot do it here is skipped with its reason, when it is loaded.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from parity.decoding import engines
from parity.decoding.engines import HOW_IT_IS_ASKED, Spec
from parity.errors import UsageError


class Mode(NamedTuple):
    """A name, the options that it adds, and the smallest group that has it."""

    name: str
    options: dict[str, str]
    group: str = "tiny"


GROUPS: Final = ("tiny", "all")
"""`tiny`: what is quick on a tiny model; `all`: those, and what compiles or needs CUDA."""
MODES: Final = (
    Mode("batch", {"batch": "8"}),
    Mode("order", {"batch": "8", "order": "reversed"}),
    Mode("padding", {"batch": "32", "order": "shuffled-7"}),
    Mode("warm", {"twice": "yes"}),
    Mode("threads", {"threads": "2"}),
    Mode("attention", {"attention": "eager"}),
    Mode("cache-static", {"cache": "static"}),
    Mode("cache-offloaded", {"cache": "offloaded"}),
    Mode("chunked-prefill", {"prefill": "16"}),
    Mode("prompt-lookup", {"lookup": "3"}),
    Mode("assistant", {"assistant": "self"}),
    Mode("compiled", {"compile": "yes"}, "all"),
    Mode("cuda", {"device": "cuda"}, "all"),
    Mode("cuda-batch", {"device": "cuda", "batch": "8"}, "all"),
    Mode("cuda-attention", {"device": "cuda", "attention": "eager"}, "all"),
)


def expand(group: str, reference: Spec) -> Iterator[tuple[str, Spec]]:
    """Yield the modes of a group by name, as variants of a spec. Raises UsageError.

    A mode that the spec is in already is left out: it would be the reference itself.
    """
    if group not in GROUPS:
        raise UsageError(f"no modes {group!r}; known: {', '.join(GROUPS)}")
    known = {*engines.options(reference.kind), *HOW_IT_IS_ASKED}
    for mode in MODES:
        if mode.group in GROUPS[: GROUPS.index(group) + 1] and known.issuperset(mode.options):
            varied = vary(reference, mode.options)
            if varied != reference:
                yield mode.name, varied


def vary(spec: Spec, options: dict[str, str]) -> Spec:
    """Return a spec with other options."""
    asked = {name: value for name, value in options.items() if name in HOW_IT_IS_ASKED}
    own = {name: value for name, value in options.items() if name not in HOW_IT_IS_ASKED}
    return spec._replace(options={**spec.options, **own}, asked={**spec.asked, **asked})
