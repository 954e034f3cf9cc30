"""Web processes as `make run` starts them, their process id, and a signed-in session over HTTP."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil

from oversight.embedded import occupancy, programs
from tests.browser.house import eventually


@contextmanager
def running(
    env: dict[str, str], port: int, *, n_web: int = 1, application: str = "oversight.asgi:application"
) -> Iterator[str]:
    """The house's own web processes on one socket, as the supervisor starts them; the address where they answer."""
    var = Path(env["VAR_DIR"])
    (var / "static").mkdir(parents=True, exist_ok=True)
    house = programs.oversight(var, port=port, n_web=n_web)
    programs_of_web = [program for program in (house.web, *house.services) if program.accepts]
    with occupancy.listener(port) as shared:
        processes = [_start(program, env, shared.fileno(), application) for program in programs_of_web]
    url = f"http://127.0.0.1:{port}"
    try:
        eventually(lambda: _answers(url), within_s=120, what="the web process")
        yield url
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait()


def _start(program: programs.Program, env: dict[str, str], listener: int, application: str) -> subprocess.Popen[bytes]:
    command = [application if word == "oversight.asgi:application" else word for word in program.arguments]
    environment = {**env, **program.environment, programs.LISTENER: str(listener)}
    return subprocess.Popen([*command, "--log-level", "error"], env=environment, pass_fds=(listener,))


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz", timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


def web_pid(port: int) -> int:
    """The process of ours that listens there."""
    for child in psutil.Process().children(recursive=True):
        if any(c.laddr and c.laddr.port == port and c.status == "LISTEN" for c in child.net_connections("tcp")):
            return int(child.pid)
    raise AssertionError("no web process listens")


@contextmanager
def signed_in(env: dict[str, str], url: str, role: str) -> Iterator[httpx.Client]:
    """A client with the session of one of the first logins."""
    user = json.loads((Path(env["VAR_DIR"]) / "secrets" / "logins.json").read_text())["users"][role]
    with httpx.Client(base_url=url, timeout=60, headers={"Origin": url}) as client:
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', client.get("/login/").text)
        assert token, "the login page has no form"
        form = {"csrfmiddlewaretoken": token[1], "email": user["email"], "password": user["password"]}
        assert client.post("/login/", data=form).status_code == 302, "the login was refused"
        yield client
