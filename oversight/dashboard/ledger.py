"""Events in words. The ledger keeps data; the sentence is made when it is shown, and names are looked up then."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from oversight.accounts.models import ApiKey, Project, User
from oversight.alerts.models import Endpoint
from oversight.audit.models import LedgerEvent
from oversight.dashboard import words

Detail = dict[str, Any]
MOST_CHANGES = 3


@dataclass(frozen=True, slots=True)
class Names:
    """What the ids of some events are called today."""

    users: dict[str, str]
    keys: dict[str, str]
    endpoints: dict[str, str]
    projects: dict[int, str]

    def of_actor(self, kind: str, id_: str) -> str:
        """A name beside its id: a display name alone could be chosen to mislead."""
        if kind == "user":
            return f"{self.users.get(id_, 'a former user')} (user {id_})"
        if kind == "apikey":
            return f"{self.keys.get(id_, 'API key')} (key {id_})"
        return f"{id_} ({kind})" if id_ else kind

    def of_endpoint(self, id_: object) -> str:
        return f"{self.endpoints.get(str(id_), 'endpoint')} (endpoint {id_})"


def names_of(events: Iterable[LedgerEvent]) -> Names:
    """At most four queries, whatever the number of events."""
    events = list(events)
    return Names(
        users=_named(User, _ids(events, "user")),
        keys=_named(ApiKey, _ids(events, "apikey")),
        endpoints=_named(Endpoint, _ids(events, "endpoint")),
        projects=dict(
            Project.objects.filter(pk__in={event.project_id for event in events if event.project_id}).values_list(
                "pk", "name"
            )
        ),
    )


def _ids(events: Iterable[LedgerEvent], kind: str) -> set[int]:
    said = {event.actor_id for event in events if event.actor_kind == kind}
    said |= {event.object_id for event in events if event.object_type == kind}
    about = (subject.partition(":") for event in events for subject in event.subjects)
    said |= {id_ for type_, _, id_ in about if type_ == kind}
    return {int(id_) for id_ in said if id_.isdecimal() and len(id_) < 18}


def _named(model: type[User] | type[ApiKey] | type[Endpoint], ids: set[int]) -> dict[str, str]:
    return {str(pk): name for pk, name in model._default_manager.filter(pk__in=ids).values_list("pk", "name")}


def detail_of(event: LedgerEvent) -> Detail:
    """Empty when it was erased."""
    row = getattr(event, "detail_row", None)
    return (row.detail or {}) if row else {}


def sentence(event: LedgerEvent, names: Names) -> str:
    """What the actor did, as a phrase that follows their name."""
    detail = detail_of(event)
    if not detail and getattr(event, "detail_row", None) and event.detail_row.erased_at:
        return f"{event.action} (its detail was erased)"
    say = SENTENCES.get(event.action)
    return say(detail, event, names) if say else event.action


@dataclass(frozen=True, slots=True)
class Change:
    """One field before and after."""

    field: str
    before: str
    after: str


def changes(detail: Detail) -> tuple[Change, ...]:
    """What differs between the event's `before` and `after`; empty when it has none."""
    if "before" not in detail or "after" not in detail:
        return ()
    before, after = (_as_fields(detail[key]) for key in ("before", "after"))
    return tuple(
        Change(name, _shown(before.get(name)), _shown(after.get(name)))
        for name in sorted({*before, *after})
        if before.get(name) != after.get(name)
    )


def _as_fields(value: Any) -> Detail:
    return value if isinstance(value, dict) else {"value": value}


def _shown(value: Any) -> str:
    if value is None or value == "":
        return "none"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_shown(one)}" for key, one in value.items()) or "none"
    return str(value)


def _differences(detail: Detail) -> str:
    found = changes(detail)
    text = "; ".join(f"{one.field}: {one.before} → {one.after}" for one in found[:MOST_CHANGES])
    return text + (f" and {len(found) - MOST_CHANGES} more" if len(found) > MOST_CHANGES else "")


def _made_or_changed(noun: str) -> Say:
    def say(detail: Detail, event: LedgerEvent, names: Names) -> str:
        is_endpoint = noun == "endpoint"
        what = f"the endpoint {names.of_endpoint(event.object_id)}" if is_endpoint else f"{noun} {event.object_id}"
        if not detail.get("before"):
            return f"made {what}: {_shown(detail.get('after'))}"
        if not detail.get("after"):
            return f"deleted {what}"
        why = f" ({detail['why']})" if detail.get("why") else ""
        return f"changed {what}{why}" + (f": {differences}" if (differences := _differences(detail)) else "")

    return say


def _monitor(detail: Detail) -> str:
    return words.monitor_title(str(detail.get("monitor", "")))


def _put_to_judge(detail: Detail, event: LedgerEvent, names: Names) -> str:
    case = f"transcript {found}" if (found := detail.get("transcript_id")) else f"case {detail.get('number')}"
    return f"put {case} ({detail.get('kind')}) to the judge of {_monitor(detail)}: {detail.get('result')}"


def _scored(detail: Detail, event: LedgerEvent, names: Names) -> str:
    if detail.get("score") is not None:
        return f"scored the transcript {detail['score']} with {_monitor(detail)}"
    why = words.reason_in_words(str(detail.get("reason", "")))
    return f"could not score the transcript with {_monitor(detail)}. {why}"


def _ingested(detail: Detail, event: LedgerEvent, names: Names) -> str:
    n = len(detail.get("transcript_ids", ()))
    return f"stored {n} transcript{'' if n == 1 else 's'} that came by {detail.get('door', '')}"


def _listed(detail: Detail, event: LedgerEvent, names: Names) -> str:
    n = len(detail.get("transcript_ids", ()))
    return f"was shown snippets of {n} transcript{'' if n == 1 else 's'} in a list"


def _membership(detail: Detail, event: LedgerEvent, names: Names) -> str:
    who = names.of_actor("user", event.object_id)
    before, after = detail.get("before"), detail.get("after")
    if not after:
        return f"took the role {before} from {who}"
    return f"changed the role of {who} from {before} to {after}" if before else f"gave {who} the role {after}"


def _verdict(verb: str) -> Say:
    def say(detail: Detail, event: LedgerEvent, names: Names) -> str:
        severity = f", severity {detail['severity']}" if detail.get("severity") else ""
        blind = ", before seeing scores" if detail.get("blinded") else ""
        return f"{verb} on item {event.object_id}: {detail.get('label', '')}{severity}{blind}"

    return say


def _read(detail: Detail, event: LedgerEvent, names: Names) -> str:
    where = ", ".join(f"{key} {value}" for key, value in sorted(detail.get("filters", {}).items()))
    verb = "exported" if detail.get("as_csv") else "read"
    return f"{verb} {detail.get('n_rows', 0)} rows of the ledger" + (f" ({where})" if where else "")


def _examined(detail: Detail, event: LedgerEvent, names: Names) -> str:
    result = "admitted" if detail.get("admitted") else "not admitted"
    figures = f"parse rate {detail.get('parse_rate')}, AUROC at least {detail.get('auroc_low') or 'unknown'}"
    return f"examined the judge {detail.get('judge')} for {_monitor(detail)}: {result} ({figures})"


def _said(text: str) -> Say:
    """A sentence with the detail's fields, `{object}`, `{who}` (a user) and `{where}` (endpoints) in it."""

    def say(detail: Detail, event: LedgerEvent, names: Names) -> str:
        fields = {key: _shown(value) for key, value in detail.items()}
        return text.format_map(
            _Known(
                fields,
                object=event.object_id,
                who=names.of_actor("user", event.object_id),
                title=_monitor(detail),
                where=", ".join(map(names.of_endpoint, detail.get("endpoint_ids") or [detail.get("endpoint_id")])),
            )
        )

    return say


class _Known(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "unknown"


Say = Callable[[Detail, LedgerEvent, Names], str]
SENTENCES: dict[str, Say] = {
    "access.denied": _said("was refused {method} {object}, which needs {permission}"),
    "apikey.created": _said("made the API key ovk_{key_id} for {scopes}"),
    "apikey.refused": _said("came with an API key that was refused: {why}"),
    "apikey.revoked": _said("revoked the API key ovk_{key_id}"),
    "deployment.backfill_asked": _said("had deployment {object} run on {n_transcripts} transcripts ({scope}): {why}"),
    "deployment.backfill_stopped": _said("stopped the backfill of deployment {object} after {n_seen} transcripts"),
    "deployment.changed": _made_or_changed("deployment"),
    "deployment.drafted": lambda detail, event, names: (
        f"drafted version {detail.get('number', '')} of deployment {event.object_id} ({detail.get('why', '')}): "
        f"{_differences(detail)}"
    ),
    "endpoint.changed": _made_or_changed("endpoint"),
    "endpoint.refused": _said("asked for an endpoint at a place that may not be sent to ({kind})"),
    "input.dismissed": lambda detail, event, names: (
        f"took the rejected input {event.object_id} out again"
        if detail.get("undone")
        else f"dismissed the rejected input {event.object_id}"
    ),
    "input.pruned": _said("dropped the {n_inputs} oldest rejected inputs of the project ({n_bytes} bytes)"),
    "input.rejected": lambda detail, event, names: (
        f"kept {len(detail.get('rejected_ids', ()))} rejected inputs that came by {detail.get('door', '')}"
    ),
    "input.replay_asked": _said("had {n_inputs} rejected inputs read again"),
    "input.replayed": _said("read the rejected input {object} again: {status}"),
    "input.viewed": _said("opened the rejected input {object} ({surface})"),
    "item.assigned": lambda detail, event, names: (
        f"gave item {event.object_id} to {names.of_actor('user', str(detail['assignee_id']))}"
        if detail.get("assignee_id")
        else f"gave item {event.object_id} to nobody in particular"
    ),
    "item.claimed": _said("claimed item {object}"),
    "item.disputed": lambda detail, event, names: (
        f"sent item {event.object_id} to an adjudicator, "
        + ("though its readers agree" if detail.get("agreeing") else "since its readers disagree")
    ),
    "item.drawn": _said("drew item {object} into the audit sample, with probability {inclusion_prob}"),
    "item.queued": _said("queued the transcript for review as item {object} with priority {priority}"),
    "item.raised": _said("raised item {object} from {before} to {after}"),
    "item.released": lambda detail, event, names: (
        f"let the lease of item {event.object_id} run out"
        if detail.get("expired")
        else f"gave back item {event.object_id}"
    ),
    "item.snoozed": lambda detail, event, names: (
        f"put off item {event.object_id} until {detail['until']}"
        if detail.get("until")
        else f"put item {event.object_id} back into the queue at once"
    ),
    "item.second_asked": _said("asked for a second reader of item {object}"),
    "canary.ended": _put_to_judge,
    "canary.planted": lambda detail, event, names: (
        f"planted {len(detail.get('canary_ids', ()))} canaries among the work of deployment {event.object_id}"
    ),
    "judge.alarm": _said("raised an alarm on the judge of {title}, {rule}: {evidence}"),
    "judge.alarm_cleared": _said("cleared the alarm on the judge of {title}, {rule}: {evidence}"),
    "judge.cases_read": lambda detail, event, names: (
        f"put {len(detail.get('transcript_ids', ()))} transcripts of the admission set of {_monitor(detail)} before its"
        f" judge ({detail.get('purpose')})"
    ),
    "judge.health_viewed": _said("looked at the health of {n_deployments} judges"),
    "judge.hijack_asked": _said("asked for the hijack rate of the judge of {title}"),
    "judge.hijack_measured": _said("put {n} injected cases to the judge {judge} of {title}: {n_lost} were lost"),
    "judge.examination_asked": _said("asked that the judge of {title} be examined again"),
    "judge.examined": _examined,
    "guidelines.read": _said("opened the guidelines of label set {object}, version {number}"),
    "label_set.chosen": _said("had queue {object} use label set {label_set_id}"),
    "label_set.created": _said("named label set {object}"),
    "label_set.revised": _said("made version {number} of label set {object}: {why}"),
    "labels.exported": _said("exported the labels of {n_rows} items ({format})"),
    "ledger.read": _read,
    "membership.changed": _membership,
    "monitor.tried": lambda detail, event, names: (
        f"tried {words.monitor_title(event.object_id)} on "
        + (
            "the transcript"
            if detail.get("transcript_id")
            else f"a pasted text of {detail.get('n_chars', 0)} characters"
        )
    ),
    "compare.marked": _said("marked a pair of steps, here and in {other_id}: {meaning}"),
    "project.created": _said("made the project {slug}"),
    "quality.viewed": _said("looked at the quality of deployment {object} against {n_labels} labels"),
    "queue.rules_changed": _said("changed the rules of queue {object} to version {version}: {reason}"),
    "rubric.activated": _said(
        "put version {number} of rubric {object} to work ({backend}, threshold {threshold}): {why}"
    ),
    "rubric.cases_dropped": lambda detail, event, names: (
        f"took {len(detail.get('transcript_ids', ()))} transcripts out of the admission set of rubric {event.object_id}"
    ),
    "rubric.cases_labelled": lambda detail, event, names: (
        f"labelled {len(detail.get('transcript_ids', ()))} transcripts {int(bool(detail.get('label')))}"
        f" in the admission set of rubric {event.object_id} ({detail.get('source', '')})"
    ),
    "rubric.examined": lambda detail, event, names: (
        f"examined the judge {detail.get('judge')} on the admission set of rubric {detail.get('rubric_id')}: "
        + ("admitted" if detail.get("admitted") else "not admitted")
    ),
    "rubric.results_read": _said("read {n_rows} results of run {object} of rubric {rubric_id} ({surface})"),
    "rubric.run_asked": _said("asked for run {object} of rubric {rubric_id}, version {number} ({kind}, {backend})"),
    "rubric.run_cancelled": _said("ended run {object} of rubric {rubric_id} after {n_ended} transcripts"),
    "rubric.run_capped": _said(
        "stopped run {object} of rubric {rubric_id} at its cap, with {spent_tokens} tokens spent"
    ),
    "rubric.run_finished": _said(
        "finished run {object} of rubric {rubric_id}: {n_ended} transcripts, {spent_tokens} tokens"
    ),
    "rubric.run_paused": _said("paused run {object} of rubric {rubric_id}: {note}"),
    "rubric.run_started": _said(
        "let run {object} of rubric {rubric_id} go on, with at most {cap_tokens} tokens and {cap_money} USD"
    ),
    "rubric.saved": _said("saved version {number} of rubric {object} ({why}): {changed}"),
    "rule.changed": _made_or_changed("rule"),
    "runs.retried": lambda detail, event, names: (
        f"started {len(detail.get('run_ids', ()))} runs of deployment {event.object_id} again: {detail.get('why', '')}"
    ),
    "scores.released": _said("was given the scores of a transcript that is still to be read blind"),
    "session.failed": lambda detail, event, names: (
        "was refused to sign in" + (": too many attempts" if detail.get("throttled") else "")
    ),
    "session.signed_in": _said("signed in"),
    "session.signed_out": _said("signed out"),
    "transcript.flagged": _said("flagged the transcript: {title} gives {score}, threshold {threshold}"),
    "transcript.judged": lambda detail, event, names: (
        f"judged the transcript in run {detail.get('run_id')} of rubric {detail.get('rubric_id')}: "
        + (
            str(detail["score"])
            if detail.get("score") is not None
            else words.reason_in_words(str(detail.get("reason", "")))
        )
    ),
    "transcript.run_asked": _said("asked for run {run_no} of {title} on the transcript"),
    "transcript.scored": _scored,
    "transcript.viewed": _said("opened the transcript ({surface})"),
    "transcripts.ingested": _ingested,
    "transcripts.listed": _listed,
    "upload.cancelled": _said("discarded upload {object}"),
    "upload.failed": _said("could not import upload {object}: {reason}"),
    "upload.imported": _said(
        "imported upload {object}: {n_created} new, {n_existing} there already, {n_conflict} conflicts,"
        " {n_invalid} invalid"
    ),
    "upload.received": _said("received upload {object} ({n_bytes} bytes)"),
    "upload.started": _said("started the import of upload {object}"),
    "upload.viewed": _said("opened the preview of upload {object}"),
    "user.created": _said("made the account of {who}"),
    "user.password_set": _said("set the password of {who}"),
    "user.preferences_chosen": _said("changed how pages look and which keys work"),
    "user.theme_chosen": _said("chose the theme {theme}"),
    "view.deleted": _said("deleted the saved view {object}"),
    "view.saved": _said("saved the view {object} of the queue"),
    "verdict.closed": _said("could no longer undo a verdict on item {object}"),
    "verdict.committed": _verdict("gave a verdict"),
    "verdict.reopened": _said("opened item {object} again: {why}"),
    "verdict.settled": _verdict("settled the verdict"),
    "verdict.undone": _said("took back the verdict on item {object}"),
    "webhook.delivered": _said("delivered {event_type} to {where}: HTTP {status}, attempt {attempt}"),
    "webhook.died": _said("gave up on {event_type} for {where} after attempt {attempt}: {error}"),
    "webhook.queued": _said("queued {event_type} for {where}"),
    "webhook.requested": _said("had {event_type} sent to {where}"),
}
