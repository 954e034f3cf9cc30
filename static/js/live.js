// @ts-check
/**
 * One socket per page: follows the ledger's events from the place at which the page was rendered.
 *
 * Dispatches on document: "live:event" for each event ({cursor, action, object_type, object_id, project_id, subjects}),
 * after them "live:rows" for each project whose queue shows something else now ({project_id, html}), and "live:reset"
 * when what the page shows is too old to be patched. The state stands on <html data-live-state>: live, reconnecting,
 * offline (the feed comes by polling over HTTP) or paused (by a click on the sign in the top bar). Beside it stands
 * data-live-spread-ms: other pages got the same frame, so whoever asks the server for more waits for a random part of it.
 */

const POLL_MS = 15_000;
const STEADY_MS = 5_000;
const PATIENCE = 3;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30_000;
// The last event taken: cursors only grow, so it is all that is needed to leave out what came twice.
let cursor = /** @type {HTMLElement | null} */ (document.querySelector("[data-live-after]"))?.dataset.liveAfter || "";
let failures = 0;
/** @type {WebSocket | null} */
let socket = null;
let timer = 0;
let nextAt = 0;
let isPaused = false;
let hasEnded = false;

/** @param {"live" | "reconnecting" | "offline" | "paused"} state */
function show(state) {
  document.documentElement.dataset.liveState = state;
}

/** The head's id is beyond 2^53, hence BigInt. @param {string} one @param {string} other */
function isAfter(one, other) {
  if (!other) return true;
  const [a, b] = [one, other].map((text) => text.split("-").map(BigInt));
  return a[0] > b[0] || (a[0] === b[0] && a[1] > b[1]);
}

/** @param {{type: string, cursor?: string, events?: {cursor: string}[], rows?: object[], spread_ms?: number}} frame */
function take(frame) {
  if (frame.spread_ms) document.documentElement.dataset.liveSpreadMs = String(frame.spread_ms);
  let isNew = false;
  if (frame.type === "reset") {
    cursor = "";
    document.dispatchEvent(new CustomEvent("live:reset"));
  }
  for (const event of frame.events || []) {
    if (!isAfter(event.cursor, cursor)) continue;
    cursor = event.cursor;
    isNew = true;
    document.dispatchEvent(new CustomEvent("live:event", { detail: event }));
  }
  for (const rows of (isNew && frame.rows) || []) document.dispatchEvent(new CustomEvent("live:rows", { detail: rows }));
  if (frame.cursor && isAfter(frame.cursor, cursor)) cursor = frame.cursor;
}

function open() {
  const url = new URL("/ws/live/", location.href);
  url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  if (cursor) url.searchParams.set("after", cursor);
  const opened = new WebSocket(url);
  socket = opened;
  opened.addEventListener("open", () => {
    show("live");
    // A server that accepts and closes at once must not be asked twice a second.
    setTimeout(() => socket === opened && (failures = 0), STEADY_MS);
  });
  opened.addEventListener("message", (message) => {
    const frame = JSON.parse(message.data);
    take(frame);
    if (frame.type === "events") opened.send(JSON.stringify({ type: "ack", cursor: frame.cursor }));
  });
  opened.addEventListener("close", (event) => {
    if (socket !== opened) return;
    socket = null;
    // 4401: signed out, or without a role. The next page says so; asking again would not help.
    hasEnded = event.code === 4401;
    if (!isPaused) again();
  });
}

function again() {
  failures += 1;
  const isOffline = hasEnded || failures > PATIENCE;
  show(isOffline ? "offline" : "reconnecting");
  const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures);
  clearTimeout(timer);
  if (hasEnded) return;
  const wait = isOffline ? POLL_MS : longest * (0.5 + Math.random() / 2);
  timer = setTimeout(isOffline ? pollThenOpen : open, wait);
  nextAt = performance.now() + wait;
  if (!isOffline) countDown();
}

/** "in 3 s" beside the word for reconnecting, as long as that is the state. */
function countDown() {
  const shown = document.querySelector("[data-live-in]");
  if (!shown) return;
  const left = Math.ceil((nextAt - performance.now()) / 1000);
  const counts = document.documentElement.dataset.liveState === "reconnecting" && left > 0;
  shown.textContent = counts ? ` in ${left} s` : "";
  if (counts) setTimeout(countDown, 1000);
}

async function pollThenOpen() {
  const url = new URL("/live/feed", location.href);
  if (cursor) url.searchParams.set("after", cursor);
  try {
    const answer = await fetch(url, { redirect: "error" });
    if (answer.ok) (await answer.json()).frames.forEach(take);
  } catch {
    // No network: the next round tries again.
  }
  if (!isPaused) open();
}

function toggle() {
  isPaused = !isPaused;
  clearTimeout(timer);
  if (isPaused) {
    socket?.close();
    show("paused");
  } else {
    failures = 0;
    show("reconnecting");
    open();
  }
}

document.addEventListener("click", (event) => {
  if (/** @type {Element} */ (event.target).closest("[data-live-toggle]")) toggle();
});
addEventListener("online", () => {
  if (socket || isPaused || hasEnded) return;
  clearTimeout(timer);
  open();
});
// A page in the back-forward cache has no socket; it resumes from its cursor.
addEventListener("pageshow", (event) => {
  if (event.persisted && !socket && !isPaused) open();
});

show("reconnecting");
open();
