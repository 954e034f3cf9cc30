"""A house with a row of every model, and hostile text in every field that people or models fill."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import zstandard
from django.apps import apps
from django.db import models

from monitors.base import Evidence, Score
from oversight.accounts import services as accounts
from oversight.accounts.models import Project, Scope, User
from oversight.audit.actors import Actor
from oversight.lib import clock
from oversight.monitoring import services as monitoring
from oversight.review import services as review
from oversight.rubrics import services as rubrics
from tests import factories
from tests.oversight.agreement import desk
from tests.oversight.alerts.arrange import make_endpoint, queued
from tests.oversight.rubrics.words import WORDS
from tests.receiver import Receiver

# Written by our own code from words of our own, or a name by which rows find one another: not for an adversary to fill.
OURS = {
    *("password", "email", "slug", "actor_kind", "actor_id", "on_behalf_of", "action", "object_type"),
    *("object_id", "outcome", "handler", "key_id", "format", "visibility", "notes", "role", "parts"),
    *("prompt_sha256", "door", "state", "reason", "monitor", "params_digest", "queue"),
    *("judge_digest", "cases_sha256", "dialect", "digest", "message_id", "event_type", "key", "mark"),
    *("figures", "set_sha256", "score_state", "technique", "rule", "query", "provenance", "preview"),
    *("first_span", "second_span", "meta"),
}
# Versions never change: their hostile words came by the services.
VERSIONS = frozenset({"monitoring.DeploymentVersion", "rubrics.RubricVersion"})
# Packed numbers, and no text.
NUMBERS = frozenset({"monitoring.SurprisalProfile"})
# What the constraints of a model ask for beyond a value of the right kind.
GIVEN: dict[str, dict[str, Any]] = {
    "review.Span": {"start": 0, "end": 5},
    "rubrics.Result": {"state": "scored", "value": 0.9},
    "compare.Mark": {"first_span": "1:0:5"},
}


def poison(project: Project, lead: User, text: str, receiver: Receiver) -> None:
    """What follows rules comes by services, the rest is written into the rows."""
    _by_services(project, lead, text, receiver)
    _fill()
    for model in models_of_ours():
        if model._meta.label not in VERSIONS:
            _overwrite(model, text)


def models_of_ours() -> list[type[models.Model]]:
    return [model for model in apps.get_models() if model.__module__.startswith("oversight.")]


def _by_services(project: Project, lead: User, text: str, receiver: Receiver) -> None:
    actor = Actor.of(lead)
    transcript = factories.make_transcript(
        project,
        reasoning=f"First {text} a step. Then 6 times 7 is 42.",
        prompt=text,
        answer=text,
        metadata={text: text},
    )
    score = Score(0.9, (Evidence(1, 0, 5, "First", text),), rationale=text)
    factories.make_score(transcript, score=score)
    [deployment] = project.deployments.all()
    monitoring.change_deployment(deployment=deployment, threshold=0.3, why=text, actor=actor)
    factories.make_deployment(project, "judge_misbehaviour_intent", backend="local")
    item = review.queue_flagged(transcript_id=transcript.pk, score=0.9, actor=factories.SYSTEM)
    desk.decide(item, lead, "confirmed", 4, note=text)
    review.queue_flagged(transcript_id=factories.make_transcript(project).pk, score=0.9, actor=factories.SYSTEM)
    accounts.create_api_key(project=project, name="k", scopes=(Scope.READ_META,), actor=factories.SYSTEM)
    queued(project, make_endpoint(project, receiver))
    words = replace(WORDS, definition=text, positive=text, negative=text, lookalike=text, may_use=text)
    rubrics.create_rubric(project=project, name="r", words=words, why=text, by=lead)


def _fill() -> None:
    """A row of every model that has none; each may rest on one that comes later."""
    wanted = [model for model in models_of_ours() if model._meta.label not in NUMBERS]
    waiting = [model for model in wanted if not model._default_manager.exists()]
    while waiting:
        able = [model for model in waiting if all(_has_rows(field) for field in _needed(model))]
        assert able, f"a row is wanted of {[model._meta.label for model in waiting]}"
        for model in able:
            values = {field.name: _value(field) for field in _needed(model)}
            model._default_manager.create(**values | GIVEN.get(model._meta.label, {}))
        waiting = [model for model in waiting if model not in able]


def _needed(model: type[models.Model]) -> Iterator[Any]:
    for field in model._meta.concrete_fields:
        is_given = field.has_default() or field.null or field.generated
        if not is_given and not isinstance(field, (models.AutoField, models.BigAutoField)):
            yield field


def _has_rows(field: Any) -> bool:
    return not isinstance(field, models.ForeignKey) or bool(field.related_model._default_manager.exists())


def _value(field: Any) -> Any:
    if isinstance(field, models.ForeignKey):
        return field.related_model._default_manager.order_by("pk").first()
    if field.choices:
        return field.choices[0][0]
    kinds: dict[type[Any], Any] = {
        models.DateTimeField: clock.now(),
        models.DateField: date(2026, 1, 1),
        models.UUIDField: uuid.uuid4(),
        models.BooleanField: False,
        models.FloatField: 0.5,
        models.IntegerField: 1,
        models.BinaryField: zstandard.compress(b'{"id": "x"}'),
        models.JSONField: {},
    }
    return next((value for kind, value in kinds.items() if isinstance(field, kind)), "x")


def _overwrite(model: type[models.Model], text: str) -> None:
    """Of the first row; names must differ between rows."""
    first = model._default_manager.order_by("pk").values_list("pk", flat=True)[:1]
    for field in model._meta.concrete_fields:
        is_text = isinstance(field, (models.CharField, models.TextField)) and not isinstance(field, models.SlugField)
        if is_text and not (field.choices or field.primary_key or field.name in OURS):
            model._default_manager.filter(pk__in=list(first)).update(**{field.name: text[: field.max_length]})
