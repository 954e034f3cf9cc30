"""The default set of deployments of a project."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from monitors import registry
from oversight.accounts.models import Project
from oversight.audit.actors import Actor
from oversight.monitoring import services
from oversight.monitoring.models import Backend, Deployment


@dataclass(frozen=True, slots=True)
class Default:
    """What a new project starts with. `asks_model`: the local model, or the model server where one is set."""

    monitor: str
    backend: str = Backend.NONE
    asks_model: bool = False
    sample_share: float = 1.0


# Shares keep two CPU cores usable: the model monitors read a part of what comes in, everything else reads all of it.
DEFAULTS = (
    Default("byte_channels"),
    Default("answer_consistency"),
    Default("language_switching"),
    Default("pattern_channels"),
    Default("known_codes"),
    Default("monitor_directed_text"),
    Default("judge_encoded_reasoning", Backend.RECORDED),
    Default("judge_unfaithful_explanation", Backend.RECORDED),
    Default("lm_surprisal", asks_model=True, sample_share=0.2),
    Default("judge_encoded_reasoning", asks_model=True, sample_share=0.05),
    Default("judge_unfaithful_explanation", asks_model=True, sample_share=0.05),
)


class Command(BaseCommand):
    """Make the default deployments that a project does not have yet; changes none that it has."""

    help = "Make the default deployments of a project."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--project", required=True, help="slug of the project")

    def handle(self, *args: Any, **options: Any) -> None:
        project = Project.objects.filter(slug=options["project"]).first()
        if project is None:
            raise CommandError(f"There is no project {options['project']!r}.")
        for default in DEFAULTS:
            self.stdout.write(f"{default.monitor}: {_ensure(project, default)}")


def _ensure(project: Project, default: Default) -> str:
    if default.monitor not in registry.entries():
        return "skipped, not installed"
    if default.asks_model and settings.MODEL_BACKEND == "none":
        return "skipped, no model is configured"
    backend = _backend(default)
    if Deployment.objects.filter(project=project, monitor=default.monitor, backend=backend).exists():
        return f"stands ({backend})"
    services.create_deployment(
        project=project,
        monitor=default.monitor,
        backend=backend,
        sample_share=default.sample_share,
        why="default set",
        actor=Actor.system("ensure_deployments"),
    )
    return f"made ({backend})"


def _backend(default: Default) -> str:
    if not default.asks_model:
        return default.backend
    return Backend.LOCAL if settings.MODEL_BACKEND == "local" else Backend.SERVER
