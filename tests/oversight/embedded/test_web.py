"""The web process on the supervisor's socket."""

from __future__ import annotations

import os
import subprocess
import sys

import httpx

from oversight.embedded.occupancy import listener
from oversight.embedded.programs import LISTENER
from tests.oversight.embedded.runs import PATIENCE_S

APPLICATION = "tests.oversight.embedded.small_app:application"


def test_a_connection_of_the_inherited_socket_sends_at_once(port: int) -> None:
    with listener(port) as shared:
        number = shared.fileno()
        command = [sys.executable, "-m", "oversight.embedded.web", APPLICATION, "--port", str(port)]
        web = subprocess.Popen(command, env=os.environ | {LISTENER: str(number)}, pass_fds=(number,))
        try:
            # Of a socket that is taken for a Unix one it would be off.
            assert httpx.get(f"http://127.0.0.1:{port}/", timeout=PATIENCE_S).text == "1"
        finally:
            web.terminate()
            web.wait()
