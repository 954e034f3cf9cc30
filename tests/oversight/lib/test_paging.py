"""Pages by key: every row once, on the way there and on the way back, whatever ties and directions there are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from oversight.accounts.models import Project
from oversight.lib.errors import Malformed
from oversight.lib.paging import Groups, Page, keyset_page
from oversight.review.models import Queue, ReviewItem
from oversight.transcripts.models import ModelRun, Transcript
from tests import factories

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
URGENT = ("-priority", "pk")


@pytest.fixture
def items(project: Project) -> list[int]:
    """Eleven, most urgent first, among them ties and priorities that are no round numbers."""
    queue = Queue.objects.create(project=project, name="Flagged")
    priorities = [0.9, 0.1 + 0.2, 1e-07, 0.9, 0.5, 1.0, 0.1 + 0.2, 0.9, 0.0, 1e-07, 0.7]
    for number, priority in enumerate(priorities):
        ReviewItem.objects.create(
            queue=queue,
            project=project,
            transcript=factories.make_transcript(project, id=f"t{number}"),
            priority=priority,
            created_at=NOON,
        )
    return list(ReviewItem.objects.order_by("-priority", "pk").values_list("pk", flat=True))


def ids(page: Page[ReviewItem]) -> list[int]:
    return [row.pk for row in page.rows]


def test_falling_and_rising_fields_page_there_and_back(items: list[int]) -> None:
    rows, seen, page = ReviewItem.objects.all(), [], keyset_page(ReviewItem.objects.all(), by=URGENT, size=3)
    pages = [page]
    while page.older:
        page = keyset_page(rows, by=URGENT, older=page.older, size=3)
        pages.append(page)
    for page in pages:
        seen += ids(page)
    assert seen == items
    for before, after in pairwise(pages):
        assert ids(keyset_page(rows, by=URGENT, newer=after.newer, size=3)) == ids(before)
    assert not pages[0].newer


@pytest.mark.parametrize("key", ["x", "0.5", "-1", "0.5-x", "nan-1", "inf-1", "1_0-1", "0.5-1_0", "0.5-9" + "9" * 19])
def test_what_is_no_key_of_this_order_is_refused(items: list[int], key: str) -> None:
    with pytest.raises(Malformed):
        keyset_page(ReviewItem.objects.all(), by=URGENT, older=key)


def test_groups_give_the_same_pages_as_all_rows_together(project: Project) -> None:
    for number in range(12):
        made = factories.make_transcript(project, id=f"t{number}", model=f"model-{number % 3}")
        Transcript.objects.filter(pk=made.pk).update(received_at=NOON + timedelta(seconds=number // 4))
    rows = Transcript.objects.all()
    groups: Groups[Transcript] = Groups(ModelRun.objects.filter(project=project), "model_run", Transcript.objects.all())
    whole, parted = keyset_page(rows, size=5), keyset_page(rows, size=5, groups=groups)
    while whole.older:
        assert (whole.rows, whole.older, whole.newer) == (parted.rows, parted.older, parted.newer)
        parted = keyset_page(rows, older=whole.older, size=5, groups=groups)
        whole = keyset_page(rows, older=whole.older, size=5)
    assert whole.rows == parted.rows
    back = keyset_page(rows, newer=whole.newer, size=5)
    assert keyset_page(rows, newer=whole.newer, size=5, groups=groups).rows == back.rows
