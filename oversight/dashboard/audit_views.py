"""The audit trail. To read it is an event too, committed before a row is shown."""

from __future__ import annotations

from django.db import DatabaseError
from django.http import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET

from oversight.accounts.permissions import Request, permitted
from oversight.audit import services as ledger_writer
from oversight.audit.actors import Actor
from oversight.audit.events import LedgerRead
from oversight.dashboard import audit
from oversight.dashboard.audit_forms import bound, filter_of
from oversight.lib import clock
from oversight.lib.csv_export import attachment
from oversight.lib.errors import Invalid, NotFound, Unavailable


@require_GET
@permitted("audit.view")
def audit_list(request: Request) -> HttpResponseBase:
    form = bound(request.GET, request.projects)
    context = {"form": form, "members": audit.members(request.projects)}
    if not form.is_valid():
        return render(request, "audit/list.html", context, status=422)
    where = filter_of(form)
    page = audit.page(request.projects, where)
    _record(request, where.said(), len(page.rows))
    return render(request, "audit/list.html", {**context, "page": page, "query": _query(request)})


@require_GET
@permitted("audit.view")
def audit_event(request: Request, pk: int) -> HttpResponseBase:
    event = audit.full(request.projects, pk)
    if event is None:
        raise NotFound("There is no such event.")
    _record(request, {"event": str(pk)}, 1)
    return render(request, "audit/event.html", {"event": event})


@require_GET
@permitted("audit.export")
def audit_csv(request: Request) -> HttpResponseBase:
    """The filtered rows as a file, the newest 100,000 at most."""
    form = bound(request.GET, request.projects)
    if not form.is_valid():
        raise Invalid("The filter in this address cannot be read. Start again from the audit page.")
    where = filter_of(form)
    _record(request, where.said(), audit.count(request.projects, where), as_csv=True)
    name = f"audit-{clock.now():%Y%m%dT%H%M%SZ}.csv"
    return attachment(request, audit.csv_rows(request.projects, where), name=name)


def _record(request: Request, filters: dict[str, str], n_rows: int, *, as_csv: bool = False) -> None:
    event = LedgerRead(object_id="audit", filters=filters, n_rows=n_rows, as_csv=as_csv)
    try:
        ledger_writer.record_alone(event, Actor.of(request.user))
    except DatabaseError:
        raise Unavailable("The ledger cannot be written, so it is not shown either. Try again in a minute.") from None


def _query(request: Request) -> str:
    """The filter without its place, for links to older rows and to the file."""
    query = request.GET.copy()
    query.pop("before", None)
    return query.urlencode()
