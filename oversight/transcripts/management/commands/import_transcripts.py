"""Import files of transcripts (native, chat completions or dataset records; JSON Lines or JSON; plain, .gz, .zst)."""

from __future__ import annotations

from argparse import ArgumentParser
from collections import Counter
from pathlib import Path
from typing import IO, Any, cast

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from oversight.accounts.models import Project
from oversight.audit.actors import Actor
from oversight.transcripts import files
from oversight.transcripts.intake import Outcome, take_in

ACTOR = Actor.system("import")
SHOWN_ERRORS = 100


class Command(BaseCommand):
    """Batches of 100 are committed each: stopped half-way, the same command goes on, since what is there is known."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="files, or folders of them")
        parser.add_argument("--project", required=True, metavar="NAME", help="the project's slug or name")
        parser.add_argument("--run", default="", help="a name for what the models produced, shown in lists")

    def handle(self, *args: Any, **options: Any) -> None:
        project = _project(options["project"])
        paths = files.found(options["paths"])
        counts: Counter[str] = Counter()
        # The stream below Django's wrapper, which would end every piece of the progress bar with a newline.
        stream = cast(IO[str], self.stderr._out)
        console = Console(file=stream, highlight=False, soft_wrap=True)
        with _progress(console) as progress:
            bar = progress.add_task("", total=sum(_size(path) for path in paths), counts="")
            for path in paths:
                progress.update(bar, description=_printable(path.name))
                slices = files.records(path, on_read=lambda n_bytes: progress.advance(bar, n_bytes))
                for outcomes in take_in(slices, project=project, door="import", run=options["run"], actor=ACTOR):
                    self._tell(path, outcomes, counts, console)
                    progress.update(bar, counts=f"{sum(counts.values())} records")
        self._summary(paths, counts, console)

    def _tell(self, path: Path, outcomes: list[Outcome], counts: Counter[str], console: Console) -> None:
        for outcome in outcomes:
            counts[outcome.result.status.value] += 1
            if outcome.error and counts["conflict"] + counts["invalid"] <= SHOWN_ERRORS:
                place = f" (at {outcome.error.place})" if outcome.error.place else ""
                line = f"{_printable(str(path))}:{outcome.number}: {outcome.error}{place}"
                console.print(_printable(line), markup=False)

    def _summary(self, paths: list[Path], counts: Counter[str], console: Console) -> None:
        failed = counts["conflict"] + counts["invalid"]
        if failed > SHOWN_ERRORS:
            console.print(f"... and {failed - SHOWN_ERRORS} more errors")
        console.print(
            f"{len(paths)} files, {sum(counts.values())} records: {counts['created']} new, {counts['existing']} there"
            f" already, {counts['conflict']} conflicts, {counts['invalid']} invalid",
            markup=False,
        )
        if failed:
            raise CommandError(f"{failed} records were not imported.")


def _project(name: str) -> Project:
    found = Project.objects.filter(slug=name).first() or Project.objects.filter(name=name).first()
    if found is None:
        known = ", ".join(Project.objects.order_by("slug").values_list("slug", flat=True)) or "none yet"
        raise CommandError(f"There is no project {name!r} (there are: {known}).")
    return found


def _progress(console: Console) -> Progress:
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn())
    more = (TextColumn("{task.fields[counts]}", markup=False), TimeRemainingColumn())
    return Progress(*columns, *more, console=console, disable=not console.is_terminal)


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _printable(text: str) -> str:
    """A terminal obeys control characters in names: they are shown instead."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in text)
