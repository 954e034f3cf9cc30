"""The embedded services: start, attach, survive accidents."""

from __future__ import annotations

import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from oversight.embedded import cluster, process
from oversight.embedded.errors import ServiceFailed
from oversight.embedded.places import ELSEWHERE, LONGEST_SOCKET_FOLDER, Places, reachable_programs
from oversight.embedded.postgres import Postgres

ROOT = Path(__file__).resolve().parents[3]
ENSURE = """
import sys
from pathlib import Path
from oversight.embedded import cluster
cluster.ensure(Path(sys.argv[1]))
"""


Running = tuple[Path, cluster.Addresses]


@pytest.fixture
def var() -> Iterator[Path]:
    """A state folder that any account can reach, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp(prefix="ov-test-"))
    folder.chmod(0o711)
    yield folder / "var"
    cluster.stop(folder / "var")
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    """One running set of services, for the tests that only look."""
    folder = Path(tempfile.mkdtemp(prefix="ov-test-"))
    folder.chmod(0o711)
    yield folder / "var", cluster.ensure(folder / "var")
    cluster.stop(folder / "var")
    shutil.rmtree(folder)


def query(url: str, text: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(text.encode())
        return cursor.fetchall() if cursor.description else []


def remember(addresses: cluster.Addresses) -> None:
    query(addresses.database_owner_url, "CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)")


def remembered(addresses: cluster.Addresses) -> list[tuple[object, ...]]:
    return query(addresses.database_owner_url, "SELECT n FROM kept")


def postmaster(var: Path) -> int:
    return int((var / "postgres/data/postmaster.pid").read_text().split()[0])


def valkey_pid(var: Path) -> int:
    return int((var / "valkey/pid").read_text())


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    assert any(process.working_folder(pid) is None for _ in process.deadline(10))


def test_both_services_answer_under_their_addresses(running: Running) -> None:
    _var, addresses = running

    [(role, version)] = query(addresses.database_url, "SELECT current_user, current_setting('server_version_num')")
    assert (role, str(version)[:2]) == ("ov_app", "18")
    with redis.Redis.from_url(addresses.redis_url) as client:
        assert client.ping()
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}


def test_a_second_call_attaches_to_what_runs(running: Running) -> None:
    var, first = running
    pids = postmaster(var), valkey_pid(var)

    assert cluster.ensure(var) == first
    assert (postmaster(var), valkey_pid(var)) == pids


def test_a_service_that_is_not_asked_for_is_not_started(var: Path) -> None:
    addresses = cluster.ensure(var, postgres=False)

    assert addresses.database_url == ""
    assert addresses.redis_url
    assert not (var / "postgres").exists()


def test_services_outlive_the_process_that_started_them(var: Path) -> None:
    subprocess.run([sys.executable, "-c", ENSURE, str(var)], cwd=ROOT, check=True, capture_output=True)

    assert cluster.is_up(var)


def test_addresses_do_not_show_passwords_when_printed(running: Running) -> None:
    var, addresses = running

    assert (var / "secrets/ov_app").read_text().strip() not in repr(addresses)


def test_the_application_role_owns_nothing_and_creates_nothing(running: Running) -> None:
    _var, addresses = running

    [(owner,)] = query(
        addresses.database_url, "SELECT datdba::regrole::text FROM pg_database WHERE datname = 'oversight'"
    )
    assert owner == "ov_owner"
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        query(addresses.database_url, "CREATE TABLE mine (n int)")


def test_no_one_enters_without_the_password(running: Running) -> None:
    _var, addresses = running

    with pytest.raises(psycopg.OperationalError, match="password"):
        query(re.sub(r"ov_app:\w+@", "ov_app:wrong@", addresses.database_url), "SELECT 1")
    with (
        redis.Redis.from_url(re.sub(r":\w+@", ":wrong@", addresses.redis_url)) as client,
        pytest.raises(redis.AuthenticationError),
    ):
        client.ping()


def test_secrets_are_readable_by_their_owner_only(running: Running) -> None:
    var, _ = running

    assert stat.S_IMODE((var / "secrets").stat().st_mode) == 0o700
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (var / "secrets").iterdir()}
    assert modes == dict.fromkeys(("postgres", "ov_owner", "ov_app", "valkey"), 0o600)
    assert stat.S_IMODE((var / "postgres").stat().st_mode) == 0o700


def test_servers_do_not_run_as_root(running: Running) -> None:
    var, _ = running

    assert psutil.Process(postmaster(var)).uids().effective != 0
    assert psutil.Process(valkey_pid(var)).uids().effective != 0


def test_data_and_port_survive_stop_and_start(var: Path) -> None:
    first = cluster.ensure(var)
    remember(first)
    cluster.stop(var)
    assert not cluster.is_up(var)

    second = cluster.ensure(var)
    assert remembered(second) == [(7,)]
    assert second == first


def test_stop_leaves_no_process(var: Path) -> None:
    cluster.ensure(var)
    cluster.stop(var)

    assert process.working_in(var / "postgres/data", "postgres") == []
    assert process.working_in(var / "valkey", "valkey-server") == []


def test_committed_rows_survive_a_killed_postmaster(var: Path) -> None:
    remember(cluster.ensure(var))
    kill(postmaster(var))

    assert remembered(cluster.ensure(var)) == [(7,)]


def test_a_killed_broker_comes_back_on_its_port(var: Path) -> None:
    first = cluster.ensure(var)
    kill(valkey_pid(var))

    assert cluster.ensure(var) == first
    with redis.Redis.from_url(first.redis_url) as client:
        assert client.ping()


def test_a_stale_pid_of_somebody_else_is_neither_believed_nor_killed(var: Path) -> None:
    remember(cluster.ensure(var))
    lines = (var / "postgres/data/postmaster.pid").read_text().splitlines()
    cluster.stop(var)
    with subprocess.Popen(["/bin/sleep", "600"]) as stranger:
        stale = "\n".join([str(stranger.pid), *lines[1:]])
        (var / "postgres/data/postmaster.pid").write_text(stale)
        (var / "valkey/pid").write_text(f"{stranger.pid}\n")

        assert remembered(cluster.ensure(var)) == [(7,)]
        assert stranger.poll() is None
        stranger.kill()


def test_what_a_killed_initdb_left_is_made_again(var: Path) -> None:
    cluster.ensure(var, postgres=False)
    half_made = var / "postgres/data.new"
    half_made.mkdir(parents=True)
    (half_made / "PG_VERSION").write_text("18\n")

    assert query(cluster.ensure(var).database_url, "SELECT 1") == [(1,)]
    assert not half_made.exists()


def test_an_incomplete_database_is_named_and_left_alone(var: Path) -> None:
    damaged = var / "postgres/data"
    damaged.mkdir(parents=True)
    (damaged / "base").write_text("somebody's data")

    with pytest.raises(ServiceFailed, match=r"data is not a complete database .*Put a backup back"):
        cluster.ensure(var)
    assert (damaged / "base").read_text() == "somebody's data"


def test_lost_password_files_are_replaced_and_no_row_is_lost(var: Path) -> None:
    first = cluster.ensure(var)
    remember(first)
    shutil.rmtree(var / "secrets")

    second = cluster.ensure(var)
    assert remembered(second) == [(7,)]
    assert second.database_url != first.database_url


def test_an_unreadable_broker_dump_is_set_aside(var: Path) -> None:
    cluster.ensure(var, postgres=False)
    cluster.stop(var)
    (var / "valkey/dump.rdb").write_bytes(b"REDIS0011 torn")

    with redis.Redis.from_url(cluster.ensure(var, postgres=False).redis_url) as client:
        assert client.ping()
    assert (var / "valkey/dump.broken").exists()


def test_a_state_folder_deleted_beneath_running_services_starts_anew(var: Path) -> None:
    cluster.ensure(var)
    old = postmaster(var)
    shutil.rmtree(var)

    assert query(cluster.ensure(var).database_url, "SELECT 1") == [(1,)]
    assert process.working_folder(old) is None


def test_starters_at_the_same_time_share_one_cluster(var: Path) -> None:
    starters = [
        subprocess.Popen([sys.executable, "-c", ENSURE, str(var)], cwd=ROOT, stdout=subprocess.DEVNULL)
        for _ in range(3)
    ]

    assert [starter.wait(timeout=60) for starter in starters] == [0, 0, 0]
    postmasters = [
        pid
        for pid in process.working_in(var / "postgres/data", "postgres")
        if psutil.Process(psutil.Process(pid).ppid()).name() != "postgres"
    ]
    assert len(postmasters) == 1


def test_a_long_path_gets_a_socket_elsewhere(var: Path) -> None:
    deep = var / ("x" * LONGEST_SOCKET_FOLDER)
    try:
        addresses = cluster.ensure(deep, valkey=False)
        assert query(addresses.database_url, "SELECT 1") == [(1,)]
        socket = Postgres(Places(deep)).socket_folder()
        assert socket is not None
        assert stat.S_IMODE(socket.stat().st_mode) == 0o700
        assert len(str(socket)) < LONGEST_SOCKET_FOLDER
    finally:
        cluster.stop(deep)
        if socket is not None:
            shutil.rmtree(socket)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs servers under another account")
def test_a_folder_that_the_server_account_cannot_reach_is_linked_elsewhere(var: Path) -> None:
    var.parent.chmod(0o700)
    addresses = cluster.ensure(var)
    elsewhere = (var / "postgres").readlink()

    assert query(addresses.database_url, "SELECT 1") == [(1,)]
    assert elsewhere.is_relative_to(ELSEWHERE)
    cluster.stop(var)
    shutil.rmtree(elsewhere.parent)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs servers under another account")
def test_programs_that_the_server_account_cannot_reach_are_copied(var: Path) -> None:
    places = Places(var)
    places.make()
    account = places.account("valkey")
    assert account is not None
    server = places.make_server("valkey", account)
    hidden = var.parent / "environment"
    (hidden / "bin").mkdir(parents=True)
    (hidden / "bin/tool").write_text("#!/bin/sh\necho works\n")
    (hidden / "bin/tool").chmod(0o755)
    hidden.chmod(0o700)

    found = reachable_programs(hidden, server=server, account=account, names=("bin/tool",))

    assert process.run_as([found / "bin/tool"], folder=server, account=account).stdout == "works\n"


def test_temporary_services_end_with_their_killed_owner(tmp_path: Path) -> None:
    script = (
        "from oversight.embedded import cluster\n"
        "with cluster.temporary() as services:\n"
        "    print(services.var, flush=True)\n"
        "    input()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as owner:
        assert owner.stdout is not None
        folder = Path(owner.stdout.readline().strip())
        pids = [postmaster(folder), valkey_pid(folder)]
        owner.kill()
    assert any(not any(map(process.working_folder, pids)) for _ in process.deadline(20))
    shutil.rmtree(folder)


def test_a_clone_holds_what_its_template_held_and_nothing_flows_back() -> None:
    with cluster.temporary(valkey=False) as services:
        query(services.addresses.database_owner_url, "CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)")
        clone = services.clone("oversight", "copy")
        query(clone.database_owner_url, "DELETE FROM kept")

        assert query(services.addresses.database_owner_url, "SELECT n FROM kept") == [(7,)]
        assert query(clone.database_url, "SELECT current_database()") == [("copy",)]
        services.drop("copy")
        with pytest.raises(psycopg.OperationalError, match="does not exist"):
            query(clone.database_url, "SELECT 1")
