"""Django's migrate, run as the owner role, followed by the app role's grants."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser
from django.core.management.commands.migrate import Command as Migrate

from oversight.audit import grants


class Command(Migrate):
    """Migrate as the owner, then grant the app role what it may do (and no more)."""

    def add_arguments(self, parser: CommandParser | ArgumentParser) -> None:
        super().add_arguments(parser)  # type: ignore[arg-type]  # the stub wants the narrower CommandParser
        parser.set_defaults(database="owner")

    def handle(self, *args: Any, **options: Any) -> None:
        super().handle(*args, **options)
        if not (options["check_unapplied"] or options["plan"]):
            grants.apply(app_role=settings.DATABASES["default"]["USER"], owner_alias=options["database"])
