"""A run as one JSON object: header, pairs and footer, without the divergences' payloads."""

from __future__ import annotations

import json

from parity.runfile import RunFile


def render(run: RunFile) -> str:
    """Return the summary, indented, ASCII."""
    document = {
        "header": run.header,
        "pairs": run.pairs,
        "footer": run.footer,
        "divergences": [
            {key: row[key] for key in ("pair", "check", "judged", "verdict", "difference")}
            | {"case": row["case"]["id"]}
            for row in run.divergences
        ],
    }
    return json.dumps(document, indent=2, ensure_ascii=True) + "\n"
