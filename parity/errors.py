"""Everything that tokparity raises on purpose, and the exit code that each one means.

    ParityError                  70
    |- UsageError                 2   what the user wrote cannot be meant
    |  |- BadSpec                     a spec string, or a file that it names
    |  |- UnknownBackend              a kind that nobody provides
    |  |- UnknownCheck
    |  |- BadPlan                     [tool.parity] in pyproject.toml
    |  |- BadCorpus                   a corpus line, with its file and line
    |  |- BadSelect                   a --select expression
    |  `- BadLedger                   golden/expected.toml
    |- Inconclusive               3   nothing was proved
    |  |- MissingPackage              a backend's library is not installed
    |  |- MissingAsset                a real tokenizer's package is not installed
    |  |- NotFetched                  a tokenizer of the hub is not here, or not what it must be
    |  |- SelfComparison              both sides are one and the same thing
    |  |- NotWhatWasAsked             a backend fell back, or was patched
    |  |- Refused                     a backend's own library does not take a file
    |  |- LoadFailed                  a backend's own library failed or crashed
    |  `- EvidenceLost                the run file could not be written or is not whole
    |- GoldenError                4   a golden is missing, stale, another artefact's or not writable
    |  `- LockMismatch                an asset is not the one that assets.lock names
    |- NothingSelected            5
    `- Unsupported                3   not a failure but an answer: this backend has no such thing

A message says what, where, what was expected and what to do.
"""

from __future__ import annotations


class ParityError(Exception):
    """The base of every error that tokparity raises on purpose."""

    exit_code = 70


class UsageError(ParityError):
    """What the user wrote cannot be meant."""

    exit_code = 2


class BadSpec(UsageError):
    """A backend spec, or a file that it names, cannot be read."""


class UnknownBackend(UsageError):
    """No installed backend has this kind."""


class UnknownCheck(UsageError):
    """No check or law has this name."""


class BadPlan(UsageError):
    """The plan in pyproject.toml is wrong."""


class BadCorpus(UsageError):
    """A corpus line is wrong; the message starts with FILE:LINE."""


class BadSelect(UsageError):
    """A select expression cannot be read."""


class BadLedger(UsageError):
    """An entry of the ledger of known differences is wrong."""


class Inconclusive(ParityError):
    """Nothing was proved."""

    exit_code = 3


class MissingPackage(Inconclusive):
    """A backend's library is not installed."""


class MissingAsset(Inconclusive):
    """The package that carries a real tokenizer is not installed."""


class NotFetched(Inconclusive):
    """A tokenizer of the hub is not here: not cached and not allowed, refused, or broken off."""


class SelfComparison(Inconclusive):
    """Both sides have one fingerprint: comparing them would prove nothing."""


class NotWhatWasAsked(Inconclusive):
    """A backend fell back to something else, or its class was patched."""


class Refused(Inconclusive):
    """A backend's own library says that it does not take a file: neither divergence nor crash."""


class LoadFailed(Inconclusive):
    """A backend's own library failed while it was loaded, or crashed."""


class EvidenceLost(Inconclusive):
    """A run file could not be written, or is not whole."""


class GoldenError(ParityError):
    """A golden is missing, stale, made with another artefact, or may not be written."""

    exit_code = 4


class LockMismatch(GoldenError):
    """An asset on this machine is not the one that assets.lock names."""


class NothingSelected(ParityError):
    """A selection that no case fits."""

    exit_code = 5


class Unsupported(ParityError):
    """Not a failure but an answer: this backend has no such operation, mode or component."""

    exit_code = 3
