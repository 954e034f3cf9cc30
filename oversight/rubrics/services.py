"""Writers of rubrics: every saving is a new version, and no version changes."""

from __future__ import annotations

from dataclasses import asdict

from django.db import IntegrityError, transaction

from oversight.accounts.models import Project, User
from oversight.audit import services as audit
from oversight.audit.actors import Actor
from oversight.lib import clock
from oversight.lib.errors import Conflict, Invalid
from oversight.rubrics import wording
from oversight.rubrics.events import RubricSaved
from oversight.rubrics.models import Rubric, RubricVersion
from oversight.rubrics.wording import Wording


@transaction.atomic
def create_rubric(*, project: Project, name: str, words: Wording, why: str, by: User) -> RubricVersion:
    """A new rubric with its first version."""
    try:
        with transaction.atomic():
            rubric = Rubric.objects.create(project=project, name=name, created_by=by, created_at=clock.now())
    except IntegrityError:
        raise Conflict("This project has a rubric of that name.", place="name") from None
    return _keep(rubric, words, sorted(asdict(words)), why, by)


@transaction.atomic
def save_version(*, rubric: Rubric, based_on: int, words: Wording, why: str, by: User) -> RubricVersion:
    """The next version. Raises Conflict when somebody saved one since `based_on`, Invalid when nothing differs."""
    if not why.strip():
        raise Invalid("Say in a few words why.", place="why")
    current = Rubric.objects.select_for_update().get(pk=rubric.pk)
    if current.number != based_on:
        raise Conflict(f"Somebody has saved version {current.number} meanwhile. Look at it, then save yours again.")
    before = wording.wording_of(current.versions.get(number=current.number))
    changed = [one.part for one in wording.differences(before, words)]
    if not changed:
        raise Invalid("These are the words of the newest version already.")
    current.number += 1
    current.save(update_fields=["number"])
    return _keep(current, words, changed, why, by)


def _keep(rubric: Rubric, words: Wording, changed: list[str], why: str, by: User) -> RubricVersion:
    prompt_sha256 = wording.prompt_sha256(words.rubric(f"rubric_{rubric.pk}"))
    version = RubricVersion.objects.create(
        rubric=rubric,
        number=rubric.number,
        **wording.stored(words),
        prompt_sha256=prompt_sha256,
        why=why.strip(),
        made_by=by,
        at=clock.now(),
    )
    audit.record(
        RubricSaved(
            object_id=str(rubric.pk),
            project_id=rubric.project_id,
            number=version.number,
            prompt_sha256=prompt_sha256,
            changed=changed,
            why=version.why,
        ),
        Actor.of(by),
    )
    return version
