"""Make an API key and print it once."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from oversight.accounts import services
from oversight.accounts.models import Project, Scope
from oversight.audit.actors import Actor
from oversight.lib.errors import ServiceError


class Command(BaseCommand):
    """The token goes to standard output, everything else to standard error."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--project", required=True, metavar="SLUG")
        parser.add_argument("--name", required=True, help="what the key is for")
        parser.add_argument("--scope", action="append", required=True, choices=Scope.values, help="may be repeated")
        parser.add_argument("--days", type=int, default=90, help=f"1 to {services.MAX_KEY_DAYS} (default 90)")

    def handle(self, *args: Any, **options: Any) -> None:
        project = Project.objects.filter(slug=options["project"]).first()
        if project is None:
            raise CommandError(f"There is no project {options['project']!r}.")
        scopes = [Scope(scope) for scope in options["scope"]]
        try:
            new = services.create_api_key(
                project=project,
                name=options["name"],
                scopes=scopes,
                days=options["days"],
                actor=Actor.system("create_api_key"),
            )
        except ServiceError as error:
            raise CommandError(str(error)) from None
        self.stderr.write("This key is shown once:")
        self.stdout.write(new.token)
