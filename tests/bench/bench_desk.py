"""The review desk with 100,000 open items: its queue pages, a verdict on 200 open pages, and eight eager claimers.

First the kinds of queue pages, over HTTP, at many depths. Then what `bench live` measures, in this full house. Last
eight reviewers claim 500 items each at once: none may be claimed twice. Run it on a calm machine.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

import psycopg

from tests.bench import bench_lists, bench_live, large_house, web_process
from tests.bench.bench_ingest import durable_cluster, environment, manage
from tests.browser.house import free_port

N = int(os.environ.get("BENCH_ITEMS", "100000"))
LIMIT_PAGE_MS = 100.0
# Every transcript that no monitor flagged gets a flag and an open item; of twenty, one is of the audit sample.
OPEN_SQL = """
UPDATE review_reviewitem SET state = 'open', decided_at = NULL WHERE id NOT IN (SELECT item_id FROM review_verdict);
UPDATE monitoring_score s SET flagged = true, value = 0.4,
    evidence = coalesce((SELECT evidence FROM monitoring_score WHERE flagged AND evidence <> '[]' LIMIT 1), s.evidence)
FROM (SELECT DISTINCT ON (transcript_id) id FROM monitoring_score
      WHERE transcript_id NOT IN (SELECT transcript_id FROM review_reviewitem) ORDER BY transcript_id, id) one
WHERE one.id = s.id AND s.value IS NOT NULL;
INSERT INTO review_reviewitem (queue_id, project_id, transcript_id, stream, inclusion_prob, policy_version, required,
    priority, place, state, created_at, due_at)
SELECT q.id, t.project_id, t.id, CASE WHEN t.number % 20 = 0 THEN 'audit' ELSE 'triage' END, 1, 1, 1,
       CASE WHEN t.number % 20 = 0 THEN 0 ELSE 0.4 END, 0.3 + (t.number % 1999) / 10000.0, 'open', t.received_at,
       t.received_at + interval '1 day'
FROM (SELECT *, row_number() OVER (ORDER BY id) AS number FROM transcripts_transcript) t
JOIN review_queue q ON q.project_id = t.project_id
WHERE NOT EXISTS (SELECT FROM review_reviewitem i WHERE i.transcript_id = t.id);
UPDATE review_reviewitem SET assignee_id = (SELECT min(id) FROM accounts_user) WHERE id % 500 = 0 AND state = 'open';
UPDATE review_reviewitem SET snoozed_until = now() + interval '4 h' WHERE id % 400 = 0 AND state = 'open';
"""


def main() -> list[str]:
    with durable_cluster() as services:
        services.create("bench")
        port = free_port()
        env = environment(services, "bench", port) | {"DATABASE_POOL": "1"}
        manage(env, "migrate", "-v", "0")
        large_house.fill(env, round(N * 1.04))
        n_open = _open_all(env)
        # One process, since beside the time stands its work.
        with web_process.running(env, port) as url:
            lines = [f"{n_open:,} open items", *bench_lists.walked(env, url, "review")]
        with web_process.running(env, port, n_web=bench_live.N_WEB) as url:
            live = bench_live.measured(env, url)
        claims = _claims(env)
    over = [line for line in lines if (ms := re.search(r"p95 +([0-9.]+)", line)) and float(ms[1]) >= LIMIT_PAGE_MS]
    return [*lines, f"queue pages over {LIMIT_PAGE_MS:.0f} ms at p95: {len(over)}", *live, claims]


def _claims(env: dict[str, str]) -> str:
    command = [sys.executable, "-m", "tests.bench.claimers"]
    settings = {**env, "DJANGO_SETTINGS_MODULE": "oversight.settings"}
    said = subprocess.run(command, env=settings, capture_output=True, text=True, check=True).stdout
    found = json.loads(said.splitlines()[-1])
    verdict = "PASS" if not found["n_twice"] else "OVER"
    return (
        f"{verdict} 8 claimers x 500 items: {found['n']} claimed, {found['n_twice']} twice,"
        f" p50 {found['p50_ms']:.0f} ms  p95 {found['p95_ms']:.0f} ms, {found['n'] / found['seconds']:.0f} a second"
    )


def _open_all(env: dict[str, str]) -> int:
    with psycopg.connect(env["DATABASE_OWNER_URL"], autocommit=True) as connection:
        for statement in filter(str.strip, OPEN_SQL.split(";\n")):
            connection.execute(statement)
        connection.execute("VACUUM ANALYZE")
        row = connection.execute("SELECT count(*) FROM review_reviewitem WHERE state = 'open'").fetchone()
    return int(row[0]) if row else 0
