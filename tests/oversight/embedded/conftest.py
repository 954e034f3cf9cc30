"""A state folder and a free port for each test of the supervisor."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def var(tmp_path: Path) -> Iterator[Path]:
    # Not above: importing the house names Django's settings, and that must wait until the services stand.
    from oversight.embedded import leftovers

    yield tmp_path / "var"
    leftovers.end(leftovers.find(tmp_path / "var"))


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
