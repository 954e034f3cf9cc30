"""The commands behind `make run`, `make stop` and `make check`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from oversight.embedded import leftovers
from tests.oversight.embedded.runs import ROOT, start


def call(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "oversight.embedded", *arguments],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_stop_ends_a_run_of_another_terminal(var: Path, port: int) -> None:
    with start(var, port) as run:
        run.read_until("Ctrl-C stops everything")
        stopped = call("stop", VAR_DIR=str(var))

        assert (stopped.returncode, stopped.stdout) == (0, "Oversight has stopped\n")
        assert "everything has stopped" in run.rest()
    assert leftovers.find(var) == []


def test_stop_where_nothing_runs_is_no_error(var: Path) -> None:
    assert call("stop", VAR_DIR=str(var)).returncode == 0
    assert not var.exists()


@pytest.mark.parametrize("value", ["0", "65536", "http"])
def test_a_port_that_is_none_is_named(var: Path, value: str) -> None:
    refused = call("run", VAR_DIR=str(var), PORT=value)

    assert refused.returncode == 1
    assert f"PORT='{value}' is not a port number" in refused.stderr


def test_scratch_gives_a_command_services_of_its_own_and_its_exit_status(var: Path) -> None:
    script = (
        "import os, psycopg\n"
        "with psycopg.connect(os.environ['DATABASE_URL']) as connection:\n"
        "    print(connection.execute('SELECT current_user').fetchone()[0], len(os.environ['SECRET_KEY']) >= 50)\n"
        "raise SystemExit(7)\n"
    )
    ran = call("scratch", sys.executable, "-c", script, VAR_DIR=str(var))

    assert (ran.returncode, ran.stdout) == (7, "ov_app True\n")
    assert not var.exists()
