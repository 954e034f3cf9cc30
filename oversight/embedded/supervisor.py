"""Start the whole house in order, keep it up, and end it in order: what `make run` runs."""

from __future__ import annotations

import http.client
import signal
import socket
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from oversight.embedded import cluster, leftovers
from oversight.embedded.child import Child
from oversight.embedded.errors import ServiceFailed
from oversight.embedded.model_step import ModelStep
from oversight.embedded.occupancy import listener, occupy
from oversight.embedded.places import Places
from oversight.embedded.programs import LISTENER, House, Program

WEB_START_S = 120.0
# SIGTERM lets a worker finish what it has in hand; leases bring back what it does not finish in that time.
STOP_S = 6.0
# The first flags should be on screen before pip takes the disk and a core.
SEED_FIRST_S = 30.0
TICK_S = 0.1


class Stopped(Exception):
    """Ctrl-C or SIGTERM arrived."""


class Supervisor:
    """The running house of one state folder."""

    def __init__(
        self,
        house: House,
        var: Path,
        *,
        port: int,
        environment: Mapping[str, str],
        say: Callable[[str], None],
    ) -> None:
        self._places = Places(var.absolute())
        self._port = port
        self._say = say
        self._url = f"http://127.0.0.1:{port}"
        self._environment = {"PUBLIC_URL": self._url, **environment, "VAR_DIR": str(self._places.var)}
        self._postgres = not (environment.get("DATABASE_URL") or environment.get("DATABASE_OWNER_URL"))
        self._valkey = not environment.get("REDIS_URL")
        self._listener: socket.socket | None = None
        self._services: list[Child] = []
        self._seed: Child | None = None
        self._seed_began = 0.0
        self._stops_asked = 0
        self._house = house
        self._models = ModelStep(
            house=house,
            child=self._child,
            started=self._services.append,
            say=say,
        )

    def run(self) -> None:
        """Until Ctrl-C or SIGTERM."""
        self._places.make()
        with occupy(self._places.run / "supervisor.lock", self._url):
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, self._ask_to_stop)
            try:
                self._start()
                self._watch()
            except Stopped:
                self._say("stopping")
            finally:
                self._end()
        self._say(f"everything has stopped; what you did is kept in {self._places.var}")

    def _start(self) -> None:
        found = leftovers.find(self._places.var)
        if found:
            self._say(f"an earlier run was killed; ending what it left ({len(found)} processes)")
            leftovers.end(found)
        self._listener = listener(self._port)
        self._start_servers()
        self._models.announce()
        for program, told in self._house.prepare:
            self._once(program, told)
        # Web first and alone: five programs that start at once on two cores would keep people waiting for all of them.
        self._start_service(self._house.web)
        self._wait_for_web(self._services[0])
        self._say("web is up; workers are starting")
        for program in self._house.services:
            self._start_service(program)
        self._tell_where()

    def _start_service(self, program: Program) -> None:
        child = self._child(program)
        self._services.append(child)
        child.start()

    def _start_servers(self) -> None:
        if self._postgres or self._valkey:
            cluster.ensure(self._places.var, postgres=self._postgres, valkey=self._valkey)
        self._say("PostgreSQL is up" if self._postgres else "using the PostgreSQL of DATABASE_URL")
        self._say("Valkey is up" if self._valkey else "using the broker of REDIS_URL")

    def _once(self, program: Program, told: str) -> None:
        """Run a program to its end; its failure is ours."""
        child = self._child(program)
        child.start()
        try:
            while (status := child.ended()) is None:
                self._pause()
        finally:
            child.kill()
        if status != 0:
            raise ServiceFailed(
                f"{program.name} failed ({_fate(status)}); {child.log} ends with:\n{child.last_lines()}"
            )
        self._say(told)

    def _wait_for_web(self, web: Child) -> None:
        until = time.monotonic() + WEB_START_S
        while not _answers(self._port):
            status = web.ended()
            if status is not None or time.monotonic() > until:
                fate = "gave no answer" if status is None else _fate(status)
                raise ServiceFailed(f"the web process did not start ({fate}); {web.log} ends with:\n{web.last_lines()}")
            self._pause()

    def _tell_where(self) -> None:
        logins = self._places.secrets / "logins"
        self._say(f"Oversight is at {self._environment['PUBLIC_URL']}")
        if logins.exists():
            self._say(f"Logins, also in {logins}:")
            for line in logins.read_text().splitlines():
                self._say(f"    {line}")
        self._say("Ctrl-C stops everything")

    def _watch(self) -> None:
        self._start_seed()
        next_look = 0.0
        while True:
            self._pause()
            self._restart_fallen()
            self._reap_seed()
            self._models.advance(may_install=self._seed is None or time.monotonic() - self._seed_began > SEED_FIRST_S)
            if time.monotonic() > next_look:
                next_look = time.monotonic() + 1
                self._mend_servers()

    def _start_seed(self) -> None:
        if (self._places.var / "demo-seeded").exists() or self._environment.get("DEMO", "1") == "0":
            return
        self._say("sending the demo transcripts through the API (once)")
        self._seed, self._seed_began = self._child(self._house.seed), time.monotonic()
        self._seed.start()

    def _reap_seed(self) -> None:
        if self._seed is None or (status := self._seed.ended()) is None:
            return
        self._say("the demo transcripts are in" if status == 0 else f"the demo was not sent; see {self._seed.log}")
        self._seed.kill()
        self._seed = None

    def _restart_fallen(self) -> None:
        for child in self._services:
            if (status := child.ended()) is not None:
                pause_s = child.rest()
                self._say(f"{child.program.name} ended ({_fate(status)}); again in {pause_s:.0f} s; see {child.log}")
            elif child.is_due():
                child.start()

    def _mend_servers(self) -> None:
        if not cluster.is_up(self._places.var, postgres=self._postgres, valkey=self._valkey):
            self._say("the database or the broker is gone; starting it again")
            cluster.ensure(self._places.var, postgres=self._postgres, valkey=self._valkey)

    def _end(self) -> None:
        if self._listener is not None:
            self._listener.close()
        children = [child for child in (self._seed, self._models.installing, *self._services) if child is not None]
        for child in children:
            child.signal(signal.SIGTERM)
        self._wait_for_ends(children, STOP_S)
        for child in children:
            child.kill()
        if self._postgres or self._valkey:
            cluster.stop(self._places.var)

    def _wait_for_ends(self, children: list[Child], patience_s: float) -> None:
        until = time.monotonic() + patience_s
        # A second Ctrl-C means: do not wait.
        while time.monotonic() < until and self._stops_asked < 2:
            if all(child.pid is None or child.ended() is not None for child in children):
                return
            time.sleep(TICK_S)

    def _ask_to_stop(self, *_: object) -> None:
        self._stops_asked += 1

    def _pause(self) -> None:
        time.sleep(TICK_S)
        if self._stops_asked:
            raise Stopped

    def _child(self, program: Program) -> Child:
        accepts = self._listener if program.accepts else None
        handed = {LISTENER: accepts.fileno()} if accepts else {}
        return Child(program, var=self._places.var, environment=self._environment, handed=handed)


def _fate(status: int) -> str:
    return f"exit status {status}" if status >= 0 else f"killed by {signal.Signals(-status).name}"


def _answers(port: int) -> bool:
    """Any answer will do: what it says about the whole house is 'not ok' until the workers have started.

    The port takes connections before web does, so that none may be waited for long.
    """
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
    try:
        connection.request("GET", "/healthz")
        connection.getresponse()
        return True
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
