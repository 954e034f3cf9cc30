"""What the menus of the queue page offer."""

from __future__ import annotations

from typing import NamedTuple

from django.db import connection

from oversight.accounts.models import User
from oversight.accounts.permissions import TABLE

MOST_RUNS = 200


class Person(NamedTuple):
    """Somebody who can be given items."""

    pk: int
    name: str


class View(NamedTuple):
    """Filters that were kept under a name."""

    pk: int
    name: str
    query: str


class Choices(NamedTuple):
    """What the queue page can be filtered by (runs by value and words), who can be given items, and kept filters."""

    monitors: tuple[str, ...]
    runs: tuple[tuple[str, str], ...]
    people: tuple[Person, ...]
    views: tuple[View, ...]


# Four menus in one statement of texts: as four querysets they cost a sixth of the page.
_CHOICES_SQL = """
SELECT ARRAY(SELECT DISTINCT monitor FROM monitoring_deployment WHERE project_id = %(project)s ORDER BY monitor),
       ARRAY(SELECT ARRAY[id::text, concat_ws(' ', nullif(model, ''), nullif(checkpoint, ''), nullif(name, ''))]
             FROM transcripts_modelrun WHERE project_id = %(project)s ORDER BY model, checkpoint, name LIMIT %(runs)s),
       ARRAY(SELECT ARRAY[u.id::text, u.name] FROM accounts_user u
             JOIN accounts_membership m ON m.user_id = u.id AND m.project_id = %(project)s AND m.role = ANY(%(able)s)
             WHERE u.is_active ORDER BY u.name, u.id),
       ARRAY(SELECT ARRAY[id::text, name, query] FROM review_savedview
             WHERE project_id = %(project)s AND user_id = %(user)s ORDER BY name)
"""


def queue_choices(*, project_id: int, user: User) -> Choices:
    """One query."""
    given: dict[str, int | list[str]] = {
        "project": project_id,
        "user": user.pk,
        "runs": MOST_RUNS,
        "able": sorted(TABLE["item.claim"]),
    }
    with connection.cursor() as cursor:
        cursor.execute(_CHOICES_SQL, given)
        monitors, runs, people, views = cursor.fetchone() or ([], [], [], [])
    return Choices(
        monitors=tuple(monitors),
        runs=tuple((pk, words) for pk, words in runs),
        people=tuple(Person(int(pk), name) for pk, name in people),
        views=tuple(View(int(pk), name, query) for pk, name, query in views),
    )
