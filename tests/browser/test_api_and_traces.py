"""The API's own page and the list of transcripts in Chromium, under our content security policy."""

from __future__ import annotations

from collections.abc import Callable

import httpx
from playwright.sync_api import Page, expect

from tests.browser.conftest import screenshots_folder
from tests.browser.house import House
from tests.factories_native import native


def test_the_openapi_page_works_without_any_other_host(house: House, visitor: Callable[..., Page]) -> None:
    page = visitor("admin")
    page.goto("/api/v1/docs")
    expect(page.get_by_text("Store one transcript or a batch")).to_be_visible()
    page.get_by_text("Store one transcript or a batch").click()
    expect(page.get_by_text("Stored and committed before the answer")).to_be_visible()
    if folder := screenshots_folder():
        page.screenshot(path=folder / "openapi.png")


def test_the_list_shows_what_arrived_and_pages_by_key(house: House, visitor: Callable[..., Page]) -> None:
    page = visitor("reviewer")
    page.goto("/traces/")
    expect(page.get_by_role("heading", name="No transcript has arrived yet")).to_be_visible()
    if folder := screenshots_folder():
        page.screenshot(path=folder / "traces-empty.png")
    house.post(*(native(id=f"run/{i:02}") for i in range(60)))
    page.reload()
    expect(page.get_by_role("link", name="run/59")).to_be_visible()
    if folder := screenshots_folder():
        page.screenshot(path=folder / "traces.png")
    page.keyboard.press("]")
    expect(page.get_by_role("link", name="run/00")).to_be_visible()
    page.get_by_label("External id").fill("run/07")
    page.keyboard.press("Enter")
    expect(page.locator("tbody tr")).to_have_count(1)


def test_a_body_that_is_too_large_is_refused_while_it_is_being_sent(house: House) -> None:
    def body() -> object:
        yield from (b"[" + b" " * 2**20 for _ in range(80))

    headers = {"Authorization": f"Bearer {house.logins['ingest_key']}", "Content-Type": "application/json"}
    try:
        answer = httpx.post(f"{house.url}/api/v1/transcripts", content=body(), headers=headers, timeout=60)  # type: ignore[arg-type]  # chunked, without a length
    except httpx.WriteError:
        return  # refused and closed before all of it was written
    assert answer.status_code == 413
    assert answer.headers["Content-Type"] == "application/problem+json"
