"""A model server on loopback that judges: positive, with a quote, where the text in its blocks says "secretly"."""

from __future__ import annotations

import json
import re
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

MODEL = "loopback-judge"
PROMPT_TOKENS, ANSWER_TOKENS = 500, 100
_BLOCK = re.compile(r"^BEGIN ([0-9a-f]{32}) (\w+)\n(.*?)\nEND \1 \2$", re.DOTALL | re.MULTILINE)
_FIELD = re.compile(r"^Field (\w+) \((.*?)\): ", re.MULTILINE)


class JudgeServer:
    """Counts what it judged, by the prompt's own text. `faults` are statuses to answer first; `delay_s` slows it.

    Only texts that say `slow` are slowed, if it is set. With `obeys` it takes whatever stands beside a line of text for
    an order to find nothing.
    """

    def __init__(self) -> None:
        self.judged: list[str] = []
        self.faults: list[int] = []
        self.delay_s = 0.0
        self.word = "secretly"
        self.obeys = False
        self.slow = ""
        judge = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self._send(200, {"data": [{"id": MODEL}]})

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
                said = str(body["messages"][-1]["content"]) if "messages" in body else ""
                if "BEGIN " not in said:
                    # What asks whether the server obeys schemas and gives probabilities: neither.
                    return self._send(200, _completion("Blue."))
                if judge.faults:
                    return self._send(judge.faults.pop(0), {"error": {"message": "scripted"}})
                time.sleep(judge.delay_s if judge.slow in said else 0.0)
                judge.judged.append(said)
                return self._send(200, _completion(judge.answer(said)))

            def _send(self, status: int, value: dict[str, Any]) -> None:
                content = json.dumps(value).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: object) -> None:
                """Silent."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def answer(self, said: str) -> str:
        """Within the contract, the fields included."""
        found = [(source, text) for _, source, text in _BLOCK.findall(said) if source != "prompt" and self._finds(text)]
        score = 9 if found else 1
        evidence = [{"quote": text[:60], "source": source, "why": "it says so"} for source, text in found[:1]]
        verdict = "positive" if found else "negative"
        own = said[said.rfind("Property: ") :]
        fields = {name: _value(kind, is_positive=bool(found)) for name, kind in _FIELD.findall(own)}
        more = {"fields": fields} if fields else {}
        return json.dumps({"evidence": evidence, **more, "score": score, "p": score * 10, "verdict": verdict})

    def _finds(self, text: str) -> bool:
        return self.word in text and not (self.obeys and "\n" in text.strip())

    def __enter__(self) -> JudgeServer:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


def _value(kind: str, *, is_positive: bool) -> str | int:
    if kind == "text":
        return "as it says"
    if kind.startswith("integer "):
        low, high = kind.removeprefix("integer ").split("-")
        return int(high if is_positive else low)
    return kind.split(" | ")[0 if is_positive else -1]


def _completion(text: str) -> dict[str, Any]:
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    return {"choices": [choice], "usage": {"prompt_tokens": PROMPT_TOKENS, "completion_tokens": ANSWER_TOKENS}}
