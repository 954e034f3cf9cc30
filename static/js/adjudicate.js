// @ts-check
/** Adjudication: the list follows the feed; a dispute keeps its lease, merges marks without a new page, and says when it changed. */

const HEARTBEAT_MS = 30_000;
const IDLE_MS = 180_000;
const GATHER_MS = 200;

const list = /** @type {HTMLElement | null} */ (document.querySelector("[data-disputes]"));
const page = /** @type {HTMLElement | null} */ (document.querySelector("[data-case]"));
const lease = /** @type {HTMLFormElement | null} */ (document.querySelector("form[data-renew]"));
const decide = /** @type {HTMLFormElement | null} */ (document.querySelector("form[data-decide]"));
let timer = 0;
let activeAt = performance.now();
let until = lease ? performance.now() + Number(lease.dataset.leftS) * 1000 : 0;

async function refresh() {
  timer = 0;
  const answer = await fetch(location.href, { headers: { "X-Part": "disputes" }, redirect: "error" });
  if (!list || !answer.ok) return;
  const focused = document.activeElement?.closest("[data-dispute]")?.id;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  list.replaceChildren(...document.importNode(fresh.body, true).childNodes);
  if (focused) /** @type {HTMLElement | null} */ (document.querySelector(`#${CSS.escape(focused)} a`))?.focus({ preventScroll: true });
}

/** @param {string} sentence */
function say(sentence) {
  if (document.querySelector("[data-changed]")) return;
  const banner = document.createElement("div");
  const again = document.createElement("a");
  banner.className = "banner banner-warn";
  banner.setAttribute("role", "alert");
  banner.dataset.changed = "";
  again.href = location.pathname;
  again.className = "btn";
  again.textContent = "Look again";
  const text = document.createElement("div");
  text.textContent = sentence;
  banner.append(text, again);
  document.querySelector(".case-side")?.prepend(banner);
}

function tick() {
  const text = document.querySelector("[data-left]");
  if (!lease || !text) return;
  const left = Math.max(0, Math.round((until - performance.now()) / 1000));
  text.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
  if (left === 0) say("Your claim has run out. Copy your note, then look again and claim the dispute once more.");
}

async function beat() {
  if (!lease || document.visibilityState !== "visible" || performance.now() - activeAt > IDLE_MS) return;
  const answer = await fetch(lease.action, { method: "POST", body: new FormData(lease), headers: { "X-Part": "desk" }, redirect: "error" });
  if (answer.ok) until = performance.now() + Math.max(Number(lease.dataset.leftS), 60) * 1000;
  else if (answer.status === 409) until = performance.now();
  tick();
}

/** Severity belongs to suspicious and confirmed; a confirmed concern needs a note. */
function suit() {
  if (!decide) return;
  const label = String(new FormData(decide).get("label") || "");
  const severity = /** @type {HTMLFieldSetElement} */ (decide.querySelector("[data-severity]"));
  severity.disabled = !["suspicious", "confirmed"].includes(label);
  severity.hidden = severity.disabled;
  /** @type {HTMLTextAreaElement} */ (decide.querySelector("textarea")).required = label === "confirmed";
}

document.addEventListener("click", (event) => {
  if (!(/** @type {Element} */ (event.target).closest("[data-merge]"))) return;
  event.preventDefault();
  for (const box of /** @type {NodeListOf<HTMLInputElement>} */ (document.querySelectorAll("input[data-mark]"))) box.checked = box.dataset.mark === "both";
});
decide?.addEventListener("change", suit);
decide?.addEventListener("submit", (event) => {
  // A second press must not commit twice; the button's own value has to go with the form, so it is disabled afterwards.
  if (decide.dataset.sent) event.preventDefault();
  decide.dataset.sent = "yes";
});
document.addEventListener("live:event", (event) => {
  const { object_type, object_id } = /** @type {CustomEvent} */ (event).detail;
  if (object_type !== "review_item") return;
  const spread = Number(document.documentElement.dataset.liveSpreadMs || 0);
  if (list && !timer) timer = setTimeout(() => refresh().catch(() => {}), GATHER_MS + Math.random() * spread);
  if (page && page.dataset.case === object_id && !lease) say("This dispute has changed.");
});
document.addEventListener("live:reset", () => list && location.reload());
for (const kind of ["keydown", "pointerdown", "wheel", "scroll"]) {
  addEventListener(kind, () => (activeAt = performance.now()), { passive: true, capture: true });
}
if (lease) {
  setInterval(() => beat().catch(() => {}), HEARTBEAT_MS);
  setInterval(tick, 1000);
  tick();
}
suit();
