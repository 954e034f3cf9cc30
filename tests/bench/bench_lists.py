"""Every list page of a house with 200,000 transcripts: at the beginning, in the middle and at the end.

A real web process on a durable cluster answers a signed-in browser, over HTTP. Pages are walked by their own links from
the beginning and from 25, 50, 75 and 99 % of the way, to the end and back again. BENCH_TRANSCRIPTS sets another size.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape

import httpx
import psutil
import psycopg
from psycopg import sql

from tests.bench import large_house, web_process
from tests.bench.bench_ingest import durable_cluster, environment, manage
from tests.bench.web_process import signed_in, web_pid
from tests.browser.house import free_port

N = int(os.environ.get("BENCH_TRANSCRIPTS", "200000"))
LIMIT_MS = 80.0
DEPTHS = (0.25, 0.5, 0.75, 0.99)
STEPS = 4
REQUESTS = 40
# A backend tells its counts ten seconds after it fell idle.
STATISTICS_S = 11.0
# A loop of so many additions tells how fast the machine is at the moment: 10 ms or so where nobody else works.
LOOP = 250_000

AT_SQL = "(extract(epoch FROM {at}) * 1000000)::bigint"
TRACES = f"""SELECT 'older=' || {AT_SQL.format(at="received_at")} || '-' || replace(id::text, '-', '')
             FROM transcripts_transcript ORDER BY received_at DESC, id DESC"""
OPEN = "SELECT 'older=' || place || '-' || id FROM review_reviewitem WHERE state = 'open' ORDER BY place DESC, id"
DECIDED = f"""SELECT 'older=' || {AT_SQL.format(at="decided_at")} || '-' || id
              FROM review_reviewitem WHERE state = 'decided' ORDER BY decided_at DESC, id DESC"""
EVENTS = "SELECT 'before=' || id FROM audit_event ORDER BY id DESC"
DELIVERIES = "SELECT 'before=' || id FROM alerts_delivery ORDER BY id DESC"
SCORES = f"""SELECT 'older=' || {AT_SQL.format(at="at")} || '-' || id FROM monitoring_score ORDER BY at DESC, id DESC"""


@dataclass(frozen=True, slots=True)
class Pages:
    """One kind of page. `places` is a query for the keys of its rows in order: none where there is one page only."""

    name: str
    path: str
    places: str = ""
    shows_snippets: bool = False


def kinds(connection: psycopg.Connection[tuple[object, ...]]) -> tuple[Pages, ...]:
    """All of them, with an object, a deployment and a monitor of this house."""
    (middle,) = _one(
        connection,
        "SELECT id FROM transcripts_transcript ORDER BY id"
        " OFFSET (SELECT count(*) / 2 FROM transcripts_transcript) LIMIT 1",
    )
    (external,) = _one(connection, f"SELECT external_id FROM transcripts_transcript WHERE id = '{middle}'")
    (deployment,) = _one(connection, "SELECT min(id) FROM monitoring_deployment")
    (run,) = _one(connection, "SELECT min(id) FROM transcripts_modelrun WHERE model = 'lab/seldom'")
    (endpoint,) = _one(connection, "SELECT min(id) FROM alerts_endpoint")
    (since, until) = _one(
        connection,
        "SELECT to_char(min(at) + (max(at) - min(at)) * 0.4, 'YYYY-MM-DD HH24:MI'),"
        " to_char(min(at) + (max(at) - min(at)) * 0.6, 'YYYY-MM-DD HH24:MI') FROM audit_event",
    )
    return (
        Pages("traces", "/traces/?", TRACES),
        Pages("traces, a model", "/traces/?model=lab/model-3", TRACES),
        Pages("traces, a rare model", "/traces/?model=lab/seldom", TRACES),
        Pages("traces, raw", "/traces/?visibility=raw", TRACES),
        Pages("traces, rare visibility", "/traces/?visibility=redacted", TRACES),
        Pages("traces, no reasoning", "/traces/?visibility=none", TRACES),
        Pages("traces, none such", "/traces/?visibility=omitted", TRACES),
        Pages("traces, flagged", "/traces/?flagged=1", TRACES),
        Pages("traces, rare model, flagged", "/traces/?model=lab/seldom&flagged=1", TRACES),
        Pages("traces, rare and flagged", "/traces/?visibility=redacted&flagged=1", TRACES),
        Pages("traces, external id", f"/traces/?id={external}"),
        Pages("review, open", "/review/?", OPEN, True),
        Pages("review, open, a monitor", "/review/?monitor=byte_channels", OPEN, True),
        Pages("review, open, no such flag", "/review/?monitor=lm_surprisal", OPEN, True),
        Pages("review, open, a score", "/review/?score=4", OPEN, True),
        Pages("review, open, a rare run", f"/review/?run={run}", OPEN, True),
        Pages("review, open, overdue", "/review/?due=overdue", OPEN, True),
        Pages("review, open, due ahead", "/review/?due=ahead", OPEN, True),
        Pages("review, open, assigned", "/review/?assignee=me", OPEN, True),
        Pages("review, open, the audit sample", "/review/?stream=audit", OPEN, True),
        Pages("review, snoozed", "/review/?state=snoozed", "", True),
        Pages("review, mine", "/review/?state=mine", OPEN, True),
        Pages("review, decided", "/review/?state=decided", DECIDED, True),
        Pages("review, decided, a monitor", "/review/?state=decided&monitor=answer_consistency", DECIDED, True),
        Pages("audit", "/audit/?", EVENTS),
        Pages("audit, an action", "/audit/?action=transcript.flagged", EVENTS),
        Pages("audit, a rare action", "/audit/?action=session.signed_in", EVENTS),
        Pages("audit, an action that never was", "/audit/?action=rule.changed", EVENTS),
        Pages("audit, a worker", "/audit/?actor=worker:monitoring", EVENTS),
        Pages("audit, a person", "/audit/?actor=admin@oversight.local", EVENTS),
        Pages("audit, a person's rare action", "/audit/?actor=admin@oversight.local&action=session.signed_in", EVENTS),
        Pages("audit, a transcript", f"/audit/?object=transcript:{middle}"),
        Pages("audit, a deployment", "/audit/?object=deployment:1", EVENTS),
        Pages("audit, a stretch of time", f"/audit/?from={since}&to={until}", EVENTS),
        Pages("history of a transcript", f"/traces/{middle}/history"),
        Pages("deliveries", "/alerts/deliveries/?", DELIVERIES),
        Pages("deliveries, failed", "/alerts/deliveries/?state=dead", DELIVERIES),
        Pages("deliveries, pending", "/alerts/deliveries/?state=pending", DELIVERIES),
        Pages("deliveries, an endpoint", f"/alerts/deliveries/?endpoint={endpoint}", DELIVERIES),
        Pages("deliveries, an endpoint, failed", f"/alerts/deliveries/?endpoint={endpoint}&state=dead", DELIVERIES),
        Pages("alerts", "/alerts/"),
        Pages("measurements", "/overview/scores?", SCORES),
        Pages("measurements, flagged", "/overview/scores?state=flagged", SCORES),
        Pages("measurements, unscored", "/overview/scores?state=unscored", SCORES),
        Pages("measurements, partial", "/overview/scores?state=partial", SCORES),
        Pages("measurements, a reason", "/overview/scores?state=unscored&reason=refused", SCORES),
        Pages("measurements, a monitor, a day", "/overview/scores?monitor=byte_channels&period=day", SCORES),
        Pages("measurements, a week, partial", "/overview/scores?state=partial&period=week", SCORES),
        Pages("overview", "/overview/?period=all"),
        Pages("overview, a day", "/overview/?period=day"),
        Pages("monitors", "/monitors/"),
        Pages("a deployment", f"/monitors/{deployment}/"),
        Pages("strip of work", "/progress"),
        Pages("feed", "/live/feed?after=0-0"),
        Pages("health", "/admin/"),
        Pages("members", "/admin/members/"),
        Pages("keys", "/admin/keys/"),
    )


def main() -> list[str]:
    with durable_cluster() as services:
        services.create("bench")
        port = free_port()
        env = environment(services, "bench", port) | {"DATABASE_POOL": "1"}
        manage(env, "migrate", "-v", "0")
        started = time.perf_counter()
        large_house.fill(env, N)
        filled = f"{N:,} transcripts with scores, items, deliveries and events, filled in"
        with web_process.running(env, port) as url:
            return [f"{filled} {time.perf_counter() - started:.0f} s", *walked(env, url)]


def walked(env: dict[str, str], url: str, only: str = "") -> list[str]:
    """The figures of every kind whose name begins so."""
    web = web_pid(int(url.rpartition(":")[2]))
    with (
        psycopg.connect(env["DATABASE_OWNER_URL"], autocommit=True) as connection,
        signed_in(env, url, "admin") as client,
    ):
        chosen = [pages for pages in kinds(connection) if pages.name.startswith(only)]
        lines: list[str] = []
        for shows_snippets in (False, True):
            before = _body_reads(connection)
            of_kind = [pages for pages in chosen if pages.shows_snippets == shows_snippets]
            lines += [_measured(client, connection, pages, web) for pages in of_kind]
            time.sleep(STATISTICS_S)
            read = _body_reads(connection) - before
            lines.append(f"{'with' if shows_snippets else 'without'} snippets: {read} reads of body tables")
    n_over = sum("OVER" in line for line in lines)
    return [*lines, f"limit: p95 of {LIMIT_MS:.0f} ms; over it: {n_over} of {len(chosen)} kinds"]


def _measured(client: httpx.Client, connection: psycopg.Connection[tuple[object, ...]], pages: Pages, web: int) -> str:
    """`work` is the mean CPU time of the web process and its database sessions: what no busy neighbour changes."""
    started = time.perf_counter()
    first = client.get(pages.path)
    cold_ms = (time.perf_counter() - started) * 1e3
    assert first.status_code == 200, (pages, first.status_code)
    starts = [pages.path, *(_joined(pages.path, place) for place in _places(connection, pages))]
    times: list[float] = []
    loops = [_loop_ms() for _ in range(5)]
    pids = [web, *_backends(connection)]
    worked_s = _cpu_s(pids)
    while len(times) < REQUESTS:
        for start in starts:
            times += _walk(client, start)
    work_ms = (_cpu_s(pids) - worked_s) / len(times) * 1e3
    p50, p95 = _percentile(times, 0.5), _percentile(times, 0.95)
    verdict = "PASS" if p95 < LIMIT_MS else "OVER"
    return (
        f"{verdict} {pages.name:32} p50 {p50:6.1f} ms  p95 {p95:6.1f} ms  most {max(times):6.1f} ms  n {len(times):3}"
        f"  work {work_ms:5.1f} ms  first look {cold_ms:6.1f} ms  loop {sorted(loops)[2]:4.1f} ms"
    )


def _walk(client: httpx.Client, start: str) -> Iterator[float]:
    """Some pages on from here, and back again."""
    path: str | None = start
    for rel in ["next"] * STEPS + ["prev"] * STEPS:
        began = time.perf_counter()
        answer = client.get(path or start)
        yield (time.perf_counter() - began) * 1e3
        assert answer.status_code == 200, (path, answer.status_code)
        path = _link(answer, rel) or _link(answer, "next" if rel == "prev" else "prev")
        if path is None:
            return


def _link(answer: httpx.Response, rel: str) -> str | None:
    found = re.search(rf'rel="{rel}" href="([^"]*)"', answer.text)
    return str(answer.url.join(unescape(found[1]))) if found else None


def _backends(connection: psycopg.Connection[tuple[object, ...]]) -> list[int]:
    query = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    return [int(str(pid)) for (pid,) in connection.execute(query)]


def _loop_ms() -> float:
    started = time.perf_counter()
    for number in range(LOOP):
        _ = number + number
    return (time.perf_counter() - started) * 1e3


def _cpu_s(pids: list[int]) -> float:
    times = [psutil.Process(pid).cpu_times() for pid in pids if psutil.pid_exists(pid)]
    return sum(one.user + one.system for one in times)


def _joined(path: str, place: str) -> str:
    return f"{path}{'' if path.endswith('?') else '&'}{place}"


def _places(connection: psycopg.Connection[tuple[object, ...]], pages: Pages) -> list[str]:
    """Keys at some depths, and the last but a few: what a link of that page would hold."""
    if not pages.places:
        return []
    (n,) = _one(connection, f"SELECT count(*) FROM ({pages.places}) found")
    ranks = [int(int(str(n)) * depth) for depth in DEPTHS] + [int(str(n)) - 3]
    return [str(_one(connection, f"{pages.places} OFFSET {max(0, rank)} LIMIT 1")[0]) for rank in ranks]


def _body_reads(connection: psycopg.Connection[tuple[object, ...]]) -> int:
    """Scans of every table that holds texts or payloads, its partitions included."""
    query = """SELECT coalesce(sum(seq_scan + coalesce(idx_scan, 0)), 0) FROM pg_stat_user_tables
               WHERE relname LIKE 'transcripts_message%' OR relname LIKE 'transcripts_rawpayload%'"""
    return int(str(_one(connection, query)[0]))


def _one(connection: psycopg.Connection[tuple[object, ...]], query: str) -> tuple[object, ...]:
    row = connection.execute(sql.SQL(query)).fetchone()
    assert row is not None, query
    return row


def _percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]
