"""Chromium against a whole house; every page is watched for CSP reports, console errors and foreign requests."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect

from tests.browser.house import House, environment_for, free_port, own_broker
from tests.browser.receiver import Receiver

if TYPE_CHECKING:
    # Imported, it would name the settings to pytest-django before there is a database.
    from oversight.embedded.cluster import Temporary

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]
# Of navigations and expectations alike: machines are shared, and a test that waits costs nothing when all is well.
PATIENCE_MS = 30_000
expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """Debian's or the system's Chromium; none is downloaded."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert path, "no Chromium found: `apt-get install chromium`, or run `make test`, which does it"
    return {"executable_path": path, "args": FLAGS, "headless": True}


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    """A webhook receiver on loopback, allowed to the house by the operator's setting."""
    with Receiver() as listening:
        yield listening


@pytest.fixture(scope="module")
def house(services: Temporary, receiver: Receiver, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One per test module: its own database, its own Valkey database, its own state folder."""
    var, port = tmp_path_factory.mktemp("var"), free_port()
    name = f"house_{secrets.token_hex(6)}"
    addresses = services.clone("oversight_template", name)
    base = {
        **os.environ,
        "DATABASE_URL": addresses.database_url,
        "DATABASE_OWNER_URL": addresses.database_owner_url,
        "REDIS_URL": own_broker(addresses.redis_url),
    }
    extra = {"OUTBOUND_ALLOW": f"127.0.0.1:{receiver.port}", "UNDO_S": "8", "LEASE_S": "10"}
    house = House(environment_for(base, var=var, port=port, **extra), var, port)
    try:
        house.open()
        yield house
    finally:
        house.close()
        services.drop(name)


class Watch:
    """What no page of ours may do."""

    def __init__(self, origin: str) -> None:
        self.origin, self.complaints = origin, list[str]()

    def page(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        page.on("request", self._request)
        page.on("dialog", lambda dialog: self.complaints.append(f"dialog: {dialog.message}"))

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and "WebSocket" not in message.text:
            self.complaints.append(f"console: {message.text}")

    def _request(self, request: Request) -> None:
        place = urlsplit(request.url)
        if place.scheme in ("http", "https", "ws", "wss") and place.netloc != urlsplit(self.origin).netloc:
            self.complaints.append(f"request: {request.url}")


@pytest.fixture
def watch(house: House) -> Iterator[Watch]:
    """Fails the test when any of its pages misbehaved."""
    watching = Watch(house.url)
    yield watching
    assert watching.complaints == []


@pytest.fixture
def visitor(browser: Browser, house: House, watch: Watch) -> Iterator[Callable[..., Page]]:
    """`visitor("reviewer")` is a new browser, signed in through the login page; `visitor(None)` is a stranger."""
    contexts: list[BrowserContext] = []

    def visit(role: str | None, **options: Any) -> Page:
        context = browser.new_context(base_url=house.url, viewport={"width": 1440, "height": 900}, **options)
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = context.new_page()
        watch.page(page)
        if role is not None:
            sign_in(page, house, role)
        return page

    yield visit
    for context in contexts:
        context.close()


def sign_in(page: Page, house: House, role: str) -> None:
    user = house.logins["users"][role]
    page.goto("/login/")
    page.get_by_label("E-mail").fill(user["email"])
    page.get_by_label("Password").fill(user["password"])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/login" not in url)


def screenshots_folder() -> Path | None:
    """Where a developer wants pictures: set SCREENSHOTS to a folder."""
    folder = os.environ.get("SCREENSHOTS")
    return Path(folder) if folder else None
