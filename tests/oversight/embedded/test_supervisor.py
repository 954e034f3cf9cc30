"""The supervisor: it starts all, mends what falls, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable
from pathlib import Path

import httpx
import psutil
import pytest

from oversight.embedded import leftovers, process
from tests.oversight.embedded.runs import PATIENCE_S, start


def eventually(claim: Callable[[], bool]) -> bool:
    return any(claim() for _ in process.deadline(PATIENCE_S))


def find(var: Path, fragment: str) -> list[psutil.Process]:
    return [found for found in leftovers.find(var) if fragment in " ".join(found.cmdline())]


def test_it_says_where_the_dashboard_is_once_it_answers(var: Path, port: int) -> None:
    with start(var, port) as run:
        run.read_until(f"Oversight is at http://127.0.0.1:{port}")

        with socket.create_connection(("127.0.0.1", port), timeout=5):
            assert find(var, "sleep 600")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_every_process(var: Path, port: int, number: signal.Signals) -> None:
    with start(var, port) as run:
        run.read_until("Ctrl-C stops everything")
        run.process.send_signal(number)

        assert "everything has stopped" in run.rest()
        assert run.process.returncode == 0
    assert leftovers.find(var) == []


def test_a_fallen_child_is_started_again(var: Path, port: int) -> None:
    with start(var, port) as run:
        run.read_until("Ctrl-C stops everything")
        killed = {web.pid for web in find(var, "small_web")}
        for web in find(var, "small_web"):
            web.kill()

        assert "web ended (killed by SIGKILL); again in 1 s" in run.read_until("web ended")
        assert eventually(lambda: len({found.pid for found in find(var, "small_web")} - killed) == 2)


def test_web_processes_share_the_port_and_requests_wait_for_one_that_restarts(var: Path, port: int) -> None:
    with start(var, port) as run:
        run.read_until("Ctrl-C stops everything")
        both = {web.pid for web in find(var, "small_web")}
        assert len(both) == 2
        assert eventually(lambda: answered_by(port) == min(both))
        assert eventually(lambda: answered_by(port) == max(both))

        for web in find(var, "small_web"):
            web.kill()
        assert answered_by(port) not in both


def answered_by(port: int) -> int:
    return int(httpx.get(f"http://127.0.0.1:{port}/", timeout=PATIENCE_S).text)


def test_children_of_a_killed_supervisor_are_ended_by_the_next_run(var: Path, port: int) -> None:
    with start(var, port) as first:
        first.read_until("Ctrl-C stops everything")
        # The worker's own worker, which nobody asks to leave; a worker killed before it had one leaves nobody behind.
        assert eventually(lambda: any(found.cmdline() == ["sleep", "600"] for found in leftovers.find(var)))
        os.kill(first.process.pid, signal.SIGKILL)
    orphans = {found.pid for found in leftovers.find(var)}
    assert orphans

    with start(var, port) as second:
        second.read_until("ending what it left")
        second.read_until("Ctrl-C stops everything")
        assert orphans.isdisjoint(found.pid for found in leftovers.find(var))


def test_a_second_run_in_the_same_folder_is_told_about_the_first(var: Path, port: int) -> None:
    with start(var, port) as first:
        first.read_until("Ctrl-C stops everything")
        with start(var, port) as second:
            said = second.rest()

            assert second.process.returncode == 1
            assert f"runs already from this folder as process {first.process.pid}, at http://127.0.0.1:{port}" in said
            assert "make stop" in said
        assert first.process.poll() is None


def test_a_port_in_use_is_named_with_the_next_step(var: Path, port: int) -> None:
    with socket.socket() as other, start(var, port) as run:
        other.bind(("127.0.0.1", port))
        other.listen()
        said = run.rest()

    assert run.process.returncode == 1
    assert f"port {port} on 127.0.0.1 cannot be used" in said
    assert f"make run PORT={port + 1}" in said


def test_a_failed_preparation_ends_the_start_with_its_reason(var: Path, port: int) -> None:
    with start(var, port, "fail") as run:
        said = run.rest()

    assert run.process.returncode == 1
    assert "prepare failed (exit status 3)" in said
    assert said.rstrip().endswith("the reason")
    assert leftovers.find(var) == []


def test_logs_are_readable_by_their_owner_only(var: Path, port: int) -> None:
    with start(var, port) as run:
        run.read_until("Ctrl-C stops everything")

        logs = sorted((var / "log").glob("*.log"))
        assert [log.name for log in logs if log.stat().st_mode & 0o077] == []
        assert {"web.log", "worker.log", "prepare.log"} <= {log.name for log in logs}
