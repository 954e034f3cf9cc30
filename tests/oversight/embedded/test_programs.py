"""Which programs make up a house."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from oversight.embedded.errors import ServiceFailed
from oversight.embedded.programs import oversight, web_processes


@pytest.mark.parametrize("n_web", [1, 2, 3])
def test_all_web_processes_accept_from_the_supervisors_socket(n_web: int) -> None:
    house = oversight(Path("/nowhere"), port=1, n_web=n_web)

    assert [program.name for program in (house.web, *house.services) if program.accepts] == [
        "web",
        *(f"web-{number}" for number in range(2, n_web + 1)),
    ]


def test_one_web_process_for_each_core_up_to_two() -> None:
    assert web_processes({}) == min(2, len(os.sched_getaffinity(0)))
    assert web_processes({"WEB_CONCURRENCY": "5"}) == 5


@pytest.mark.parametrize("asked", ["0", "65", "-1", "two", "1.5"])
def test_a_number_of_processes_that_cannot_be_is_refused(asked: str) -> None:
    with pytest.raises(ServiceFailed, match="WEB_CONCURRENCY"):
        web_processes({"WEB_CONCURRENCY": asked})
