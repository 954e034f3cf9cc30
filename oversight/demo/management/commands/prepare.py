"""Everything that must be there before the first request of an embedded installation; safe to run at every start."""

from __future__ import annotations

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand

from oversight.accounts import logins


class Command(BaseCommand):
    """Migrate, then make the first logins and the default deployments of their project."""

    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("migrate", interactive=False)
        call_command("ensure_logins")
        call_command("ensure_deployments", project=logins.PROJECT)
