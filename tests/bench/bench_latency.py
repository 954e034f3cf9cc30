"""From the commit of a flagged transcript to its id in an open browser's socket, on a whole house."""

from __future__ import annotations

import asyncio
import json
import os
import re
import statistics
import tempfile
import time
from pathlib import Path

import httpx
import websockets

from oversight.embedded import cluster
from tests.browser.house import House, environment_for, free_port
from tests.factories_native import native

N = 40
HIDDEN = "".join(chr(0xE0000 + ord(c)) for c in "meet at noon")


def main() -> list[str]:
    with cluster.temporary() as services, tempfile.TemporaryDirectory() as folder:
        addresses, port = services.create("bench"), free_port()
        base = {
            **os.environ,
            "DATABASE_URL": addresses.database_url,
            "DATABASE_OWNER_URL": addresses.database_owner_url,
            "REDIS_URL": addresses.redis_url,
        }
        house = House(environment_for(base, var=Path(folder), port=port), Path(folder), port)
        try:
            house.manage("migrate", "-v", "0")
            house.open()
            post_s, live_s = asyncio.run(_measure(house))
        finally:
            house.close()
    return [
        f"POST answered (committed): {_summary(post_s)}",
        f"from there until monitored, flagged, queued and in the browser's socket: {_summary(live_s)}; n = {N}",
        f"ratio to the POST itself: {statistics.median(live_s) / statistics.median(post_s):.1f}",
    ]


def _summary(values: list[float]) -> str:
    return f"median {statistics.median(values) * 1e3:.0f} ms, p95 {_p95(values) * 1e3:.0f} ms"


def _p95(values: list[float]) -> float:
    return sorted(values)[int(0.95 * (len(values) - 1))]


async def _measure(house: House) -> tuple[list[float], list[float]]:
    cookies = _sign_in(house)
    headers = {"Cookie": "; ".join(f"{k}={v}" for k, v in cookies.items()), "Origin": house.url}
    socket_url = house.url.replace("http", "ws", 1) + "/ws/live/"
    post_s, live_s = [], []
    async with (
        websockets.connect(socket_url, additional_headers=headers) as socket,
        httpx.AsyncClient(timeout=30) as client,
    ):
        for index in range(N + 3):
            posted, seen = await _one(house, client, socket)
            if index >= 3:  # the first ones warm the processes up
                post_s.append(posted)
                live_s.append(seen)
    return post_s, live_s


async def _one(house: House, client: httpx.AsyncClient, socket: websockets.ClientConnection) -> tuple[float, float]:
    started = time.perf_counter()
    answer = await client.post(
        f"{house.url}/api/v1/transcripts",
        json=native(reasoning=f"First a step.{HIDDEN} Then another."),
        headers={"Authorization": f"Bearer {house.logins['ingest_key']}"},
    )
    answered = time.perf_counter()
    subject = f"transcript:{answer.json()['id']}"
    while True:
        frame = json.loads(await asyncio.wait_for(socket.recv(), 30))
        if frame["type"] == "events":
            await socket.send(json.dumps({"type": "ack", "cursor": frame["cursor"]}))
        for event in frame.get("events", ()):
            if event["action"] == "item.queued" and subject in event["subjects"]:
                return answered - started, time.perf_counter() - answered


def _sign_in(house: House) -> dict[str, str]:
    user = house.logins["users"]["reviewer"]
    with httpx.Client(base_url=house.url, follow_redirects=True) as client:
        page = client.get("/login/").text
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        if token is None:
            raise RuntimeError("the login page has no form")
        names = re.findall(
            r'<input[^>]*type="(?:email|text|password)"[^>]*name="([^"]+)"|name="([^"]+)"[^>]*type="password"', page
        )
        fields = [a or b for a, b in names]
        client.post(
            "/login/",
            data={"csrfmiddlewaretoken": token[1], fields[0]: user["email"], fields[1]: user["password"]},
            headers={"Origin": house.url},
        )
        return dict(client.cookies)
