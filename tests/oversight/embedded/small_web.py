"""A web process of the small house: it answers from the supervisor's socket with its own process id."""

from __future__ import annotations

import http.server
import os
import socket

from oversight.embedded.programs import LISTENER


class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(str(os.getpid()).encode())

    def log_message(self, *_: object) -> None:
        pass


def main() -> None:
    server = http.server.HTTPServer(("127.0.0.1", 0), Answer, bind_and_activate=False)
    server.socket = socket.socket(fileno=int(os.environ[LISTENER]))
    server.serve_forever()


if __name__ == "__main__":
    main()
