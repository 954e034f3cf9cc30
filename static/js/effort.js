// @ts-check
/** How long the reader works on an item, and how much of its text was ever on screen: sent with heartbeat and commit. */

import { pointsIn, STEP } from "./offsets.js";

const ACTIVE_MS = 60_000;
const TICK_MS = 1000;

let activeMs = 0;
let chars = 0;
let floor = 0;
let inputAt = performance.now();
let tickedAt = performance.now();
let item = "";

export function effort() {
  const total = Number(document.getElementById("desk")?.dataset.chars) || 0;
  return { activeMs: Math.round(activeMs), readShare: total ? Math.min(1, Math.max(floor, chars / total)) : 1 };
}

const steps = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    steps.unobserve(target);
    chars += pointsIn(target.textContent || "");
  }
  show();
});

// Steps of a chunk that is not drawn have no place: they are watched when their chunk comes near.
const chunks = new IntersectionObserver(
  (entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      chunks.unobserve(target);
      for (const step of target.querySelectorAll(STEP)) steps.observe(step);
    }
  },
  { rootMargin: "50%" },
);

function show() {
  const { activeMs: ms, readShare } = effort();
  for (const input of document.querySelectorAll("[data-active-ms]")) /** @type {HTMLInputElement} */ (input).value = String(ms);
  for (const input of document.querySelectorAll("[data-read-share]")) /** @type {HTMLInputElement} */ (input).value = readShare.toFixed(4);
  const line = document.querySelector("#desk [data-read]");
  const text = `Read ${Math.floor(readShare * 100)} %.`;
  if (line && line.textContent !== text) line.textContent = text;
}

function tick() {
  const now = performance.now();
  if (document.visibilityState === "visible" && now - inputAt < ACTIVE_MS) activeMs += now - tickedAt;
  tickedAt = now;
  show();
}

/** Go on from what the server already knows of this reader and item. */
function begin() {
  const form = /** @type {HTMLElement | null} */ (document.querySelector("form[data-verdict]"));
  const id = document.getElementById("desk")?.dataset.item || "";
  if (form && id !== item) {
    item = id;
    activeMs += Number(form.dataset.activeFrom) || 0;
    floor = Number(form.dataset.readFrom) || 0;
  }
  show();
}

for (const kind of ["keydown", "pointerdown", "pointermove", "wheel", "scroll"]) {
  addEventListener(kind, () => (inputAt = performance.now()), { passive: true, capture: true });
}
for (const chunk of document.querySelectorAll("[data-part] > .chunk")) chunks.observe(chunk);
document.addEventListener("desk:shown", begin);
document.addEventListener("visibilitychange", tick);
setInterval(tick, TICK_MS);
begin();
