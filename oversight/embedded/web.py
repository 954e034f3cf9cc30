"""One web process: uvicorn on the socket that the supervisor opened, or on a port of its own.

uvicorn's own --fd takes every socket for a Unix one, and then leaves TCP_NODELAY off: 40 ms more for each request.
"""

from __future__ import annotations

import argparse
import os
import socket
import sys
from collections.abc import Sequence

import uvicorn

from oversight.embedded.programs import LISTENER


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m oversight.embedded.web", description=__doc__)
    parser.add_argument("application", help="module:attribute")
    parser.add_argument("--port", type=int, required=True, help=f"of 127.0.0.1, where {LISTENER} names no socket")
    parser.add_argument("--log-level", default="info")
    chosen = parser.parse_args(arguments)
    config = uvicorn.Config(
        chosen.application,
        host="127.0.0.1",
        port=chosen.port,
        lifespan="off",
        log_level=chosen.log_level,
        # Addresses in a query may hold what somebody searched for; they are not logged.
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=3,
        workers=1,
    )
    handed = os.environ.get(LISTENER)
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=int(handed))] if handed else None)


if __name__ == "__main__":
    main(sys.argv[1:])
