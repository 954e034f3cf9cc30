"""Make the demo project, its users and its ingest key, once; they are kept in VAR_DIR/secrets/logins.json."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from oversight.accounts import logins


class Command(BaseCommand):
    """Safe to run again. Prints nothing secret unless asked."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--show", action="store_true", help="print the logins and the ingest key")

    def handle(self, *args: Any, **options: Any) -> None:
        ensured = logins.ensure_logins()
        if options["show"]:
            self.stdout.write(f"{logins.as_text(ensured)}{'ingest key':<10} {ensured.ingest_key}")
        else:
            self.stderr.write(f"Logins are in {logins.path()}, readable by you only.")
