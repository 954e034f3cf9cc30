"""Which build of torch to install, and from where: CPU unless there is a GPU, and never more than one index needed."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

CPU_INDEX = "https://download.pytorch.org/whl/cpu"
CHOICES = ("auto", "cpu", "cuda")

Build = Literal["cpu", "cuda"]


class UnknownChoice(ValueError):
    """TORCH has a value that names no build."""


@dataclass(frozen=True, slots=True)
class Plan:
    build: Build
    index: str | None
    reason: str


def plan(*, choice: str, system: str, has_gpu: bool, cpu_index_reachable: bool) -> Plan:
    """Decide from facts alone. `index` is tried first; the ordinary index is always the fallback."""
    if choice not in CHOICES:
        raise UnknownChoice(f"TORCH={choice!r} is not one of {', '.join(CHOICES)}")
    if choice == "cuda" or (choice == "auto" and has_gpu):
        return Plan("cuda", None, "TORCH=cuda" if choice == "cuda" else "an NVIDIA GPU was found")
    if system != "Linux":
        return Plan("cpu", None, "the ordinary index serves the CPU build here")
    if cpu_index_reachable:
        return Plan("cpu", CPU_INDEX, "no NVIDIA GPU was found" if choice == "auto" else "TORCH=cpu")
    # On Linux that index serves the CUDA build (it runs on the CPU too), unless a local wheel is configured.
    return Plan("cpu", None, "the index of CPU builds cannot be reached; the ordinary index serves a larger build")


def plan_here(environment: Mapping[str, str]) -> Plan:
    choice, system, gpu = environment.get("TORCH", "") or "auto", platform.system(), has_nvidia_gpu()
    # Asked only where the answer matters, so that an air-gapped machine does not wait for it.
    ask = system == "Linux" and (choice == "cpu" or (choice == "auto" and not gpu))
    return plan(choice=choice, system=system, has_gpu=gpu, cpu_index_reachable=ask and reachable(CPU_INDEX))


def has_nvidia_gpu(device: Path = Path("/dev/nvidia0")) -> bool:
    if device.exists():
        return True
    program = shutil.which("nvidia-smi")
    if program is None:
        return False
    try:
        listing = subprocess.run([program, "-L"], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return listing.returncode == 0 and "GPU " in listing.stdout


def reachable(index: str, timeout_s: float = 4.0) -> bool:
    request = urllib.request.Request(f"{index}/torch/", method="HEAD")  # noqa: S310 - a constant https address
    try:
        with urllib.request.urlopen(request, timeout=timeout_s) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError, ValueError):
        return False


if __name__ == "__main__":
    print(plan_here(os.environ))
