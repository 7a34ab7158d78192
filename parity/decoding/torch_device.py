"""Where and in what torch computes, and the switches that decide about the last bits.

`make_deterministic` makes two runs on one machine give the same bits. It cannot promise the same
bits on another device, in another version of torch, or for another batch: only margins can.
"""

from __future__ import annotations

import os
import platform
import re
from pathlib import Path
from typing import Any, Final

import torch

from parity.errors import BadSpec, Unsupported

DEVICES: Final = ("auto", "cpu", "cuda")
DTYPES: Final = {
    "float32": torch.float32,
    "float64": torch.float64,
    "bfloat16": torch.bfloat16,
    "float16": torch.float16,
}
WORKSPACE: Final = ":4096:8"
"""CUBLAS_WORKSPACE_CONFIG under which cuBLAS gives the same bits each time."""
SURROUNDINGS: Final = (
    "OMP_NUM_THREADS", "OMP_WAIT_POLICY", "MKL_NUM_THREADS", "MKL_CBWR", "KMP_BLOCKTIME",
    "ATEN_CPU_CAPABILITY", "ONEDNN_MAX_CPU_ISA", "CUBLAS_WORKSPACE_CONFIG", "CUDA_VISIBLE_DEVICES",
    "NVIDIA_TF32_OVERRIDE", "TORCHINDUCTOR_BATCH_INVARIANT",
)  # fmt: skip
"""Variables that decide what torch computes; they are told, and nothing here depends on them."""


def device(name: str) -> torch.device:
    """Return the device of a name; `auto` is CUDA where torch has one.

    Raises BadSpec, and Unsupported where there is none.
    """
    if name not in DEVICES:
        raise BadSpec(f"device is one of {', '.join(DEVICES)}, not {name!r}")
    there = name != "cpu" and torch.cuda.is_available()
    if name == "cuda" and not there:
        raise Unsupported(without_cuda())
    return torch.device("cuda" if there else "cpu")


def without_cuda() -> str:
    """Say that there is no CUDA here, and which torch says so."""
    return f"no CUDA device (torch {torch.__version__})"


def dtype(name: str) -> torch.dtype:
    """Return the dtype of a name. Raises BadSpec."""
    if name not in DTYPES:
        raise BadSpec(f"dtype is one of {', '.join(DTYPES)}, not {name!r}")
    return DTYPES[name]


def number(option: str, text: str) -> int | None:
    """Return the number that an option gives, None where it is not given. Raises BadSpec."""
    if text and not re.fullmatch(r"[1-9]\d{0,8}", text):
        raise BadSpec(f"{option} is a number of 1 or more, not {text!r}")
    return int(text) if text else None


def yes(option: str, text: str) -> bool:
    """Return what an option says. Raises BadSpec."""
    if text not in ("yes", "no"):
        raise BadSpec(f"{option} is yes or no, not {text!r}")
    return text == "yes"


def make_deterministic() -> None:
    """Set every switch that makes two runs the same, before CUDA is first used.

    They hold for the whole process.
    """
    os.environ["CUBLAS_WORKSPACE_CONFIG"] = WORKSPACE
    torch.use_deterministic_algorithms(mode=True)
    torch.set_float32_matmul_precision("highest")
    torch.backends.cudnn.benchmark = False
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.allow_tf32 = False
    matmul = torch.backends.cuda.matmul
    matmul.allow_tf32 = False
    matmul.allow_fp16_reduced_precision_reduction = False
    matmul.allow_bf16_reduced_precision_reduction = False


def switches() -> dict[str, str]:
    """Return every switch that decides about bits, set or not, as it is now."""
    cudnn, matmul = torch.backends.cudnn, torch.backends.cuda.matmul
    found: dict[str, Any] = {
        "deterministic_algorithms": torch.are_deterministic_algorithms_enabled(),
        "float32_matmul_precision": torch.get_float32_matmul_precision(),
        "cudnn.benchmark": cudnn.benchmark,
        "cudnn.deterministic": cudnn.deterministic,
        "cudnn.allow_tf32": cudnn.allow_tf32,
        "cuda.matmul.allow_tf32": matmul.allow_tf32,
        "cuda.matmul.allow_fp16_reduced_precision_reduction": (
            matmul.allow_fp16_reduced_precision_reduction
        ),
        "cuda.matmul.allow_bf16_reduced_precision_reduction": (
            matmul.allow_bf16_reduced_precision_reduction
        ),
        "mkldnn": torch.backends.mkldnn.enabled,
    }
    return {name: str(value) for name, value in found.items()}


def surroundings(where: torch.device) -> dict[str, str]:
    """Return what a device is, what computes on it, and what it was told by the environment."""
    told = {name: os.environ[name] for name in SURROUNDINGS if name in os.environ}
    return {
        "device": where.type,
        "device_name": _processor(),
        "cpu_capability": torch.backends.cpu.get_cpu_capability(),
        "threads": str(torch.get_num_threads()),
        "threads_between_operations": str(torch.get_num_interop_threads()),
        "cuda": torch.version.cuda or "none",
        "environment": " ".join(f"{name}={value}" for name, value in told.items()),
        **(_of_cuda(where) if where.type == "cuda" else {}),
        **switches(),
    }


def _of_cuda(where: torch.device) -> dict[str, str]:
    about = torch.cuda.get_device_properties(where)
    driver = Path("/proc/driver/nvidia/version")
    return {
        "device_name": about.name,
        "compute_capability": f"{about.major}.{about.minor}",
        "cudnn": str(torch.backends.cudnn.version()),
        "driver": driver.read_text().splitlines()[0] if driver.is_file() else "not known",
    }


def _processor() -> str:
    """Return the name of the processor, as Linux has it."""
    about = Path("/proc/cpuinfo")
    lines = about.read_text(errors="replace").splitlines() if about.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
