"""Which torch is chosen, from facts alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from oversight.embedded.torch_build import CPU_INDEX, UnknownChoice, has_nvidia_gpu, plan, reachable


@pytest.mark.parametrize(
    ("choice", "system", "has_gpu", "cpu_index_reachable", "expected"),
    [
        ("auto", "Linux", False, True, ("cpu", CPU_INDEX)),
        ("auto", "Linux", False, False, ("cpu", None)),
        ("auto", "Linux", True, True, ("cuda", None)),
        ("cpu", "Linux", True, True, ("cpu", CPU_INDEX)),
        ("cuda", "Linux", False, True, ("cuda", None)),
        ("auto", "Darwin", False, True, ("cpu", None)),
    ],
)
def test_cpu_is_chosen_unless_there_is_a_gpu_or_somebody_asks(
    choice: str, system: str, has_gpu: bool, cpu_index_reachable: bool, expected: tuple[str, str | None]
) -> None:
    found = plan(choice=choice, system=system, has_gpu=has_gpu, cpu_index_reachable=cpu_index_reachable)

    assert (found.build, found.index) == expected
    assert found.reason


def test_an_unknown_choice_is_refused_by_name() -> None:
    with pytest.raises(UnknownChoice, match="TORCH='gpu' is not one of auto, cpu, cuda"):
        plan(choice="gpu", system="Linux", has_gpu=False, cpu_index_reachable=False)


def test_a_device_file_counts_as_a_gpu(tmp_path: Path) -> None:
    (tmp_path / "nvidia0").touch()

    assert has_nvidia_gpu(tmp_path / "nvidia0")


def test_an_index_that_does_not_answer_is_not_reachable() -> None:
    assert not reachable("http://127.0.0.1:9/whl/cpu", timeout_s=1)
