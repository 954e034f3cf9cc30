"""A large house: hundreds of thousands of transcripts with scores, review items, deliveries and a ledger.

Forty transcripts are stored by the product itself; the rest are copies of their rows, made inside PostgreSQL in two
minutes, with keys, times and states of their own. Rare kinds stand among the oldest rows, where a list has to look the
longest for them.
"""

from __future__ import annotations

import json
import random
import tempfile
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from tests.bench.bench_ingest import manage
from tests.factories_native import native

ROOT = Path(__file__).resolve().parents[2]
N_TEMPLATES = 40
# Per copy: what its transcript has. `n` counts from the oldest.
COPIES_SQL = """
CREATE UNLOGGED TABLE bench_copy AS
SELECT n, t.id AS template, t.payload_sha256 AS template_sha256,
       uuidv7(-(%(n)s - n) * interval '20 s') AS id,
       now() - (%(n)s - n) * interval '20 s' AS at,
       date_trunc('month', (now() - (%(n)s - n) * interval '20 s') AT TIME ZONE 'UTC')::date AS month,
       sha256(convert_to('bench ' || n, 'UTF8')) AS sha256,
       CASE WHEN n %% 10 = 3 THEN 0.5 + (n %% 4999) / 10000.0 END AS flag
FROM generate_series(1, %(n)s) AS n
JOIN (SELECT *, row_number() OVER (ORDER BY id) - 1 AS number FROM transcripts_transcript) t
  ON t.number = n %% %(templates)s;
CREATE INDEX ON bench_copy (template);
CREATE INDEX ON bench_copy (id);
ANALYZE bench_copy;
"""
MODEL_RUNS_SQL = """
INSERT INTO transcripts_modelrun (project_id, model, checkpoint, name, created_at)
SELECT %(project)s, 'lab/model-' || m, 'step-' || c, 'eval-' || r, now()
FROM generate_series(0, 19) m, generate_series(0, 4) c, generate_series(0, 4) r
UNION ALL SELECT %(project)s, 'lab/seldom', 'step-0', 'eval-' || r, now() FROM generate_series(0, 1) r
"""
# What a column of a copy gets in place of its template's; columns that a table does not have do not count.
HEADS = {
    "id": "c.id",
    "external_id": "'eval-' || c.n % 25 || '/sample-' || c.n",
    "payload_sha256": "c.sha256",
    "received_at": "c.at",
    "batch_id": "md5('batch ' || c.n / 100)::uuid",
    "visibility": """CASE WHEN c.n < 4000 AND c.n % 20 = 1 THEN 'redacted' WHEN c.n % 100 = 7 THEN 'encrypted'
                     WHEN c.n % 20 = 5 THEN 'summary' WHEN c.n % 25 = 6 THEN '' ELSE 'raw' END""",
    "model_run_id": """(SELECT min(id) FROM transcripts_modelrun WHERE model LIKE 'lab/%')
                       + CASE WHEN c.n < 2000 AND c.n % 10 = 0 THEN 500 + c.n / 10 % 2 ELSE c.n / 7 % 500 END""",
    "planted": "false",
}
PAYLOADS = {"sha256": "c.sha256", "month": "c.month", "received_at": "c.at"}
BODIES = {"transcript_id": "c.id", "month": "c.month"}
RUNS_SQL = """
INSERT INTO monitoring_monitorrun (transcript_id, deployment_id, run_no, state, stage, queue, attempt, run_at,
    leased_by, error, created_at, finished_at)
SELECT c.id, d.id, 1, CASE WHEN n %% 1000 = 9 THEN 'failed' WHEN n > %(n)s - 60 THEN 'queued' ELSE 'done' END, d.stage,
       'cpu', 1, c.at, '', '', c.at, c.at + interval '2 s'
FROM bench_copy c, monitoring_deployment d WHERE d.project_id = %(project)s ORDER BY n
"""
SCORES_SQL = """
INSERT INTO monitoring_score (run_id, transcript_id, deployment_id, attempt, monitor, version, params_digest, state,
    reason, value, coverage, threshold, flagged, evidence, channels, measures, at, unit, rationale, judge,
    prompt_sha256, cost)
SELECT r.id, c.id, d.id, 1, d.monitor, d.version, d.params_digest, s.state, s.reason, s.value, 1, d.threshold,
       s.flagged,
       CASE WHEN s.flagged THEN '[{"part": 1, "start": 10, "end": 40, "quote": "q", "note": "n"}]' ELSE '[]' END::jsonb,
       '{}', '{}', r.finished_at, '', '', '', '', '{}'
FROM monitoring_monitorrun r JOIN bench_copy c ON c.id = r.transcript_id
JOIN (SELECT *, row_number() OVER (ORDER BY id) AS place FROM monitoring_deployment WHERE project_id = %(project)s) d
  ON d.id = r.deployment_id
CROSS JOIN LATERAL (
    SELECT CASE WHEN x.flagged OR x.k > 6 THEN 'scored' WHEN x.k = 6 AND n < 8000 THEN 'partial'
                WHEN x.k > 3 THEN 'unscored' ELSE 'skipped' END AS state,
           CASE WHEN x.flagged OR x.k > 6 THEN '' WHEN x.k = 6 AND n < 8000 THEN 'truncated'
                WHEN x.k > 4 THEN 'timeout' WHEN x.k > 3 THEN 'refused' ELSE 'no_reasoning' END AS reason,
           CASE WHEN x.flagged THEN c.flag WHEN x.k > 6 THEN (n %% 97) / 400.0 WHEN x.k = 6 AND n < 8000 THEN 0.1
           END AS value, x.flagged
    FROM (SELECT (n + d.place * 31) %% 100 AS k, c.flag IS NOT NULL AND d.place = 1 + n / 10 %% 2 AS flagged) x
) s
WHERE r.state = 'done' ORDER BY n
"""
ITEMS_SQL = """
INSERT INTO review_queue (project_id, name, audit_share, second_share, agreeing_share, due_after_min, policy_version,
    created_at)
SELECT %(project)s, 'Flagged', 0.15, 0, 0.05, 1440, 1, now()
WHERE NOT EXISTS (SELECT FROM review_queue WHERE project_id = %(project)s);
INSERT INTO review_reviewitem (queue_id, project_id, transcript_id, stream, inclusion_prob, policy_version, required,
    priority, place, state, created_at, due_at, decided_at)
SELECT (SELECT id FROM review_queue WHERE project_id = %(project)s LIMIT 1), %(project)s, c.id, 'triage', 1, 1, 1,
       c.flag, c.flag,
       CASE WHEN n / 10 %% 3 = 0 THEN 'decided' ELSE 'open' END, c.at, c.at + interval '1 day',
       CASE WHEN n / 10 %% 3 = 0 THEN c.at + interval '1 h' END
FROM bench_copy c WHERE c.flag IS NOT NULL ORDER BY n;
INSERT INTO review_assignment (item_id, slot, role, reviewer_id, state, lease_token, lease_until, claimed_at, active_ms)
SELECT i.id, 1, 'reader', CASE WHEN i.id %% 2 = 0 THEN %(user)s ELSE %(other)s END,
       CASE WHEN i.state = 'decided' THEN 'done' WHEN i.id %% 50 = 1 THEN 'released' ELSE 'leased' END,
       gen_random_uuid(), now() + interval '1 day', i.created_at, 0
FROM review_reviewitem i WHERE i.state = 'decided' OR i.id %% 100 < 2;
INSERT INTO review_verdict (assignment_id, item_id, label, category, confidence, note, stream, holds, blinded, state,
    committed_at, settles_at)
SELECT a.id, a.item_id, (ARRAY['benign', 'suspicious', 'confirmed'])[1 + a.id %% 3], '', '', '', 'triage', true,
       false, 'settled',
       a.claimed_at + interval '1 h', a.claimed_at + interval '1 h'
FROM review_assignment a WHERE a.state = 'done';
"""
# As the product writes them: one a batch, one a score, one a flag, one a queued item, and people's doings.
EVENTS_SQL = """
INSERT INTO audit_event (uuid, at, actor_kind, actor_id, on_behalf_of, action, object_type, object_id, project_id,
    subjects, outcome, request_id, detail_commit, canon)
SELECT gen_random_uuid(), e.at, e.kind, e.actor, '', e.action, e.type, e.object, %(project)s, e.subjects, 'ok',
       gen_random_uuid(), sha256('detail'), convert_to(repeat('canonical bytes ', 40), 'UTF8')
FROM (
    SELECT min(at) AS at, 'apikey' AS kind, '1' AS actor, 'transcripts.ingested' AS action, 'ingest_batch' AS type,
           md5('batch ' || n / 100)::uuid::text AS object, '{}'::text[] AS subjects FROM bench_copy GROUP BY n / 100
    UNION ALL SELECT at + interval '2 s', 'worker', 'monitoring', 'transcript.scored', 'transcript', id::text,
           ARRAY['deployment:1'] FROM bench_copy
    UNION ALL SELECT at + interval '3 s', 'worker', 'monitoring', 'transcript.flagged', 'transcript', id::text,
           ARRAY['deployment:1'] FROM bench_copy WHERE flag IS NOT NULL
    UNION ALL SELECT created_at + interval '4 s', 'system', 'review', 'item.queued', 'review_item', id::text,
           ARRAY['transcript:' || transcript_id] FROM review_reviewitem
    UNION ALL SELECT v.committed_at, 'user', a.reviewer_id::text, 'verdict.committed', 'review_item', v.item_id::text,
           ARRAY['transcript:' || i.transcript_id]
           FROM review_verdict v JOIN review_assignment a ON a.id = v.assignment_id
           JOIN review_reviewitem i ON i.id = v.item_id
    UNION ALL SELECT at, 'user', %(user)s::text, 'session.signed_in', 'user', %(user)s::text, '{}'
           FROM bench_copy WHERE n %% 40 = 0 AND n < 4000
) e ORDER BY e.at;
INSERT INTO audit_event_detail (event_id, salt, detail)
SELECT id, sha256('salt'), CASE action
    WHEN 'transcript.scored' THEN '{"monitor": "byte_channels", "score": "0.100000", "state": "scored"}'
    WHEN 'transcripts.ingested' THEN '{"door": "api", "transcript_ids": ["a", "b"]}'
    ELSE '{"monitor": "byte_channels", "score": "0.9", "threshold": "0.5", "label": "benign"}' END::jsonb
FROM audit_event e WHERE NOT EXISTS (SELECT FROM audit_event_detail d WHERE d.event_id = e.id);
"""
DELIVERIES_SQL = """
INSERT INTO alerts_endpoint (project_id, name, url, kind, secret_sealed, state, state_reason, created_at,
    last_attempt_at, last_says)
SELECT %(project)s, 'receiver ' || k, 'https://example.org/' || k, 'standard', 'x',
       CASE k WHEN 3 THEN 'paused' ELSE 'active' END, '', now(), now(),
       'HTTP 200' FROM generate_series(1, 3) k;
INSERT INTO alerts_rule (project_id, endpoint_id, event_types, monitors, min_score, enabled, created_at)
SELECT %(project)s, id, '{transcript.flagged}', '{}', 0, true, now() FROM alerts_endpoint;
INSERT INTO alerts_delivery (endpoint_id, message_id, event_type, transcript_id, body, state, attempt, next_at,
    created_at, delivered_at)
SELECT e.id, 'msg_' || c.n || '_' || e.number, 'transcript.flagged', c.id,
       convert_to('{"type": "transcript.flagged", "data": {"id": "' || c.id || '"}}', 'UTF8'),
       CASE WHEN c.n < 20000 AND c.n / 10 %% 20 = 0 THEN 'dead' ELSE 'delivered' END, 1, c.at, c.at, c.at
FROM bench_copy c, (SELECT id, row_number() OVER (ORDER BY id) AS number FROM alerts_endpoint) e
WHERE c.flag IS NOT NULL AND (e.number < 3 OR c.n < 20000) ORDER BY c.n;
INSERT INTO alerts_attempt (delivery_id, number, at, status, duration_ms, error, response_head)
SELECT id, 1, created_at, CASE state WHEN 'dead' THEN 500 ELSE 200 END, 12, '', 'ok' FROM alerts_delivery;
"""


def fill(env: dict[str, str], n: int) -> None:
    """`n` transcripts and all that belongs to them, in the migrated database of this environment."""
    manage(env, "ensure_logins")
    manage(env, "ensure_deployments", "--project", "demo")
    _store_templates(env)
    with psycopg.connect(env["DATABASE_OWNER_URL"], autocommit=True) as connection:
        connection.execute("SET synchronous_commit = off")
        _multiply(connection, n)
        connection.execute("DROP TABLE bench_copy")
        connection.execute("VACUUM ANALYZE")


def _store_templates(env: dict[str, str]) -> None:
    rng = random.Random(3)
    records = [native(reasoning=_words(rng, 160), prompt=_words(rng, 30), model="template") for _ in range(N_TEMPLATES)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "templates.jsonl"
        path.write_text("\n".join(map(json.dumps, records)))
        manage(env, "import_transcripts", str(path), "--project", "demo")


def _words(rng: random.Random, n: int) -> str:
    return " ".join("".join(rng.choices("etaoinshrdlu", k=rng.randint(2, 9))) for _ in range(n)) + "."


def _multiply(connection: psycopg.Connection[Any], n: int) -> None:
    def number(query: str) -> object:
        found = connection.execute(query).fetchone()
        return found[0] if found else None

    project = number("SELECT id FROM accounts_project WHERE slug = 'demo'")
    values = {"n": n, "project": project, "templates": N_TEMPLATES, "user": None, "other": None}
    for name, role in (("user", "admin"), ("other", "reviewer")):
        values[name] = number(f"SELECT id FROM accounts_user WHERE email LIKE '{role}@%'")
    _run(connection, COPIES_SQL, values)
    connection.execute("SELECT transcripts_prepare_month(month) FROM (SELECT DISTINCT month FROM bench_copy) m")
    _run(connection, MODEL_RUNS_SQL, values)
    _copy(connection, "transcripts_rawpayload", "s.sha256 = c.template_sha256", PAYLOADS)
    _copy(connection, "transcripts_transcript", "s.id = c.template", HEADS)
    _copy(connection, "transcripts_message", "s.transcript_id = c.template", BODIES)
    for script in (RUNS_SQL, SCORES_SQL, ITEMS_SQL, EVENTS_SQL, DELIVERIES_SQL):
        _run(connection, script, values)


def _run(connection: psycopg.Connection[Any], script: str, values: dict[str, object]) -> None:
    for statement in filter(str.strip, script.split(";\n")):
        connection.execute(statement, values)


def _copy(connection: psycopg.Connection[Any], table: str, which: str, instead: dict[str, str]) -> None:
    """One row for each copy and template row, whatever columns the table has today."""
    found = connection.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_name = %s AND is_generated = 'NEVER'", [table]
    )
    columns = [str(row[0]) for row in found]
    values = [sql.SQL(instead[name]) if name in instead else sql.Identifier("s", name) for name in columns]
    connection.execute(
        sql.SQL("INSERT INTO {} ({}) SELECT {} FROM bench_copy c JOIN {} s ON {} ORDER BY c.n").format(
            sql.Identifier(table),
            sql.SQL(", ").join(map(sql.Identifier, columns)),
            sql.SQL(", ").join(values),
            sql.Identifier(table),
            sql.SQL(which),
        )
    )
