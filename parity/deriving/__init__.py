"""Derived corpora: thousands of cases out of packages with a known licence, or by enumeration.

    python -m parity.deriving build            what did not come along, into the cache
    python -m parity.deriving build conversations
    python -m parity.deriving record           all, and corpora/derived/MANIFEST.json: for who
                                               changed a derivation on purpose

One file for each kind of source, each a function from the source's files to rows (`rows.py`);
`families.py` lists them, `building.py` fetches, derives, checks and writes.
"""

from parity.deriving.building import Built, build

__all__ = ["Built", "build"]
