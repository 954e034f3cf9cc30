"""The trace page of a text of 500,000 characters in Chromium, against the budgets it was designed to.

A real web process on a durable cluster, a transcript of real prose with two hundred marks, a viewport of 1440 x 900,
medians of three. Chromium draws without a GPU here, and the machine runs the server beside it. The prose comes as it
was written, in some nine thousand short steps, and in long ones, of which the budgets were set for a thousand.
"""

from __future__ import annotations

import gzip
import json
import os
import random
import re
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from monitors.segment import segment
from tests.bench import web_process
from tests.bench.bench_ingest import durable_cluster, environment, manage
from tests.browser.conftest import FLAGS
from tests.browser.house import free_port
from tests.factories_native import native

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "oversight" / "demo" / "data" / "transcripts.jsonl.gz"
CHARS, N_LONG_STEPS, RUNS, REQUESTS, MARKS = 500_000, 1_004, 3, 20, 200
NEEDLE = "the needle that stands near the end"
STORE = """
import json, sys
from oversight.accounts.models import Project
from oversight.monitoring.models import Deployment
from oversight.transcripts.models import Transcript
from monitors.base import Evidence, Score
from tests import factories
from django.db import transaction
body = json.load(open({path!r}))
project = Project.objects.order_by("pk").first()
with transaction.atomic():
    transcript = factories.make_transcript(project, payload=body["record"])
    deployment = Deployment.objects.filter(monitor="pattern_channels").first()
    deployment = deployment or factories.make_deployment(project, "pattern_channels", stage=0)
    marks = tuple(Evidence(1, a, b, q) for a, b, q in body["marks"])
    factories.make_score(transcript, deployment=deployment, score=Score(0.9, marks))
print(transcript.pk)
"""
# Runs before any script of the page: what the browser tells of its long tasks.
WATCH = """
window.longTasks = [];
const watching = new PerformanceObserver((list) => window.longTasks.push(...list.getEntries().map((e) => e.duration)));
watching.observe({type: "longtask", buffered: true});
"""
# Till the step has been still for three frames; where it should lie is said by its margin and the page's padding.
JUMP = """async (id) => {
  const step = document.getElementById(id);
  const top = () => step.getBoundingClientRect().top;
  const aim = parseFloat(getComputedStyle(step).scrollMarginTop)
    + parseFloat(getComputedStyle(document.documentElement).scrollPaddingTop);
  const began = performance.now();
  location.hash = id;
  let [last, still, landed] = [NaN, 0, began];
  for (let i = 0; i < 120 && still < 3; i += 1) {
    await new Promise(requestAnimationFrame);
    still = Math.abs(top() - last) < 1 ? still + 1 : 0;
    if (!still) landed = performance.now();
    last = top();
  }
  return [landed - began, Math.abs(last - aim)];
}"""
FIND = """async (needle) => {
  document.querySelector("[data-find-open]").click();
  const field = document.getElementById("find");
  field.value = needle;
  const began = performance.now();
  field.dispatchEvent(new KeyboardEvent("keydown", {key: "Enter", bubbles: true}));
  while (!CSS.highlights.get("find-here")?.size) {
    await new Promise(requestAnimationFrame);
    if (performance.now() - began > 5000) return -1;
  }
  const elapsed = performance.now() - began;
  field.dispatchEvent(new KeyboardEvent("keydown", {key: "Escape", bubbles: true}));
  return elapsed;
}"""


def prose() -> str:
    """Five hundred thousand characters of the reasoning that the demo's models wrote, text after text."""
    lines = gzip.decompress(DEMO.read_bytes()).decode().splitlines()
    found = [reasoning for line in lines if (reasoning := json.loads(line).get("reasoning"))]
    random.Random(6).shuffle(found)
    text = "\n\n".join(found * (1 + CHARS // sum(map(len, found))))
    return text[: CHARS - 2_000] + f"\n\nHere is {NEEDLE}. " + "So it ends. " * 100


def in_long_steps(text: str) -> str:
    """The same words in a ninth of the sentences."""
    steps = [text[start:end].rstrip(".!?: ").replace("\n", " ") for start, end in segment(text)]
    n = -(-len(steps) // N_LONG_STEPS)
    return " ".join(f"{', '.join(steps[at : at + n])}." for at in range(0, len(steps), n))[:CHARS]


def marks_of(text: str) -> list[tuple[int, int, str]]:
    draw = random.Random(7)
    starts = sorted(draw.sample(range(0, len(text) - 100), MARKS))
    return [(at, at + 40, text[at : at + 40]) for at in starts]


def main() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder, durable_cluster() as services:
        services.create("bench")
        port = free_port()
        env = environment(services, "bench", port)
        manage(env, "migrate", "-v", "0")
        manage(env, "ensure_logins")
        texts = (prose(), in_long_steps(prose()))
        pks = [_stored(env, text, Path(folder) / "long.json") for text in texts]
        with web_process.running(env, port) as url, web_process.signed_in(env, url, "reviewer") as client:
            for pk, text in zip(pks, texts, strict=True):
                yield from _served(client, f"/traces/{pk}/", len(text))
                yield from _drawn(url, f"/traces/{pk}/", dict(client.cookies))


def _stored(env: dict[str, str], text: str, path: Path) -> str:
    """The id of its transcript."""
    record = native(prompt="Think at length.", reasoning=text)
    path.write_text(json.dumps({"record": record, "marks": marks_of(text)}))
    return manage(env, "shell", "-v", "0", "-c", STORE.format(path=str(path))).strip().splitlines()[-1]


def _served(client: Any, path: str, n_chars: int) -> Iterator[str]:
    times = []
    for _ in range(1 + REQUESTS):
        began = time.perf_counter()
        answer = client.get(path, headers={"Accept-Encoding": "zstd"})
        times.append((time.perf_counter() - began) * 1000)
    body, packed = answer.content, answer.num_bytes_downloaded
    assert answer.headers["Content-Encoding"] == "zstd"
    steps = len(re.findall(rb'<li[^>]* id="p1s', body))
    yield f"text                 {n_chars:,} characters, {steps:,} steps, {MARKS} marks"
    yield f"HTML raw             {len(body) / 1000:6.0f} kB    budget  650"
    yield f"HTML as sent (zstd)  {packed / 1000:6.0f} kB    budget  200 (br)"
    first, *later = times
    yield f"whole answer, first  {first:6.0f} ms    not budgeted: the process reads its templates"
    yield f"whole answer p50     {statistics.median(later):6.0f} ms    not budgeted"
    yield f"whole answer p95     {statistics.quantiles(later, n=20)[-1]:6.0f} ms    budget  250"


def _drawn(url: str, path: str, cookies: dict[str, str]) -> Iterator[str]:
    found = [_visit(url, path, cookies) for _ in range(RUNS)]
    budgets = {
        "first paint": ("ms", "500"),
        "keys bound": ("ms", "800"),
        "jump to step": ("ms", "100"),
        "lands off by": ("px", "2"),
        "find first hit": ("ms", "150"),
        "longest task": ("ms", "200"),
    }
    for name, (unit, budget) in budgets.items():
        yield f"{name:20} {statistics.median(one[name] for one in found):6.1f} {unit}    budget  {budget}"


def _visit(url: str, path: str, cookies: dict[str, str]) -> dict[str, float]:
    chromium = shutil.which("chromium") or os.environ.get("CHROMIUM", "chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        context = browser.new_context(base_url=url, viewport={"width": 1440, "height": 900})
        context.add_cookies([{"name": name, "value": value, "url": url} for name, value in cookies.items()])
        context.add_init_script(WATCH)
        page = context.new_page()
        page.goto(path, wait_until="load")
        page.wait_for_function("document.documentElement.dataset.liveState !== 'off'")
        found = _figures(page)
        browser.close()
    return found


def _figures(page: Page) -> dict[str, float]:
    paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    sent = page.evaluate("performance.getEntriesByType('navigation')[0].responseStart")
    bound = page.evaluate("performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd")
    steps = page.locator('[data-part="1"] .chunk li').evaluate_all("steps => steps.map((step) => step.id)")
    jumps = [page.evaluate(JUMP, steps[len(steps) * n // 6]) for n in (5, 1, 4, 2, 3)]
    hit = page.evaluate(FIND, NEEDLE)
    tasks = page.evaluate("window.longTasks")
    return {
        "first paint": paint - sent,
        "keys bound": bound - sent,
        "jump to step": statistics.median(one[0] for one in jumps),
        "lands off by": max(one[1] for one in jumps),
        "find first hit": hit,
        "longest task": max(tasks, default=0.0),
    }
