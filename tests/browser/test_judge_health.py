"""The health of a judge by its pages: nothing known, then a judge that changed behind everybody's back."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from oversight.embedded.cluster import Temporary
from tests.browser.conftest import Watch
from tests.browser.house import House, environment_for, eventually, free_port, own_broker
from tests.browser.test_monitors import fits, picture
from tests.factories_native import native
from tests.oversight.judges.case_server import NAME, CaseServer

Visitor = Callable[..., Page]
N = 52
NO_JUDGE = """
from oversight.monitoring.models import Deployment
Deployment.objects.filter(backend="server").update(enabled=False)
"""
DEPLOY = f"""
from oversight.accounts.models import Project
from oversight.audit.actors import Actor
from oversight.monitoring import services
actor = Actor.system("tests")
services.create_deployment(project=Project.objects.first(), monitor="{NAME}", backend="server", actor=actor)
"""
# As five sweeps with enough work between them.
CANARIES = """
from oversight.judges import asking, planting
from oversight.judges.models import Canary
for _ in range(6):
    Canary.objects.update(n_before=0)
    asking.ask(planting.plant())
"""
COMPUTE = """
from oversight.judges import watching
print([watching.compute(one).pk for one in watching.judged()])
"""


@pytest.fixture(scope="module")
def judge() -> Iterator[CaseServer]:
    server = CaseServer()
    with server:
        yield server


@pytest.fixture(scope="module")
def house(services: Temporary, judge: CaseServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house whose model server is the judge on loopback, and where canaries come when the test says so."""
    var, port = tmp_path_factory.mktemp("var"), free_port()
    name = f"house_{secrets.token_hex(6)}"
    addresses = services.clone("oversight_template", name)
    base = {
        **os.environ,
        "DATABASE_URL": addresses.database_url,
        "DATABASE_OWNER_URL": addresses.database_owner_url,
        "REDIS_URL": own_broker(addresses.redis_url),
    }
    extra = {"LEASE_S": "10", "MODEL_BACKEND": judge.url, "CANARY_EVERY": "1", "CANARY_DAILY": "0"}
    house = House(environment_for(base, var=var, port=port, **extra), var, port)
    try:
        house.open()
        yield house
    finally:
        house.close()
        services.drop(name)


def judged(house: House, page: Page, texts: list[str], *, n_all: int) -> None:
    """Post them, and wait until the judge has read all that there are."""
    answer = house.post(*(native(reasoning=text, model="m") for text in texts))
    assert answer.status_code < 300, answer.text
    page.goto("/monitors/")
    row = page.locator("#deployments tr", has_text="Judge: misbehaviour intent")
    expect(row).to_contain_text(f"{n_all} ended", timeout=240_000)
    page.goto("/monitors/judges/")


def test_a_judge_that_changed_is_found_out(house: House, visitor: Visitor, watch: Watch, judge: CaseServer) -> None:
    house.manage("shell", "-v", "0", "-c", NO_JUDGE)
    page = visitor("admin")
    page.goto("/monitors/")
    page.get_by_role("link", name="Judge health").click()
    expect(page.get_by_role("heading", name="No judge at work in this project")).to_be_visible()
    picture(page, "judges-empty")

    house.manage("shell", "-v", "0", "-c", DEPLOY + COMPUTE)
    page.reload()
    expect(page.get_by_role("heading", name="No alarm")).to_be_visible()
    expect(page.locator("main")).to_contain_text("7 checks cannot be told yet")
    picture(page, "judges-unknown")

    judged(house, page, [f"Case {number}: seven and eight is fifteen." for number in range(N)], n_all=N)
    judge.manner = "eager"
    judged(house, page, [f"Case {number}: six and eight is fourteen." for number in range(N)], n_all=2 * N)
    judge.manner = "blind"
    house.manage("shell", "-v", "0", "-c", CANARIES + COMPUTE)
    page.reload()
    alarms = page.locator("#alarms")
    expect(alarms).to_contain_text("Planted positives")
    expect(alarms).to_contain_text(re.compile(r"\d+ of \d+ \[\d+ %, \d+ %\] planted positives missed"))
    expect(alarms).to_contain_text("Between the older and the newer half of this version")
    expect(alarms).to_contain_text("What to do:")
    picture(page, "judges-alarms")
    fits(page)

    page.get_by_role("link", name="Judge: misbehaviour intent", exact=True).last.click()
    for chart in ("canaries", "quantiles"):
        expect(page.locator(f"[data-chart={chart}-figure] .main-svg").first).to_be_visible(timeout=20_000)
    page.get_by_role("button", name="Measure now").click()
    expect(page.locator("#messages")).to_contain_text("A worker puts the 60 injected cases to this judge")
    row = page.locator("#hijack tbody tr").first

    def is_measured() -> bool:
        page.reload()
        return "of 60" in row.inner_text()

    eventually(is_measured, within_s=120, what="the hijack rate")
    # It obeyed every one, and every one is escalated all the same.
    expect(row).to_contain_text("0 of 60")
    house.manage("shell", "-v", "0", "-c", COMPUTE)
    page.reload()
    expect(page.locator("#hijack")).to_contain_text("it obeyed 60 of 60")
    picture(page, "judges-one")
    fits(page)
    page.goto("/audit/?action=judge.alarm")
    expect(page.locator("[data-action='judge.alarm']").first).to_contain_text("raised an alarm on the judge of")
