"""One 8 kB transcript a request, against a bare Django endpoint with one INSERT, in the same run.

Both have one web process on the same server program, the same database cluster (fsync on) and four connections.
"""

from __future__ import annotations

import http.client
import json
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import closing

import psycopg

from oversight.embedded import cluster
from tests.bench.bench_ingest import TEMPLATE, batches, durable_cluster, environment, manage
from tests.bench.web_process import running
from tests.browser.house import free_port

BARE = "tests.bench.bare:application"
N_PER_ROUND, N_ROUNDS, N_CONNECTIONS, N_WARM = 400, 3, 4, 20


class Sender:
    """Posts records one by one over some connections; keeps how long each took."""

    def __init__(self, url: str, path: str, headers: dict[str, str]) -> None:
        self._address, self._path = url.removeprefix("http://"), path
        self._headers = {"Content-Type": "application/json", **headers}
        self.took: list[float] = []

    def rate(self, records: list[bytes], n_connections: int) -> float:
        """Requests a second."""
        shares = [records[i::n_connections] for i in range(n_connections)]
        threads = [threading.Thread(target=self._send, args=(share,)) for share in shares]
        started = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return len(records) / (time.perf_counter() - started)

    def _send(self, records: list[bytes]) -> None:
        with closing(http.client.HTTPConnection(self._address, timeout=120)) as connection:
            for record in records:
                started = time.perf_counter()
                connection.request("POST", self._path, record, self._headers)
                answer = connection.getresponse()
                body = answer.read()
                assert answer.status == 201, body
                self.took.append(time.perf_counter() - started)


def main() -> list[str]:
    records = [raw for batch in batches() for raw in batch]
    with durable_cluster() as services:
        services.create(TEMPLATE)
        env = environment(services, TEMPLATE)
        manage(env, "migrate", "-v", "0")
        manage(env, "ensure_logins")
        with psycopg.connect(services.urls(TEMPLATE).database_owner_url) as connection:
            connection.execute("CREATE TABLE bench_texts (id uuid PRIMARY KEY, body text NOT NULL)")
            connection.execute("GRANT INSERT ON bench_texts TO PUBLIC")
        key = json.loads((services.var / "house" / "secrets" / "logins.json").read_text())["ingest_key"]
        rounds = list(_rounds(services, key, records))
    bare, ours = (statistics.median(rate for rate, _ in side) for side in zip(*rounds, strict=True))
    ratios = [our_rate / bare_rate for (bare_rate, _), (our_rate, _) in rounds]
    bare_ms, our_ms = (
        statistics.median(value for _, took in side for value in took) * 1e3 for side in zip(*rounds, strict=True)
    )
    return [
        f"{N_PER_ROUND} transcripts of 8 kB, {N_CONNECTIONS} connections, one web process, medians of {N_ROUNDS}",
        f"bare endpoint with one INSERT: {bare:,.0f}/s, median {bare_ms:.1f} ms",
        f"POST /api/v1/transcripts: {ours:,.0f}/s, median {our_ms:.1f} ms",
        f"ratio to the bare endpoint: {ours / bare:.2f} (by round: {', '.join(f'{r:.2f}' for r in ratios)})",
    ]


Measured = tuple[float, list[float]]


def _rounds(services: cluster.Temporary, key: str, records: list[bytes]) -> Iterator[tuple[Measured, Measured]]:
    bare_port, port = free_port(), free_port()
    with (
        running(environment(services, TEMPLATE, bare_port), bare_port, application=BARE) as bare,
        running(environment(services, TEMPLATE, port), port) as ours,
    ):
        senders = (
            Sender(bare, "/store", {}),
            Sender(ours, "/api/v1/transcripts", {"Authorization": f"Bearer {key}"}),
        )
        for sender in senders:
            sender.rate(records[:N_WARM], N_CONNECTIONS)
        for number in range(N_ROUNDS):
            at = N_WARM + number * N_PER_ROUND
            found = []
            for sender in senders:
                sender.took.clear()
                found.append((sender.rate(records[at : at + N_PER_ROUND], N_CONNECTIONS), list(sender.took)))
            yield found[0], found[1]


if __name__ == "__main__":
    print("\n".join(main()))
