// @ts-check
/** The claim on an item: counts down, and is renewed while the page is visible and its reader is active. */

const HEARTBEAT_MS = 30_000;
const IDLE_MS = 180_000;
const WARN_S = 120;

let activeAt = performance.now();
/** @type {{form: HTMLFormElement, until: number} | null} */
let lease = null;

function find() {
  const form = /** @type {HTMLFormElement | null} */ (document.querySelector("form[data-lease]"));
  if (form === lease?.form) return;
  lease = form && { form, until: performance.now() + Number(form.dataset.leftS) * 1000 };
  tick();
}

function tick() {
  if (!lease) return;
  const left = Math.max(0, Math.round((lease.until - performance.now()) / 1000));
  const text = /** @type {HTMLElement} */ (lease.form.querySelector("[data-left]"));
  text.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
  const warning = /** @type {HTMLElement} */ (lease.form.querySelector("[data-ends-soon]"));
  if (left > WARN_S) warning.textContent = "";
  else if (!warning.textContent) warning.textContent = "Your claim ends soon: extend it, or it goes back to the queue.";
  if (left === 0) {
    lease = null;
    document.dispatchEvent(new CustomEvent("desk:stale"));
  }
}

async function beat() {
  const isActive = performance.now() - activeAt < IDLE_MS;
  if (lease && isActive && document.visibilityState === "visible") await renew(lease);
}

/** @param {{form: HTMLFormElement, until: number}} held */
async function renew(held) {
  const answer = await fetch(held.form.action, {
    method: "POST", body: new FormData(held.form), headers: { "X-Part": "desk" }, redirect: "error",
  });
  if (held !== lease) return;
  if (answer.status === 409) document.dispatchEvent(new CustomEvent("desk:stale"));
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const form = /** @type {HTMLElement | null} */ (page.querySelector("form[data-lease]"));
  if (form) held.until = performance.now() + Number(form.dataset.leftS) * 1000;
  tick();
}

for (const kind of ["keydown", "pointerdown", "pointermove", "wheel", "scroll"]) {
  addEventListener(kind, () => (activeAt = performance.now()), { passive: true, capture: true });
}
document.addEventListener("submit", (event) => {
  if (!lease || event.target !== lease.form) return;
  event.preventDefault();
  renew(lease).catch(() => {});
});
document.addEventListener("desk:shown", find);
setInterval(() => beat().catch(() => {}), HEARTBEAT_MS);
setInterval(tick, 1000);
find();
