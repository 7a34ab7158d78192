"""Rows of a Parquet file, batch by batch, of one column; needs pyarrow.

pyarrow holds the pages of one row group of the column at a time. A value that is no JSON (a date, a
decimal) makes its row malformed; bytes are a text if they are UTF-8.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from parity import jsonl
from parity.errors import BadCorpus, MissingPackage, UsageError
from parity.importing.contents import BadRow, at
from parity.importing.rows import Row, too_long

BATCH: Final = 256
"""Rows that are held at once."""


def rows(path: Path, field: str, limit: int) -> Iterator[Row]:
    """Yield the values of a column, or of what dots lead to in it.

    Raises MissingPackage, UsageError for a column that is not there, BadCorpus.
    """
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError as error:
        raise MissingPackage(
            "a parquet file needs the package pyarrow: pip install 'tokparity[parquet]'"
        ) from error
    column, *inner = field.split(".")
    try:
        with parquet.ParquetFile(path, pre_buffer=False) as file:
            names = file.schema_arrow.names
            if column not in names:
                raise UsageError(f"{path}: no column {column!r}; known: {', '.join(names)}; "
                                 "name one with --field")  # fmt: skip
            for number, scalar in enumerate(_scalars(file, column), 1):
                yield _row(f"{path}: row {number}", number, scalar, inner, limit)
    except (OSError, pa.ArrowException) as error:
        raise BadCorpus(f"{path}: cannot be read as parquet: {error}") from error


def _scalars(file: Any, column: str) -> Iterator[Any]:
    """Yield the values of a column, by row groups: over all of them at once memory grows."""
    for group in range(file.num_row_groups):
        batches = file.iter_batches(BATCH, row_groups=[group], columns=[column], use_threads=False)
        for batch in batches:
            yield from batch.column(0)


def _row(place: str, number: int, scalar: Any, inner: list[str], limit: int) -> Row:
    try:
        value = at(scalar.as_py(), inner)
        size = len(value.encode("utf-8", "surrogatepass") if isinstance(value, str) else
                   value if isinstance(value, bytes) else jsonl.dump(value))  # fmt: skip
    except (BadRow, UnicodeDecodeError, TypeError, ValueError) as error:
        return Row(place, number, "", f"the value cannot be taken: {error}")
    return Row(place, number, value, too_long(size, limit) if size > limit else "")
