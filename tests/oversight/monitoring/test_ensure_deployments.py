"""The default set of deployments."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from monitors import registry
from oversight.accounts.models import Project
from oversight.monitoring.management.commands.ensure_deployments import DEFAULTS
from oversight.monitoring.models import Deployment

pytestmark = pytest.mark.django_db


def ensure(slug: str) -> str:
    out = StringIO()
    call_command("ensure_deployments", "--project", slug, stdout=out)
    return out.getvalue()


def test_the_default_set_is_made_once(project: Project) -> None:
    assert "byte_channels: made (none)" in ensure(project.slug)
    made = Deployment.objects.count()
    assert made == sum(default.monitor in registry.entries() for default in DEFAULTS)
    assert "byte_channels: stands (none)" in ensure(project.slug)
    assert Deployment.objects.count() == made


def test_thresholds_are_the_monitors_own(project: Project) -> None:
    ensure(project.slug)
    for deployment in Deployment.objects.all():
        assert deployment.threshold == registry.entry(deployment.monitor).threshold


def test_recorded_verdicts_come_before_judges_that_are_asked(project: Project) -> None:
    ensure(project.slug)
    stages = dict(Deployment.objects.filter(monitor="judge_encoded_reasoning").values_list("backend", "stage"))
    assert stages == {"recorded": 1, "local": 2}


def test_what_a_person_changed_stays(project: Project) -> None:
    ensure(project.slug)
    Deployment.objects.filter(monitor="byte_channels").update(threshold=0.9, enabled=False)
    ensure(project.slug)
    deployment = Deployment.objects.get(monitor="byte_channels")
    assert (deployment.threshold, deployment.enabled) == (0.9, False)


def test_an_unknown_project_is_named(db: None) -> None:
    with pytest.raises(CommandError, match="no project 'nowhere'"):
        ensure("nowhere")
