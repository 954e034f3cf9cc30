"""Results, comparisons and exports: hostile text stays text, and what is not admitted says so."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client

from oversight.accounts.models import Project, User
from oversight.audit.actors import Actor
from oversight.audit.models import LedgerDetail, LedgerEvent
from oversight.review import services as review
from oversight.review.models import ReviewItem, Stream
from oversight.rubrics import comparing, execution, results, runs, services
from oversight.rubrics.models import Result, RubricRun, RubricVersion
from oversight.transcripts.models import Transcript
from tests import factories
from tests.oversight.rubrics.judge_server import JudgeServer
from tests.oversight.rubrics.words import WORDS

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]
Make = Callable[..., list[Transcript]]


def run_on(version: RubricVersion, transcripts: list[Transcript], by: User) -> RubricRun:
    run = runs.try_out(version=version, backend="server", transcript_ids=[t.pk for t in transcripts], by=by)
    while execution.work(run.pk):
        pass
    return RubricRun.objects.get(pk=run.pk)


def body(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


def test_the_table_leads_to_the_quote_in_the_transcript(
    version: RubricVersion, dave: User, judge: JudgeServer, make: Make, client_of: ClientOf
) -> None:
    run = run_on(version, make(1, 2), dave)
    client = client_of(dave)
    page = client.get(f"/rubrics/runs/{run.pk}/results").content.decode()
    assert "Not admitted." in page
    assert "1 of 3 with a score are positive" in page
    assert page.index("Positive</span>") < page.index("Negative</span>")
    result = Result.objects.get(value=0.9)
    leads = client.get(f"/rubrics/results/{result.pk}/show")
    assert leads.headers["Location"] == f"/traces/{result.transcript_id}/?rubric={result.pk}#e1"
    trace = client.get(leads.headers["Location"]).content.decode()
    assert "Rubric: Secrecy, version 1" in trace
    assert "Positive, not admitted" in trace
    assert 'id="e1"' in trace
    surfaces = {(d.detail or {}).get("surface") for d in LedgerDetail.objects.filter(event__action="transcript.viewed")}
    assert surfaces == {"page"}
    assert LedgerEvent.objects.filter(action="rubric.results_read").count() == 1


def test_a_result_of_another_transcript_or_project_is_not_there(
    version: RubricVersion, dave: User, bob: User, judge: JudgeServer, make: Make, client_of: ClientOf
) -> None:
    first, second = make(2)
    run_on(version, [first], dave)
    result = Result.objects.get()
    assert client_of(dave).get(f"/traces/{second.pk}/?rubric={result.pk}").status_code == 404
    for path in (f"results/{result.pk}/", f"results/{result.pk}/show", f"runs/{result.run_id}/export"):
        assert client_of(bob).get(f"/rubrics/{path}").status_code in (403, 404), path


def test_pages_by_key_hold_every_result_once(
    version: RubricVersion, dave: User, judge: JudgeServer, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(results, "PAGE_SIZE", 3)
    run = run_on(version, make(3, 5), dave)
    seen, older = list[int](), ""
    while True:
        page = results.results_page(run, dave, older=older)
        seen += [row.result.pk for row in page.rows]
        older = page.older
        if not older:
            break
    assert sorted(seen) == sorted(Result.objects.values_list("pk", flat=True))
    assert len(results.results_page(run, dave, "positive").rows) == 3
    assert not results.results_page(run, dave, "unscored").rows


def test_what_is_read_blind_is_shown_after_the_verdict(
    version: RubricVersion, dave: User, judge: JudgeServer, make: Make, client_of: ClientOf
) -> None:
    blind, plain = make(2)
    run = run_on(version, [blind, plain], dave)
    item = review.queue_flagged(transcript_id=blind.pk, score=0.9, actor=Actor.of(dave))
    ReviewItem.objects.filter(pk=item.pk).update(stream=Stream.AUDIT)
    client = client_of(dave)
    hidden = Result.objects.get(transcript=blind)
    page = client.get(f"/rubrics/runs/{run.pk}/results").content.decode()
    assert plain.external_id in page
    assert blind.external_id not in page
    assert "1 of transcripts that you read without scores is shown after your verdict" in page
    for path in (f"results/{hidden.pk}/", f"results/{hidden.pk}/show"):
        assert client.get(f"/rubrics/{path}").status_code == 403
    for kind in ("csv", "jsonl"):
        assert str(blind.pk).encode() not in body(client.get(f"/rubrics/runs/{run.pk}/export?as={kind}"))
    assert comparing.compare(run, run, dave).n_common == 1
    ReviewItem.objects.filter(pk=item.pk).update(stream=Stream.TRIAGE)
    assert client.get(f"/rubrics/results/{hidden.pk}/").status_code == 200
    assert comparing.compare(run, run, dave).n_common == 2


def test_what_has_no_verdict_says_why_in_its_own_colour(
    version: RubricVersion, dave: User, judge: JudgeServer, project: Project, make: Make, client_of: ClientOf
) -> None:
    silent = factories.make_transcript(project, reasoning="")
    run = run_on(version, [silent, *make(0, 1)], dave)
    page = client_of(dave).get(f"/rubrics/runs/{run.pk}/results").content.decode()
    assert "badge-violet" in page
    assert "The transcript has no reasoning." in page
    assert "1 without a full verdict, beside 1 with a score." in page
    assert len(judge.judged) == 1


def test_hostile_quotes_and_replies_stay_text(
    version: RubricVersion, dave: User, judge: JudgeServer, project: Project, client_of: ClientOf
) -> None:
    text = '=HYPERLINK("x") <img src=x onerror=alert(1)> secretly \u202egnp.exe'
    hostile = factories.make_transcript(project, reasoning=text, id="=cmd|' /C calc'!A0")
    run = run_on(version, [hostile], dave)
    client = client_of(dave)
    result = Result.objects.get()
    assert result.value == 0.9
    for path in (f"runs/{run.pk}/", f"runs/{run.pk}/results", f"results/{result.pk}/"):
        page = client.get(f"/rubrics/{path}").content.decode()
        assert "<img src=x" not in page
        assert "\u202e" not in page or 'data-cp="U+202E"' in page
    [header, row] = csv.reader(io.StringIO(body(client.get(f"/rubrics/runs/{run.pk}/export?as=csv")).decode()))
    cells = dict(zip(header, row, strict=True))
    assert cells["external_id"].startswith("'=")
    assert cells["first_quote"].startswith("'=")
    assert (cells["value"], cells["field_severity"], cells["admitted"]) == ("0.9", "3", "False")
    answer = client.get(f"/rubrics/runs/{run.pk}/export?as=jsonl")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="rubric-run-{run.pk}.jsonl"'
    line = body(answer)
    assert line.isascii()
    record = json.loads(line)
    assert record["evidence"][0]["quote"] in text
    assert record["fields"] == {"severity": 3, "kept_from": "user"}
    events = LedgerDetail.objects.filter(event__action="rubric.results_read").order_by("pk")
    assert [(d.detail or {})["surface"] for d in events][-2:] == ["CSV file", "JSON Lines file"]


def test_two_versions_are_compared_on_the_same_transcripts_changed_verdicts_first(
    version: RubricVersion, dave: User, judge: JudgeServer, make: Make, client_of: ClientOf
) -> None:
    transcripts = make(2, 2)
    a = run_on(version, transcripts, dave)
    words = replace(WORDS, positive="the word check is enough")
    second = services.save_version(rubric=version.rubric, based_on=1, words=words, why="wider", by=dave)
    judge.word = "as asked"
    b = run_on(second, transcripts[1:], dave)
    found = comparing.compare(a, b, dave)
    assert (found.n_common, found.n_both, found.n_changed) == (3, 3, 3)
    assert found.kappa is not None
    assert found.kappa < 0
    page = client_of(dave).get(f"/rubrics/{version.rubric_id}/compare?a={a.pk}&b={b.pk}").content.decode()
    assert "3 of 3 verdicts changed" in page
    assert "Scores of both runs" in page
    assert client_of(dave).get(f"/rubrics/{version.rubric_id}/compare?a={a.pk}&b=999999").status_code == 404
