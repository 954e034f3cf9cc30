"""A verdict on other reviewers' open pages: 200 sockets, each of a queue page that shows the row, and one in Chromium.

From the moment that the verdict's row names (some milliseconds before its commit) until a page was told what its row
shows now, for every page and verdict; and until the row of a real browser's page says so. Every page also asks for the
numbers afterwards, as the script does: nobody's tab is taken to be in the background.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import time
from dataclasses import dataclass, field

import httpx
import psycopg
from playwright.async_api import Page, async_playwright

from tests.bench import large_house, web_process
from tests.bench.bench_ingest import durable_cluster, environment, manage
from tests.bench.open_pages import OpenPages
from tests.bench.web_process import signed_in
from tests.browser.house import free_port

N = int(os.environ.get("BENCH_TRANSCRIPTS", "20000"))
N_SOCKETS, PER_PERSON, N_VERDICTS = 200, 10, 40
N_WEB = 2
# Somebody reads between claim and verdict.
READ_S = 1.0
LIMIT_MS = 300.0
PEOPLE = """
from oversight.accounts.models import Membership, Project, User
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.auth import SESSION_KEY, BACKEND_SESSION_KEY, HASH_SESSION_KEY
from django.conf import settings
project = Project.objects.get(slug="demo")
for n in range({n}):
    user = User.objects.create_user(f"bench{{n}}@example.org", name=f"Bench {{n}}")
    Membership.objects.create(user=user, project=project, role="reviewer")
    session = SessionStore()
    session.update({{SESSION_KEY: str(user.pk), BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0],
                    HASH_SESSION_KEY: user.get_session_auth_hash()}})
    session.create()
    print("SESSION", settings.SESSION_COOKIE_NAME, session.session_key)
"""
# Notes when a row of the page says that it is decided.
WATCH = """() => {
  window.decidedAt = {};
  const note = () => document.querySelectorAll('tr[data-standing="decided"]').forEach((row) => {
    window.decidedAt[row.dataset.item] ??= performance.timeOrigin + performance.now();
  });
  new MutationObserver(note).observe(document.body, { subtree: true, attributes: true, childList: true });
}"""


@dataclass(slots=True)
class Figures:
    """Milliseconds; `last` is for the last of the pages to be told of each verdict."""

    told: list[float] = field(default_factory=list)
    last: list[float] = field(default_factory=list)
    shown: list[float] = field(default_factory=list)
    n_missing: int = 0
    n_doubled: int = 0
    n_asked: int = 0

    def lines(self) -> list[str]:
        return [
            _line(f"a verdict in the frames of {N_SOCKETS} open pages", self.told),
            _line("in the frame of the last of them", self.last),
            _line("in the row of a page in Chromium", self.shown),
            f"pages not told: {self.n_missing}, events told twice: {self.n_doubled},"
            f" requests for numbers meanwhile: {self.n_asked}",
        ]


def _line(what: str, ms: list[float]) -> str:
    at = sorted(ms) or [float("inf")]
    p50, p95 = at[len(at) // 2], at[int(0.95 * (len(at) - 1))]
    verdict = "PASS" if p95 < LIMIT_MS else "OVER"
    return f"{verdict} {what}: p50 {p50:.0f} ms  p95 {p95:.0f} ms  most {at[-1]:.0f} ms  n {len(ms)}"


def main() -> list[str]:
    with durable_cluster() as services:
        services.create("bench")
        port = free_port()
        env = environment(services, "bench", port) | {"DATABASE_POOL": "1"}
        manage(env, "migrate", "-v", "0")
        large_house.fill(env, N)
        with web_process.running(env, port, n_web=N_WEB) as url:
            return measured(env, url)


def measured(env: dict[str, str], url: str) -> list[str]:
    """The lines of a running house that has items to read."""
    cookies = _people(env)
    with signed_in(env, url, "reviewer") as reviewer:
        # The server ends connections that were quiet for some seconds.
        reviewer.headers["Connection"] = "close"
        return asyncio.run(_verdicts(env, url, cookies, reviewer)).lines()


def _people(env: dict[str, str]) -> list[str]:
    """A cookie for each socket."""
    said = manage(env, "shell", "-v", "0", "-c", PEOPLE.format(n=N_SOCKETS // PER_PERSON))
    return [f"{name}={key}" for name, key in re.findall(r"SESSION (\S+) (\S+)", said) for _ in range(PER_PERSON)]


async def _verdicts(env: dict[str, str], url: str, cookies: list[str], reviewer: httpx.Client) -> Figures:
    figures = Figures()
    # The browser is one more page of the first person, who may have ten.
    async with OpenPages(url, cookies[1:]) as pages, async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        context = await browser.new_context()
        name, _, value = cookies[0].partition("=")
        await context.add_cookies([{"name": name, "value": value, "url": url}])
        page = await context.new_page()
        with psycopg.connect(env["DATABASE_OWNER_URL"], autocommit=True) as connection:
            for number in range(N_VERDICTS):
                if number % 10 == 0:
                    await _open(page, url)
                item = await asyncio.to_thread(_decide, reviewer)
                await _note(figures, pages, page, item, _committed_at(connection, item))
        figures.n_doubled = sum(n - 1 for one in pages.pages for n in one.heard.values())
        figures.n_asked = sum(one.n_asked for one in pages.pages)
        await browser.close()
    return figures


async def _open(page: Page, url: str) -> None:
    await page.goto(f"{url}/review/")
    await page.wait_for_selector('html[data-live-state="live"]')
    await page.evaluate(WATCH)


async def _note(figures: Figures, pages: OpenPages, page: Page, item: str, began: float) -> None:
    told = [(at - began) * 1e3 for at in await pages.all_say(item, within_s=20)]
    figures.told += told
    figures.last.append(max(told, default=float("inf")))
    figures.n_missing += len(pages.pages) - len(told)
    if await page.locator(f'tr[data-item="{item}"]').count():
        handle = await page.wait_for_function("(item) => window.decidedAt[item]", arg=item, timeout=20_000)
        figures.shown.append(float(await handle.json_value()) - began * 1e3)


def _committed_at(connection: psycopg.Connection[tuple[object, ...]], item: str) -> float:
    query = "SELECT extract(epoch FROM max(committed_at)) FROM review_verdict WHERE item_id = %s"
    row = connection.execute(query, [item]).fetchone()
    return float(str(row[0])) if row else float("nan")


def _decide(reviewer: httpx.Client) -> str:
    """Claim the next item, read for a while, and commit a verdict; the item's id."""
    page = reviewer.get("/review/").text
    form = {"csrfmiddlewaretoken": _found(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)}
    desk = reviewer.post("/review/next", data=form, follow_redirects=True).text
    action = _found(r'action="(/review/assignments/[^"]+/verdict)"', desk)
    hidden = dict(re.findall(r'<input type="hidden" name="(revision|guidelines)" value="([^"]*)"', desk))
    form["csrfmiddlewaretoken"] = _found(r'name="csrfmiddlewaretoken" value="([^"]+)"', desk)
    time.sleep(READ_S)
    answer = reviewer.post(action, data={**form, "label": "benign", "then": "stay", **hidden})
    if answer.status_code not in (200, 302):
        raise RuntimeError(f"the verdict was answered with {answer.status_code}")
    return _found(r'data-item="(\d+)"', desk)


def _found(pattern: str, page: str) -> str:
    match = re.search(pattern, page)
    if match is None:
        raise RuntimeError(f"the page has nothing like {pattern}")
    return match[1]
