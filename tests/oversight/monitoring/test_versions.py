"""Versions of a deployment's settings: made by each change, drafted, promoted, and never changed."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, transaction

from monitors import registry
from monitors.base import Score
from oversight.accounts.models import Project, User
from oversight.audit.actors import Actor
from oversight.audit.models import LedgerDetail, LedgerEvent
from oversight.lib.errors import Conflict, Invalid, NotFound
from oversight.monitoring import parameters, services
from oversight.monitoring.models import Deployment, DeploymentVersion
from tests import factories

pytestmark = pytest.mark.django_db


def numbers(deployment: Deployment) -> list[int]:
    return list(
        DeploymentVersion.objects.filter(deployment=deployment).order_by("number").values_list("number", flat=True)
    )


def test_a_new_deployment_has_version_one_with_its_author(project: Project, dave: User) -> None:
    deployment = services.create_deployment(
        project=project, monitor="byte_channels", params={"max_evidence": 7}, why="try", actor=Actor.of(dave)
    )
    version = deployment.versions.get()
    assert (version.number, version.params, version.made_by_id) == (1, {"max_evidence": 7}, dave.pk)


def test_each_change_of_settings_makes_a_version_and_a_switch_does_not(project: Project) -> None:
    deployment = factories.make_deployment(project)
    services.change_deployment(deployment=deployment, params={"max_evidence": 3}, why="less", actor=factories.SYSTEM)
    services.change_deployment(deployment=deployment, enabled=False, why="noise", actor=factories.SYSTEM)
    deployment.refresh_from_db()
    assert (deployment.number, numbers(deployment)) == (2, [1, 2])
    assert deployment.params_digest == registry.params_digest("byte_channels", {"max_evidence": 3})


def test_a_draft_is_not_live_until_it_is_promoted_and_can_be_left_again(project: Project) -> None:
    deployment = factories.make_deployment(project)
    old = deployment.params_digest
    draft = services.draft_version(
        deployment=deployment, params={"max_evidence": 3}, threshold=0.9, why="try", actor=factories.SYSTEM
    )
    deployment.refresh_from_db()
    assert (draft.number, deployment.number, deployment.params_digest) == (2, 1, old)
    services.promote_version(deployment=deployment, number=2, why="better", actor=factories.SYSTEM)
    deployment.refresh_from_db()
    assert (deployment.number, deployment.params, deployment.threshold) == (2, {"max_evidence": 3}, 0.9)
    services.promote_version(deployment=deployment, number=1, why="worse", actor=factories.SYSTEM)
    deployment.refresh_from_db()
    assert (deployment.number, deployment.params_digest) == (1, old)
    events = LedgerEvent.objects.filter(object_type="deployment").order_by("pk").values_list("pk", "action")
    assert [action for _, action in events] == [
        *("deployment.changed", "deployment.drafted", "deployment.changed", "deployment.changed")
    ]
    detail = LedgerDetail.objects.get(event_id=list(events)[-1][0]).detail or {}
    assert (detail["before"]["number"], detail["after"]["number"], detail["why"]) == (2, 1, "worse")


def test_the_database_refuses_to_change_a_version(project: Project) -> None:
    version = factories.make_deployment(project).versions.get()
    for change in (lambda: DeploymentVersion.objects.update(threshold=0.1), version.delete):
        with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
            change()


@pytest.mark.parametrize(("number", "error"), [(1, Conflict), (9, NotFound)])
def test_only_another_version_that_exists_can_be_promoted(
    project: Project, number: int, error: type[Exception]
) -> None:
    deployment = factories.make_deployment(project)
    with pytest.raises(error):
        services.promote_version(deployment=deployment, number=number, why="x", actor=factories.SYSTEM)


def test_a_promotion_that_equals_another_deployment_is_refused(project: Project) -> None:
    deployment = factories.make_deployment(project)
    factories.make_deployment(project, params={"max_evidence": 3})
    services.draft_version(deployment=deployment, params={"max_evidence": 3}, why="x", actor=factories.SYSTEM)
    with pytest.raises(Conflict):
        services.promote_version(deployment=deployment, number=2, why="x", actor=factories.SYSTEM)


def test_parameters_are_kept_only_where_they_differ_and_with_one_digest(project: Project) -> None:
    entry = registry.entry("lm_surprisal").parameters()
    stored = parameters.checked("lm_surprisal", {**entry, "tail": 30})
    assert stored == {"tail": 30.0}
    assert isinstance(stored["tail"], float)


@pytest.mark.parametrize(
    "params", [{"nonsense": 1}, {"max_evidence": "7"}, {"max_evidence": True}, {"max_evidence": 1.5}]
)
def test_parameters_that_do_not_fit_are_refused(project: Project, params: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        factories.make_deployment(project, params=params)


def test_a_models_own_threshold_goes_before_the_common_one(project: Project) -> None:
    deployment = factories.make_deployment(project)
    services.change_deployment(
        deployment=deployment, model_thresholds={"strict": 0.2}, why="clean data", actor=factories.SYSTEM
    )
    deployment.refresh_from_db()
    scores = [
        factories.make_score(factories.make_transcript(project, model=model), deployment=deployment, score=Score(0.3))
        for model in ("strict", "other")
    ]
    assert [(score.threshold, score.flagged) for score in scores] == [(0.2, True), (0.5, False)]


@pytest.mark.parametrize("thresholds", [{"m": 1.5}, {"m": -0.1}])
def test_a_models_threshold_lies_between_0_and_1(project: Project, thresholds: dict[str, float]) -> None:
    deployment = factories.make_deployment(project)
    with pytest.raises(Invalid):
        services.change_deployment(deployment=deployment, model_thresholds=thresholds, why="x", actor=factories.SYSTEM)
