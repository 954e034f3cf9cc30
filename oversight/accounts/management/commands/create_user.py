"""Make a user with a role in a project; the password is read from standard input, or invented and printed once."""

from __future__ import annotations

import secrets
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from oversight.accounts import services
from oversight.accounts.models import Project, Role
from oversight.audit.actors import Actor
from oversight.lib.errors import ServiceError


class Command(BaseCommand):
    """Passwords never come by argument: other users of the machine can read those."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--name", help="as others see it (default: the e-mail up to the @)")
        parser.add_argument("--project", required=True, metavar="SLUG")
        parser.add_argument("--role", required=True, choices=Role.values)
        parser.add_argument("--password-stdin", action="store_true", help="read the password from standard input")

    def handle(self, *args: Any, **options: Any) -> None:
        project = Project.objects.filter(slug=options["project"]).first()
        if project is None:
            raise CommandError(f"There is no project {options['project']!r}.")
        given = sys.stdin.readline().rstrip("\n") if options["password_stdin"] else ""
        password = given or secrets.token_urlsafe(12)
        name, actor = options["name"] or options["email"].partition("@")[0], Actor.system("create_user")
        try:
            with transaction.atomic():
                user = services.create_user(email=options["email"], name=name, password=password, actor=actor)
                services.set_membership(user=user, project=project, role=Role(options["role"]), actor=actor)
        except ServiceError as error:
            raise CommandError(str(error)) from None
        if not given:
            self.stderr.write("This password is shown once:")
            self.stdout.write(password)
