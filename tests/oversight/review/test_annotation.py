"""Categories, spans, drafts, label sets, effort and reopening: what the services keep, and what they refuse."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oversight.accounts.models import Project, User
from oversight.audit.actors import Actor
from oversight.audit.models import LedgerDetail, LedgerEvent
from oversight.lib.errors import Conflict, Invalid
from oversight.review import selectors, services
from oversight.review.content import MOST_STEPS_BACK, cleaned
from oversight.review.models import (
    Assignment,
    AssignmentState,
    Draft,
    ItemState,
    LabelSet,
    ReviewItem,
    Span,
    Verdict,
    VerdictState,
)
from oversight.review.selectors.drafts import last_read
from oversight.review.services import drafts, effort, label_sets, verdicts
from oversight.transcripts import selectors as transcripts
from oversight.transcripts.exact_text import to_stored
from tests import factories

if TYPE_CHECKING:
    from tests.conftest import Clock

pytestmark = pytest.mark.django_db
WORKER = Actor.worker("tests")
# Emoji with joiners, Han, Arabic with an override, combining accents, zero-width and tag characters, NUL, CR LF.
HOSTILE = "A👩‍🔬b 漢字\u202eabc\u202c عَرَبِيّ e\u0301\u0323 z\u200bw \U000e0041\U000e0042 \x00 one\r\ntwo \ufeff end"


def queued(project: Project, **fields: Any) -> ReviewItem:
    transcript = factories.make_transcript(project, **fields)
    return services.queue_flagged(transcript_id=transcript.pk, score=0.9, actor=WORKER)


def claimed(item: ReviewItem, reviewer: User) -> Assignment:
    return services.claim(item=item, reviewer=reviewer, actor=Actor.of(reviewer))


def commit(assignment: Assignment, content: services.Content, **more: Any) -> Verdict:
    return services.commit_verdict(assignment=assignment, content=content, actor=Actor.of(assignment.reviewer), **more)


def texts_of(item: ReviewItem) -> list[str]:
    return [to_stored(part.text)[0] for part in transcripts.load([item.transcript_id])[item.transcript_id].parts]


def span_at(item: ReviewItem, part: int, start: int, end: int, label: str = "Unfaithful") -> services.SpanContent:
    return services.SpanContent(label, part, start, end, texts_of(item)[part][start:end], "why")


def part_with(item: ReviewItem, piece: str) -> int:
    return next(index for index, text in enumerate(texts_of(item)) if piece in text)


@pytest.fixture
def item(project: Project) -> ReviewItem:
    return queued(project, reasoning=f"First a step. {HOSTILE}", answer="Forty-two.")


def test_a_verdict_keeps_everything_that_was_entered(item: ReviewItem, alice: User) -> None:
    spans = (span_at(item, part_with(item, "First"), 0, 5), span_at(item, part_with(item, "First"), 3, 12, "Evidence"))
    content = services.Content("suspicious", 2, "Unfaithful reasoning", "low", "look here", spans)
    verdict = commit(claimed(item, alice), content)
    assert verdicts.said_in(Verdict.objects.get(pk=verdict.pk)) == content
    assert (verdict.holds, verdict.state) == (True, VerdictState.PENDING)
    assert verdict.label_set_version is not None
    assert verdict.label_set_version.number == 1
    detail = LedgerDetail.objects.get(event__action="verdict.committed").detail
    assert detail is not None
    assert (detail["n_spans"], detail["category"], detail["confidence"]) == (2, "Unfaithful reasoning", "low")


def test_the_ledger_holds_no_quote(item: ReviewItem, alice: User) -> None:
    commit(claimed(item, alice), services.Content("benign", spans=(span_at(item, part_with(item, "First"), 0, 12),)))
    assert not any("First a step" in str(detail) for detail in LedgerDetail.objects.values_list("detail", flat=True))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_stretch_of_hostile_text_is_stored_as_it_stands(data: st.DataObject, item: ReviewItem, alice: User) -> None:
    part = part_with(item, "First")
    text = texts_of(item)[part]
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    verdict = commit(claimed(item, alice), services.Content("benign", spans=(span_at(item, part, start, end),)))
    [span] = Span.objects.filter(verdict=verdict)
    assert texts_of(item)[part][span.start : span.end] == span.quote
    services.undo_verdict(verdict=verdict, actor=Actor.of(alice))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"start": 1}, "quotes part"),
        ({"quote": "First!"}, "quotes part"),
        ({"part": 99}, "does not have"),
        ({"end": 100_000}, "not lie inside"),
        ({"start": 5, "end": 5, "quote": ""}, "not lie inside"),
        ({"label": "Made up"}, "not one of"),
    ],
)
def test_a_span_that_is_not_there_is_refused_in_words(
    change: dict[str, Any], sentence: str, item: ReviewItem, alice: User
) -> None:
    assignment = claimed(item, alice)
    span = replace(span_at(item, part_with(item, "First"), 0, 5), **change)
    with pytest.raises(Invalid, match=sentence):
        commit(assignment, services.Content("benign", spans=(span,)))
    assert not Verdict.objects.exists()
    assert claimed(item, alice) == assignment


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (services.Content("suspicious", category="Weather"), "category"),
        (services.Content("benign", category="Other"), "belongs to"),
        (services.Content("benign", confidence="very"), "low, medium or high"),
    ],
)
def test_words_outside_the_label_set_are_refused(
    content: services.Content, sentence: str, item: ReviewItem, alice: User
) -> None:
    with pytest.raises(Invalid, match=sentence):
        commit(claimed(item, alice), content)


def test_the_same_content_again_returns_the_same_verdict_and_other_spans_do_not(item: ReviewItem, alice: User) -> None:
    assignment, part = claimed(item, alice), part_with(item, "First")
    content = services.Content("benign", spans=(span_at(item, part, 0, 5),))
    assert commit(assignment, content) == commit(assignment, content)
    with pytest.raises(Conflict):
        commit(assignment, replace(content, spans=(span_at(item, part, 0, 6),)))
    assert LedgerEvent.objects.filter(action="verdict.committed").count() == 1


def save(item: ReviewItem, user: User, note: str, revision: int | None, **more: Any) -> Draft:
    return drafts.save_draft(
        item=item, reviewer=user, content={"note": note, **more}, revision=revision, actor=Actor.of(user)
    )


def test_a_draft_is_kept_through_the_loss_of_the_lease(item: ReviewItem, alice: User, clock: Clock) -> None:
    claimed(item, alice)
    save(item, alice, "half a thought", 0, label="suspicious")
    clock.advance(minutes=11)
    services.expire_due(actor=WORKER)
    pane = selectors.desk(alice, item.transcript_id)
    assert pane.draft is not None
    assert (pane.claim.standing, pane.draft.content["note"], pane.draft.revision) == ("free", "half a thought", 1)


def test_a_stale_revision_is_refused_with_both_drafts(item: ReviewItem, alice: User) -> None:
    save(item, alice, "one", 0)
    save(item, alice, "two", 1)
    with pytest.raises(drafts.StaleDraft) as stale:
        save(item, alice, "three", 1)
    assert (stale.value.yours["note"], stale.value.theirs.content["note"]) == ("three", "two")
    assert Draft.objects.get().content["note"] == "two"
    assert save(item, alice, "two", 1).revision == 3, "the same content is no conflict"


def test_drafts_of_two_readers_do_not_meet(item: ReviewItem, alice: User, project: Project) -> None:
    other = factories.make_user("ana", project=project)
    save(item, alice, "mine", 0)
    save(item, other, "theirs", 0)
    assert selectors.desk(other, item.transcript_id).draft.content["note"] == "theirs"  # type: ignore[union-attr]


def test_a_merge_keeps_what_is_chosen_and_both_where_asked() -> None:
    span = {"label": "Evidence", "part": 0, "start": 0, "end": 1, "quote": "a", "note": ""}
    other = {**span, "end": 2, "quote": "ab"}
    yours, theirs = (
        {"label": "benign", "note": "a", "spans": [span]},
        {"label": "suspicious", "note": "b", "spans": [other]},
    )
    choices = {"label": "theirs", "note": "both", "spans": "both"}
    merged = drafts.choose(yours=yours, theirs=theirs, choices=choices)
    assert (merged["label"], merged["note"], merged["spans"]) == ("suspicious", "a\n\nb", [span, other])
    assert drafts.choose(yours=yours, theirs=theirs, choices={})["note"] == "a"


def test_a_commit_on_a_stale_draft_is_refused_and_the_lease_kept(item: ReviewItem, alice: User) -> None:
    assignment = claimed(item, alice)
    save(item, alice, "one", 0)
    save(item, alice, "written in the other tab", 1)
    with pytest.raises(drafts.StaleDraft):
        commit(assignment, services.Content("benign", note="one"), revision=1)
    assignment.refresh_from_db()
    assert assignment.state == AssignmentState.LEASED
    commit(assignment, services.Content("benign", note="one"), revision=2)
    assert not any(cleaned(Draft.objects.get().content)[name] for name in ("label", "note", "spans"))


def test_undo_gives_the_draft_back(item: ReviewItem, alice: User) -> None:
    content = services.Content("confirmed", 4, note="here", spans=(span_at(item, part_with(item, "First"), 0, 5),))
    verdict = commit(claimed(item, alice), content)
    services.undo_verdict(verdict=verdict, actor=Actor.of(alice))
    kept = Draft.objects.get(item=item, reviewer=alice).content
    assert (kept["label"], kept["severity"], kept["note"], len(kept["spans"])) == ("confirmed", 4, "here", 1)


@given(st.lists(st.text() | st.dictionaries(st.text(max_size=3), st.text())), st.text())
def test_a_cleaned_draft_is_storable_and_stays_as_it_is(undo: list[Any], note: str) -> None:
    once = cleaned({"note": note[:4000], "undo": undo})
    assert cleaned(once) == once
    assert len(once["undo"]) <= MOST_STEPS_BACK
    assert "\x00" not in str(once["note"])


@pytest.mark.parametrize(
    "content",
    [{"note": "x" * 4001}, {"severity": "many"}, {"spans": [{"part": -1}]}, {"spans": ["text"]}, {"spans": [{}] * 501}],
)
def test_what_no_verdict_could_hold_is_no_draft(content: dict[str, Any], item: ReviewItem, alice: User) -> None:
    with pytest.raises(Invalid):
        drafts.save_draft(item=item, reviewer=alice, content=content, revision=0, actor=Actor.of(alice))


def test_a_reopened_verdict_stays_in_the_history(item: ReviewItem, alice: User, clock: Clock) -> None:
    verdict = commit(claimed(item, alice), services.Content("benign", note="fine"))
    with pytest.raises(Conflict, match="settled"):
        verdicts.reopen_verdict(verdict=verdict, why="I was wrong", actor=Actor.of(alice))
    clock.advance(seconds=8)
    services.settle_due(actor=WORKER)
    with pytest.raises(Invalid, match="why"):
        verdicts.reopen_verdict(verdict=verdict, why=" ", actor=Actor.of(alice))
    verdicts.reopen_verdict(verdict=verdict, why="I was wrong", actor=Actor.of(alice))
    verdict.refresh_from_db()
    item.refresh_from_db()
    assert (verdict.state, verdict.holds, item.state) == (VerdictState.REOPENED, False, ItemState.OPEN)
    [reopening] = selectors.desk(alice, item.transcript_id).reopenings
    assert (reopening.why, reopening.by, reopening.verdict) == ("I was wrong", "Alice", verdict)
    again = commit(claimed(item, alice), services.Content("suspicious"))
    assert (again.holds, item.verdicts.count()) == (True, 2)


def test_a_project_has_its_label_set_from_the_first_verdict(item: ReviewItem, alice: User) -> None:
    before = selectors.desk(alice, item.transcript_id).words
    commit(claimed(item, alice), services.Content("benign"))
    after = selectors.desk(alice, item.transcript_id).words
    assert before is not None
    assert after is not None
    assert (before.name, before.version.labels) == (after.name, after.version.labels)
    assert LabelSet.objects.get().versions.count() == 1


LABELS = [{"name": "Odd", "key": "5", "description": ""}, {"name": "Covert payload", "key": "B", "description": ""}]


def revise(label_set: LabelSet, by: User, **change: Any) -> Any:
    given = {"labels": LABELS, "categories": ["One"], "guidelines": "Look.", "why": "clearer", "based_on": 1, **change}
    return label_sets.add_version(label_set=label_set, by=by, actor=Actor.of(by), **given)


def test_a_verdict_keeps_the_version_that_its_reader_had_before_them(item: ReviewItem, alice: User) -> None:
    used = label_sets.default_label_set(item.project_id)
    assignment = claimed(item, alice)
    revise(used, alice)
    content = services.Content("benign", spans=(span_at(item, part_with(item, "First"), 0, 5),), guidelines=1)
    with pytest.raises(Invalid, match="version 2"):
        commit(assignment, replace(content, guidelines=None))
    assert commit(assignment, content).label_set_version == used.versions.get(number=1)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"labels": [{"name": "A", "key": "1", "description": ""}]}, "cannot be"),
        ({"labels": [{"name": "A", "key": "j", "description": ""}]}, "cannot be"),
        ({"labels": [{"name": "A", "key": "F5", "description": ""}]}, "cannot be"),
        ({"labels": [LABELS[0], {**LABELS[1], "key": "5"}]}, "twice"),
        ({"labels": [LABELS[0], {**LABELS[1], "name": "odd"}]}, "twice"),
        ({"categories": ["One", "one"]}, "twice"),
        ({"labels": []}, "at least one"),
        ({"why": " "}, "why"),
    ],
)
def test_a_version_that_would_not_work_is_refused(
    change: dict[str, Any], sentence: str, project: Project, alice: User
) -> None:
    with pytest.raises(Invalid, match=sentence):
        revise(label_sets.default_label_set(project.pk), alice, **change)


def test_two_leads_do_not_overwrite_each_other(project: Project, alice: User) -> None:
    used = label_sets.default_label_set(project.pk)
    revise(used, alice)
    with pytest.raises(Conflict, match="Somebody else"):
        revise(used, alice)


def test_the_pane_says_when_the_guidelines_have_changed_since_they_were_read(item: ReviewItem, alice: User) -> None:
    commit(claimed(item, alice), services.Content("benign"))
    used = label_sets.default_label_set(item.project_id)
    label_sets.open_guidelines(label_set=used, number=1, actor=Actor.of(alice))
    assert last_read(used.pk, alice) == 1
    revise(used, alice, why="Filler counts now")
    words = selectors.desk(alice, item.transcript_id).words
    assert words is not None
    assert (words.changed, words.version.why) == (True, "Filler counts now")
    label_sets.open_guidelines(label_set=used, number=2, actor=Actor.of(alice))
    assert not selectors.desk(alice, item.transcript_id).words.changed  # type: ignore[union-attr]


def test_effort_only_grows_and_cannot_exceed_what_has_passed(item: ReviewItem, alice: User, clock: Clock) -> None:
    assignment = claimed(item, alice)
    clock.advance(seconds=10)
    for active_ms, read_share in ((4000, 0.5), (3000, 0.25), (None, None), (0, float("nan"))):
        effort.note_effort(assignment=assignment, active_ms=active_ms, read_share=read_share)
    assignment.refresh_from_db()
    assert (assignment.active_ms, assignment.read_share) == (4000, 0.5)
    effort.note_effort(assignment=assignment, active_ms=99_000_000, read_share=7.0)
    assignment.refresh_from_db()
    assert (assignment.active_ms, assignment.read_share) == (10_000, 1.0)
