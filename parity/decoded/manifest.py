"""How a report came about: the project, the prompts, the machine and the time, as plain data."""

from __future__ import annotations

import datetime as dt
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from parity.decoded.running import Run
from parity.decoded.sides import Side, manner

ABOUT_CPU: Final = Path("/proc/cpuinfo")
ISA: Final = re.compile(r"(sse4|avx|amx|fma|f16c|bf16|neon|asimd|sve|i8mm)\w*")
"""Instructions that decide how sums are rounded."""
SWITCHES: Final = re.compile(
    r"(OMP|KMP|MKL|ONEDNN|DNNL|OPENBLAS|ATEN|CUBLAS|CUDA|NVIDIA|TORCH|TORCHINDUCTOR|PYTORCH|VLLM|"
    r"SGLANG|GGML|LLAMA|CT2|FLASH_ATTENTION|FORCE|TOKENIZERS)_[A-Z0-9_]+"
)
"""Variables that libraries of arithmetic and engines read."""
SECRET: Final = re.compile(r"TOKEN$|KEY$|SECRET|PASSWORD")
PATIENCE: Final = 5.0
"""Seconds that git may take."""


def manifest(run: Run, started: dt.datetime) -> dict[str, Any]:
    """Return what a report says of how it came about."""
    prompts = run.asked.errand.prompts
    now = dt.datetime.now(tz=dt.UTC)
    return {
        "tool": f"tokparity {version('tokparity')}",
        "git": git(),
        "started": started.isoformat(timespec="seconds"),
        "seconds": round((now - started).total_seconds(), 1),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "platform": platform.platform(),
        "byteorder": sys.byteorder,
        "processor": processor(),
        "cores": os.cpu_count(),
        "load": [round(one, 2) for one in os.getloadavg()],
        "environment": environment(os.environ),
        "records": str(run.asked.errand.folder),
        "prompts": {
            "named": run.asked.wanted.prompts,
            "sha256": run.asked.errand.digest,
            "count": len(prompts),
            "sets": sorted({prompt.set for prompt in prompts}),
        },
        "top": run.asked.errand.top,
    }


def side(one: Side) -> dict[str, Any]:
    """Return what a report says of a side: what it is, what it can, and what it used."""
    return {
        "spec": one.text,
        "asked": manner(one.spec),
        "fingerprint": {name: what for name, what in one.mark._asdict().items() if name != "spec"},
        "capabilities": {
            name: list(what) if isinstance(what, tuple) else what
            for name, what in one.capabilities._asdict().items()
        },
    }


def used(one: Side) -> dict[str, Any]:
    """Return what a side took: other in each run."""
    ids = sum(len(o.generation.ids or ()) for o in one.outcomes.values() if o.generation)
    return {
        "seconds": round(one.seconds, 2),
        **{name: round(value, 2) for name, value in one.used.items()},
        "new_ids": ids,
        "taken_over": one.taken,
    }


def environment(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that decide how engines compute; no secret."""
    return {
        name: value
        for name, value in sorted(variables.items())
        if SWITCHES.fullmatch(name) and not SECRET.search(name)
    }


def processor() -> dict[str, Any]:
    """Return the name of the processor, and those of its instructions that decide about sums."""
    lines = ABOUT_CPU.read_text(errors="replace").splitlines() if ABOUT_CPU.is_file() else []
    told: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(":")
        told.setdefault(name.strip().lower(), value.strip())
    flags = (told.get("flags") or told.get("features") or "").split()
    return {
        "name": told.get("model name") or platform.processor() or platform.machine(),
        "instructions": sorted(filter(ISA.fullmatch, flags)),
    }


def git() -> str:
    """Return the commit of the folder, with + where files are changed; "" where there is none."""
    program = shutil.which("git")
    if program is None:
        return ""
    try:
        head = _said(program, "rev-parse", "HEAD")
        return head + "+" * bool(_said(program, "status", "--porcelain", "--untracked-files=no"))
    except (OSError, subprocess.SubprocessError):
        return ""


def _said(program: str, *args: str) -> str:
    done = subprocess.run(  # noqa: S603 (git itself)
        [program, *args], check=True, capture_output=True, text=True, timeout=PATIENCE
    )
    return done.stdout.strip()
