"""Write the settled labels of a project to a file or to standard output."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from oversight.accounts.models import Project, User
from oversight.agreement import export, label_studio
from oversight.agreement.export_views import json_lines
from oversight.agreement.pairs import versions_of
from oversight.audit.actors import Actor
from oversight.review.models import Stream, VerdictLabel
from oversight.review.selectors import Filter as QueueFilter

ACTOR = Actor.system("export_labels")


class Command(BaseCommand):
    """The same records as the page sends, by the same filter; one entry of the audit trail."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("project", help="slug of the project")
        parser.add_argument(
            "--as", dest="kind", choices=["jsonl", "label-studio", "label-studio-config"], default="jsonl"
        )
        parser.add_argument("--out", type=Path, help="file to write; standard output without it")
        parser.add_argument("--label", choices=VerdictLabel.values, default="", help="only items decided as this")
        parser.add_argument("--stream", choices=Stream.values, default="", help="only items of this stream")
        parser.add_argument("--guidelines", type=int, help="id of a label set's version")
        parser.add_argument("--no-text", action="store_true", help="offsets and digests only (jsonl)")

    def handle(self, *args: Any, **options: Any) -> None:
        project = Project.objects.filter(slug=options["project"]).first()
        if project is None:
            raise CommandError(f"There is no project {options['project']!r}.")
        if options["kind"] == "label-studio-config":
            self._write(options["out"], [label_studio.config(versions_of(project.pk)).encode()])
            return
        for_studio = options["kind"] == "label-studio"
        with_text = for_studio or not options["no_text"]
        where = export.Filter(
            queue=QueueFilter(state="decided", stream=options["stream"]),
            version=options["guidelines"],
            label=options["label"],
        )
        # Nobody's own items are asked for, so that it does not matter whose eyes these are.
        ids = export.take(
            project_id=project.pk, user=User(), where=where, kind=options["kind"], with_text=with_text, actor=ACTOR
        )
        found = export.records(ids, with_text=with_text)
        self._write(options["out"], label_studio.array(found) if for_studio else json_lines(found))
        self.stderr.write(f"{len(ids)} items")

    def _write(self, out: Path | None, chunks: Any) -> None:
        if out is None:
            for chunk in chunks:
                sys.stdout.buffer.write(chunk)
            return
        with out.open("wb") as file:
            file.writelines(chunks)
