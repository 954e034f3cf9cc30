// @ts-check
/**
 * The queue page. New items count into a pill and never move a row; rows on screen are patched where they stand.
 */

import { inPlace, rows } from "./queue_rows.js";

const root = /** @type {HTMLElement} */ (document.querySelector("[data-queue]"));
const pill = /** @type {HTMLButtonElement} */ (root.querySelector("[data-new-pill]"));
const status = /** @type {HTMLElement} */ (root.querySelector("[data-new-status]"));
const trouble = /** @type {HTMLElement} */ (root.querySelector("[data-queue-error]"));
const NEAR_MS = 40;
const FAR_MS = 400;
const ANNOUNCE_MS = 10_000;
const MOST = 100;

/** @type {Set<string>} items that the page's filter lets through and that are not on it yet */
const fresh = new Set();
/** @type {Set<string>} items on screen that an event named since the last look */
const near = new Set();
/** @type {Set<string>} and those that are not on screen */
const far = new Set();
let nearTimer = 0;
let farTimer = 0;
let announcedAt = 0;
let isLate = false;
// What comes with a frame is for the list of open items: of a page with filters only the server knows what it holds.
const isPlain = [...new URLSearchParams(location.search)].every(
  ([name, value]) => !value || ["project", "older", "newer"].includes(name) || (name === "state" && value === "open"),
);

// Chromium would correct the scroll position a second time, behind our own correction.
document.documentElement.style.overflowAnchor = "none";
pill.style.visibility = "hidden";
pill.disabled = true;
pill.hidden = false;

/** @param {string} id @returns {HTMLTableRowElement | null} */
function rowOf(id) {
  return root.querySelector(`tr[data-item="${CSS.escape(id)}"]`);
}

/** @param {string} part @param {Record<string, string>} more */
async function get(part, more) {
  const url = new URL(part, location.href);
  for (const [name, value] of new URLSearchParams(location.search)) url.searchParams.set(name, value);
  for (const [name, value] of Object.entries(more)) url.searchParams.set(name, value);
  const answer = await fetch(url, { headers: { "X-Part": "rows" }, redirect: "error" });
  if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

/** @param {HTMLTableRowElement} row @param {HTMLTableRowElement} with_ */
function patch(row, with_) {
  const hadFocus = row.contains(document.activeElement) && document.activeElement !== row;
  row.className = with_.className;
  row.dataset.standing = with_.dataset.standing;
  row.dataset.matches = with_.dataset.matches || "yes";
  for (const cell of with_.querySelectorAll("[data-cell]")) {
    const old = row.querySelector(`[data-cell="${/** @type {HTMLElement} */ (cell).dataset.cell}"]`);
    if (old && old.textContent !== cell.textContent) old.replaceChildren(...document.importNode(cell, true).childNodes);
  }
  if (hadFocus && !row.contains(document.activeElement)) row.focus({ preventScroll: true });
}

/** What happened to rows on screen is asked at once; the numbers, and what is not on the page, a little later. */
async function lookNear() {
  nearTimer = 0;
  if (!near.size) return;
  const ids = take(near);
  try {
    patchAll(await get(root.dataset.changes || "", { ids: ids.join(","), project: root.dataset.project || "" }));
  } catch {
    failed(ids, near);
  }
}

async function lookFar() {
  farTimer = 0;
  // A page that nobody looks at asks when somebody does.
  isLate = document.hidden;
  if (isLate) return;
  const ids = take(far);
  try {
    const page = await get(root.dataset.changes || "", { ids: ids.join(","), counts: "1", project: root.dataset.project || "" });
    patchAll(page);
    showPill();
    showCounts(page);
  } catch {
    failed(ids, far);
  }
  if (far.size) soon();
}

/** @param {Set<string>} from */
function take(from) {
  const ids = Array.from(from).slice(0, MOST);
  ids.forEach((id) => from.delete(id));
  return ids;
}

/** @param {Document} page */
function patchAll(page) {
  trouble.hidden = true;
  for (const row of page.querySelectorAll("tr")) {
    const here = rowOf(row.dataset.item || "");
    if (here) patch(here, row);
    else if (row.dataset.matches === "yes") fresh.add(row.dataset.item || "");
    else fresh.delete(row.dataset.item || "");
  }
}

/** What could not be asked for is asked for with the next event, or when the reader wants it. @param {string[]} ids @param {Set<string>} of */
function failed(ids, of) {
  ids.forEach((id) => of.add(id));
  trouble.hidden = false;
}

function soon() {
  if (near.size && !nearTimer) nearTimer = setTimeout(lookNear, NEAR_MS);
  if (!farTimer) farTimer = setTimeout(lookFar, FAR_MS + spread());
}

/** Every open page got the same frame: they do not all ask at the same moment. */
function spread() {
  return Math.random() * Number(document.documentElement.dataset.liveSpreadMs || 0);
}

function showPill() {
  const text = `${fresh.size} new`;
  /** @type {HTMLElement} */ (pill.querySelector("[data-new-text]")).textContent = text;
  pill.style.visibility = fresh.size ? "visible" : "hidden";
  pill.disabled = !fresh.size;
  if (!fresh.size || Date.now() - announcedAt < ANNOUNCE_MS) return;
  announcedAt = Date.now();
  status.textContent = `${text}. Press full stop to show them.`;
}

/** @param {Document} page */
function showCounts(page) {
  const counts = /** @type {HTMLElement | null} */ (page.querySelector("[data-counts]"))?.dataset || {};
  for (const shown of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-count]"))) {
    shown.textContent = counts[shown.dataset.count || ""] ?? shown.textContent;
  }
  root.querySelector("[data-overdue]")?.classList.toggle("overdue", !counts.overdue?.startsWith("0 "));
}

async function merge() {
  const page = await get(location.pathname, { project: root.dataset.project || "" });
  const body = root.querySelector("[data-items]");
  const incoming = Array.from(/** @type {NodeListOf<HTMLTableRowElement>} */ (page.querySelectorAll("tr[data-item]")));
  if (!body) {
    const all = /** @type {HTMLElement} */ (root.querySelector("[data-rows]"));
    all.replaceChildren(...document.importNode(page.body, true).childNodes);
  } else {
    inPlace(() => insert(body, incoming));
  }
  fresh.clear();
  status.textContent = "";
  showPill();
}

/** New rows before the row that follows them on the server; decided rows go. @param {Element} body @param {HTMLTableRowElement[]} incoming */
function insert(body, incoming) {
  /** @type {HTMLTableRowElement | null} */
  let next = null;
  for (const row of incoming.reverse()) {
    const here = rowOf(row.dataset.item || "");
    if (here) patch(here, row);
    const placed = here || document.importNode(row, true);
    if (!here) body.insertBefore(placed, next);
    next = placed;
  }
  const kept = new Set(incoming.map((row) => row.dataset.item));
  for (const row of rows()) {
    const isDone = (row.dataset.standing === "decided" || row.dataset.matches === "no") && !kept.has(row.dataset.item);
    if (isDone && !row.contains(document.activeElement)) row.remove();
  }
}

root.addEventListener("click", (event) => {
  if (/** @type {Element} */ (event.target).closest("[data-queue-retry]")) soon();
});

// The focus stays on its row: it is what the merge holds in place.
pill.addEventListener("mousedown", (event) => event.preventDefault());
pill.addEventListener("click", () => merge().catch(() => (status.textContent = "The new items could not be fetched. Try again.")));

document.addEventListener("live:event", (event) => {
  const { object_type, object_id } = /** @type {CustomEvent} */ (event).detail;
  if (object_type !== "review_item" || !object_id) return;
  (rowOf(object_id) ? near : far).add(object_id);
  soon();
});
// The frame itself says what these rows show now.
document.addEventListener("live:rows", (event) => {
  const { project_id, html } = /** @type {CustomEvent} */ (event).detail;
  if (!isPlain || String(project_id) !== root.dataset.projectId) return;
  const page = new DOMParser().parseFromString(html, "text/html");
  patchAll(page);
  for (const row of page.querySelectorAll("tr")) [near, far].forEach((ids) => ids.delete(row.dataset.item || ""));
  showPill();
});
document.addEventListener("visibilitychange", () => {
  if (isLate && !document.hidden) soon();
});
document.addEventListener("live:reset", () => location.reload());

const filter = root.querySelector("[data-filter]");
filter?.querySelector("[data-filter-apply]")?.setAttribute("hidden", "");
filter?.addEventListener("change", () => /** @type {HTMLFormElement} */ (filter).requestSubmit());
