"""Signing in and out through the pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from redis.exceptions import ConnectionError as CacheDown

from oversight.accounts.models import User
from oversight.audit.models import LedgerEvent

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery staple"


@pytest.fixture(autouse=True)
def _fresh(settings: Any) -> None:
    cache.clear()
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # Argon2 is slow on purpose


@pytest.fixture
def ann(alice: User) -> User:
    alice.set_password(PASSWORD)
    alice.save()
    return alice


def attempt(client: Client, email: str, password: str, **fields: str) -> Any:
    return client.post("/login/", {"email": email, "password": password, **fields})


def actions() -> list[str]:
    return list(
        LedgerEvent.objects.filter(action__startswith="session.").order_by("pk").values_list("action", flat=True)
    )


def test_the_page_shows_a_form_that_needs_no_script(client: Client) -> None:
    page = client.get("/login/").content.decode()
    assert all(part in page for part in ('type="email"', 'type="password"', "csrfmiddlewaretoken", "Sign in"))


def test_signing_in_makes_a_new_session_and_an_event(client: Client, ann: User) -> None:
    client.session["before"] = 1
    session = client.session
    session["x"] = 1
    session.save()
    client.cookies["oversight"] = str(session.session_key)
    answer = attempt(client, ann.email.upper(), PASSWORD)
    assert answer.status_code == 302
    assert client.session.session_key != session.session_key
    event = LedgerEvent.objects.get(action="session.signed_in")
    assert (event.actor_kind, event.actor_id, event.object_id) == ("user", str(ann.pk), str(ann.pk))


def test_a_wrong_password_tells_nothing_about_the_account(client: Client, ann: User) -> None:
    wrong, unknown = attempt(client, ann.email, "wrong"), attempt(client, "nobody@example.org", "wrong")
    assert (wrong.status_code, unknown.status_code) == (422, 422)
    sentence = "E-mail and password do not go together."
    assert sentence in wrong.content.decode()
    assert sentence in unknown.content.decode()
    assert actions() == ["session.failed", "session.failed"]
    canon = b"".join(bytes(e.canon) for e in LedgerEvent.objects.all())
    assert ann.email.encode() not in canon


def test_the_sixth_attempt_on_an_account_in_a_minute_is_throttled_even_with_the_right_password(
    client: Client, ann: User, clock: Any
) -> None:
    for _ in range(5):
        assert attempt(client, ann.email, "wrong").status_code == 422
    throttled = attempt(client, ann.email, PASSWORD)
    assert throttled.status_code == 429
    assert "_auth_user_id" not in client.session
    clock.advance(minutes=1)
    assert attempt(client, ann.email, PASSWORD).status_code == 302


def test_the_thirty_first_attempt_from_an_address_is_throttled(client: Client, clock: Any) -> None:
    answers = [attempt(client, f"u{i}@example.org", "wrong").status_code for i in range(31)]
    assert answers == [422] * 30 + [429]


def test_good_attempts_do_not_count(client: Client, ann: User, clock: Any) -> None:
    for _ in range(8):
        assert attempt(Client(), ann.email, PASSWORD).status_code == 302


def test_without_a_cache_nobody_is_let_in(client: Client, ann: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(*_: object, **__: object) -> None:
        raise CacheDown

    monkeypatch.setattr(cache, "incr", down)
    answer = attempt(client, ann.email, PASSWORD)
    assert answer.status_code == 503
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("email", ["a\x00@example.org", "x" * 400, "", "\ud800@example.org"])
def test_names_that_are_no_e_mail_are_refused_politely(client: Client, email: str) -> None:
    assert attempt(client, email.encode("utf-8", "replace").decode(), "p\x00w").status_code == 422


@pytest.mark.parametrize(
    ("wanted", "target"),
    [("/traces/?model=x", "/traces/?model=x"), ("https://evil.example/", "/"), ("//evil.example", "/"), ("", "/")],
)
def test_after_signing_in_one_lands_on_pages_of_ours_only(client: Client, ann: User, wanted: str, target: str) -> None:
    assert attempt(client, ann.email, PASSWORD, next=wanted).headers["Location"] == target


def test_an_inactive_user_is_not_let_in(client: Client, ann: User) -> None:
    User.objects.update(is_active=False)
    assert attempt(client, ann.email, PASSWORD).status_code == 422


def test_signing_out_ends_the_session_and_needs_a_post(client_of: Callable[[User], Client], alice: User) -> None:
    client = client_of(alice)
    assert client.get("/logout/").status_code == 405
    answer = client.post("/logout/")
    assert answer.status_code == 302
    assert "_auth_user_id" not in client.session
    assert "cookies" in answer.headers["Clear-Site-Data"]
    assert actions() == ["session.signed_out"]
    client.post("/logout/")
    assert actions() == ["session.signed_out"]


def test_csrf_is_checked(ann: User) -> None:
    assert attempt(Client(enforce_csrf_checks=True), ann.email, PASSWORD).status_code == 403


def test_a_theme_is_chosen_for_oneself(client_of: Callable[[User], Client], alice: User, client: Client) -> None:
    mine = client_of(alice)
    assert mine.post("/account/theme", {"theme": "dark"}).status_code == 302
    assert mine.post("/account/theme", {"theme": "light"}, headers={"HX-Request": "true"}).status_code == 204
    assert mine.post("/account/theme", {"theme": "pink"}).status_code == 422
    assert User.objects.get(pk=alice.pk).theme == "light"
    assert client.post("/account/theme", {"theme": "dark"}).headers["Location"].startswith("/login/")
