"""Hostile text in every field that people or models fill, and then every page: text there, and in its place."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser
from uuid import UUID

import pytest
from django.test import Client
from pytest_django import Settings

from oversight.accounts.models import Project, User
from tests.oversight.dashboard.poisoned import models_of_ours, poison
from tests.oversight.dashboard.walk import filled, routes
from tests.receiver import Receiver

SignIn = Callable[[User], Client]
MARK = "zq7"
# What would be run, and an override that turns round what follows it in its line.
TEXTS = {"markup": f"\"'><script>{MARK}(1)</script><img src=x onerror={MARK}(2)><!--", "direction": f"{MARK}\u202e"}
# What this walk does not reach: keys and not sessions open it, or it wants an object in a state of its own.
ELSEWHERE = {
    "": "leads to the first page",
    "api/v1/": "wants a key",
    "api/v1/limits": "wants a key",
    "api/v1/rejected": "wants a key",
    "api/v1/rejected/<uuidstr:rejected_id>/replay": "wants a key",
    "api/v1/transcripts/<uuidstr:transcript_id>": "wants a key",
    "api/v1/transcripts/<uuidstr:transcript_id>/raw": "wants a key",
    "login/": "who is signed in does not see it",
    "compare/json": "a worker compares first: tests/oversight/compare",
    "compare/state": "a worker compares first: tests/oversight/compare",
    "monitors/bench/<int:pk>/": "a worker scores first: tests/oversight/dashboard/test_bench.py",
    "monitors/installed/<str:name>/": "is named by our own words",
    "review/adjudicate/<int:pk>": "two readers differ first: tests/oversight/agreement",
    "rubrics/results/<int:pk>/show": "leads to the transcript",
}


class Page(HTMLParser):
    """Collects what of a page would run, and where text could turn round its line."""

    VOID = frozenset(
        {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr", "path", "use"}
    )
    ISOLATING = frozenset({"bdi", "title", "option", "textarea", "script"})

    def __init__(self) -> None:
        super().__init__()
        self.inside: list[tuple[str, dict[str, str | None]]] = []
        self.run: set[str] = set()
        self.turned: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        own = dict(attrs)
        if any(MARK in name or name.startswith("on") for name in own) or own.get("src") == "x":
            self.run.add(f"{self.path} > {tag}")
        if tag not in self.VOID:
            self.inside.append((tag, own))

    def handle_endtag(self, tag: str) -> None:
        while self.inside and self.inside.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if MARK in data and any(tag == "script" and own.get("type") != "application/json" for tag, own in self.inside):
            self.run.add(self.path)
        if "\u202e" in data and not any(self.isolates(tag, own) for tag, own in self.inside):
            self.turned.add(self.path)

    def isolates(self, tag: str, own: dict[str, str | None]) -> bool:
        # trace.css turns each line of a step by itself; tests/browser/test_offsets.py looks at that.
        is_step = tag == "li" and re.fullmatch(r"p\d+s\d+", own.get("id") or "")
        return tag in self.ISOLATING or "dir" in own or "foreign" in (own.get("class") or "").split() or bool(is_step)

    @property
    def path(self) -> str:
        return " > ".join(f"{tag}.{own.get('class') or ''}" for tag, own in self.inside[-3:])


def read(html: str) -> Page:
    page = Page()
    page.feed(html)
    page.close()
    return page


def known() -> dict[str, list[str]]:
    """Ids that could stand in an address."""
    ids = {
        pk
        for model in models_of_ours()
        for pk in model._default_manager.order_by("pk").values_list("pk", flat=True)[:3]
    }
    numbers = sorted(pk for pk in ids if isinstance(pk, int))
    return {"int": [str(pk) for pk in numbers], "uuid": sorted(str(pk) for pk in ids if isinstance(pk, UUID))}


@pytest.mark.django_db
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_every_page_shows_hostile_text_as_text_in_its_place(
    text: str, project: Project, dave: User, carol: User, client_of: SignIn, settings: Settings
) -> None:
    with Receiver() as receiver:
        settings.OUTBOUND_ALLOW = (receiver.place,)
        poison(project, dave, text, receiver)
    client, objects = client_of(carol), known()
    found: dict[str, set[str]] = {}
    answered: dict[str, set[int]] = {}
    shown = set()
    for route in routes():
        for address in filled(route, objects) if "logout" not in route else ():
            answer = client.get(address)
            answered.setdefault(route, set()).add(answer.status_code)
            if answer.status_code == 405:
                break
            body = b"".join(answer) if answer.streaming else answer.content
            if "html" in answer.get("content-type", "") and MARK.encode() in body:
                shown.add(route)
                page = read(body.decode())
                found.setdefault(route, set()).update(page.run | page.turned)
    unreached = {route for route, codes in answered.items() if not codes & {200, 405}}
    assert unreached == set(ELSEWHERE)
    assert {route: places for route, places in found.items() if places} == {}
    assert len(shown) > 50, "hardly any page showed the text"
