"""Files through the browser: dropped, looked at, imported; a lost connection; what was refused, and its replay."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Watch, screenshots_folder
from tests.browser.house import House, eventually
from tests.factories_native import native

DATA = Path(__file__).resolve().parents[1] / "data" / "native"
Visitor = Callable[..., Page]
DROP = """([name, bytes]) => {
  const dropped = new DataTransfer();
  dropped.items.add(new File([new Uint8Array(bytes)], name));
  for (const kind of ["dragover", "drop"])
    document.querySelector("[data-drop]").dispatchEvent(new DragEvent(kind, {dataTransfer: dropped, bubbles: true}));
}"""


def picture(page: Page, name: str) -> None:
    if folder := screenshots_folder():
        page.screenshot(path=folder / f"{name}.png", full_page=True)


def lines(*records: object) -> bytes:
    return b"\n".join(json.dumps(record).encode() for record in records)


def test_a_file_is_dropped_previewed_and_imported(house: House, visitor: Visitor) -> None:
    page = visitor("admin")
    page.goto("/traces/upload/")
    expect(page.get_by_text("No file was uploaded yet")).to_be_visible()
    picture(page, "upload-empty")
    page.get_by_label("Run").fill("nightly")
    body = lines(*(native(id=f"up/{i}", answer="<b>391</b>") for i in range(12)), {"nothing": 1})
    page.evaluate(DROP, ["runs.jsonl", list(body)])
    expect(page.get_by_role("heading", name="Preview")).to_be_visible(timeout=30_000)
    expect(page.get_by_text("13 records, 1 would be refused")).to_be_visible()
    expect(page.locator("tbody").first.locator("tr")).to_have_count(10)
    picture(page, "upload-preview")
    page.keyboard.press("i")
    expect(page.get_by_text("12 new, 0 there already, 0 conflicts, 1 invalid")).to_be_visible(timeout=30_000)
    expect(page.get_by_role("heading", name="Rows that were not stored")).to_be_visible()
    picture(page, "upload-done")
    page.get_by_role("link", name="Show transcripts").click()
    expect(page.get_by_role("link", name="up/0", exact=True)).to_be_visible()


def test_an_eval_log_of_a_hostile_name_is_only_a_file(house: House, visitor: Visitor) -> None:
    page = visitor("admin")
    page.goto("/traces/upload/")
    [log] = [path for path in sorted(DATA.rglob("*.eval")) if "XDtHXBaqEHGUBoFoinn2wS" in path.name]
    name = "../<img src=x onerror=alert(1)>\u202egnp.eval"
    page.evaluate(DROP, [name, list(log.read_bytes())])
    expect(page.get_by_role("heading", name="Preview")).to_be_visible(timeout=30_000)
    expect(page.locator("tbody").first.get_by_text("encrypted").first).to_be_visible()
    picture(page, "upload-eval")
    page.get_by_role("button", name="Discard").click()
    expect(page.get_by_text("Discarded. What was stored")).to_be_visible()
    expect(page.locator("#uploads").get_by_text("Discarded").first).to_be_visible()
    picture(page, "upload-history")


def test_a_lost_connection_delays_and_loses_nothing(house: House, visitor: Visitor, watch: Watch) -> None:
    page = visitor("admin")
    page.goto("/traces/upload/")
    # 9 MiB are three pieces; the answer to the second is lost after the server has stored it.
    body = lines(*(native(id=f"long/{i}", prompt="p" * 1_000_000) for i in range(9)))
    lost: list[str] = []

    def lose(route: Route) -> None:
        if route.request.url.endswith("/pieces/1") and not lost:
            lost.append(route.request.url)
            route.fetch()
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route("**/pieces/*", lose)
    path = house.var / "long.jsonl"
    path.write_bytes(body)
    page.get_by_label("Choose files").set_input_files(path)
    expect(page.get_by_role("heading", name="Preview")).to_be_visible(timeout=60_000)
    assert len(lost) == 1
    expect(page.get_by_text("9 records")).to_be_visible()
    # The browser tells of the connection that we cut ourselves.
    assert [complaint for complaint in watch.complaints if "ERR_CONNECTION_RESET" not in complaint] == []
    watch.complaints.clear()


def test_several_files_of_which_one_is_refused(house: House, visitor: Visitor, watch: Watch) -> None:
    page = visitor("admin")
    page.goto("/traces/upload/")
    files = []
    for i in range(2):
        path = house.var / f"several-{i}.jsonl"
        path.write_bytes(lines(native(id=f"several/{i}")))
        files.append(path)
    (house.var / "empty.jsonl").touch()
    page.get_by_label("Choose files").set_input_files([*files, house.var / "empty.jsonl"])
    expect(page.get_by_role("link", name="Preview")).to_have_count(2)
    expect(page.locator("[data-note]", has_text="The file is empty.")).to_be_visible()
    picture(page, "upload-several")
    assert [complaint for complaint in watch.complaints if "422" not in complaint] == []
    watch.complaints.clear()


def test_without_scripts_the_form_works(house: House, visitor: Visitor) -> None:
    page = visitor("admin", java_script_enabled=False)
    page.goto("/traces/upload/")
    path = house.var / "plain.jsonl"
    path.write_bytes(lines(native(id="plain/0")))
    page.get_by_label("Choose files").set_input_files(path)
    # A page cannot be asked for again while the answer to the form is on its way.
    with page.expect_navigation():
        page.get_by_role("button", name="Upload").click()

    def previewed() -> bool:
        page.reload()
        return page.get_by_role("heading", name="Preview").is_visible()

    eventually(previewed, what="the preview")
    with page.expect_navigation():
        page.get_by_role("button", name="Import").click()
    eventually(lambda: page.reload() and page.get_by_text("1 new, 0 there already").is_visible(), what="the import")


def test_what_was_refused_is_looked_at_replayed_and_dismissed(house: House, visitor: Visitor) -> None:
    page = visitor("admin")
    page.goto("/traces/rejected/?state=replayed")
    picture(page, "rejected-none")
    house.post(native(id="twice"))
    house.post(native(id="twice", model="other", answer="\u202e<script>alert(1)</script>"), {"nothing": "\x00\x1b[31m"})
    page.goto("/traces/rejected/")
    expect(page.get_by_role("link", name="409 another transcript with other content")).to_be_visible()
    picture(page, "rejected")
    page.get_by_role("link", name="409 another transcript with other content").click()
    expect(page.locator("pre.bytes")).to_contain_text("\\u202e<script>alert(1)</script>")
    picture(page, "rejected-detail")
    page.keyboard.press("r")
    expect(page.get_by_text("It was refused again")).to_be_visible()
    page.get_by_role("button", name="Dismiss").click()
    expect(page.get_by_role("button", name="Undo dismissal")).to_be_visible()
    page.get_by_role("button", name="Undo dismissal").click()
    expect(page.get_by_role("button", name="Replay")).to_be_visible()
    page.goto("/traces/rejected/")
    page.get_by_role("button", name="Replay all that match").click()
    expect(page.get_by_text("are being read again")).to_be_visible()
    expect(page.locator("#replaying")).to_have_count(0, timeout=30_000)
    page.reload()
    expect(page.get_by_text("Refused again").first).to_be_visible()


def test_the_limits_are_a_page_and_all_pages_are_dark_too(house: House, visitor: Visitor) -> None:
    page = visitor("admin", color_scheme="dark")
    for place in ("limits", "upload", "rejected"):
        page.goto(f"/traces/{place}/")
        expect(page.get_by_role("heading", name="Traces")).to_be_visible()
        picture(page, f"{place}-dark")
    narrow = visitor("admin", color_scheme="light")
    narrow.set_viewport_size({"width": 390, "height": 800})
    for place in ("limits", "upload", "rejected"):
        narrow.goto(f"/traces/{place}/")
        assert narrow.evaluate("document.documentElement.scrollWidth <= innerWidth"), place
        picture(narrow, f"{place}-narrow")
