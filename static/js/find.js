// @ts-check
/**
 * The find bar: over the text of this window, with a count, by letter case or pattern. The browser's own search works
 * too. A pattern is matched by a worker for a second at most; a plain text is matched at once.
 */

import { literally, MOST_HITS, matches } from "./matching.js";
import { pointsIn } from "./offsets.js";
import { canPaint, paint } from "./paint.js";
import { goTo } from "./places.js";

/** @typedef {import("./offsets.js").Span} Span */

const LIMIT_MS = 1000;
const TYPING_MS = 120;
const bar = /** @type {HTMLFormElement | null} */ (document.querySelector("[data-find]"));
const field = /** @type {HTMLInputElement | null} */ (bar?.querySelector("input") || null);
/** @type {Span[]} */
let hits = [];
let here = -1;
let asked = "";
let typing = 0;

/** @param {string} text */
function say(text) {
  const count = bar?.querySelector("[data-find-count]");
  if (count) count.textContent = text;
}

/** @param {string} name */
const isOn = (name) => bar?.querySelector(`[data-find-${name}]`)?.getAttribute("aria-pressed") === "true";

/** @param {string[]} texts @param {string} source @param {string} flags @returns {Promise<[number, number, number][]>} */
function inWorker(texts, source, flags) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL("./matching_worker.js", import.meta.url), { type: "module" });
    const end = (/** @type {() => void} */ then) => {
      clearTimeout(timer);
      worker.terminate();
      then();
    };
    const timer = setTimeout(() => end(() => reject(new RangeError("late"))), LIMIT_MS);
    worker.addEventListener("message", ({ data }) => end(() => resolve(data)));
    worker.addEventListener("error", (event) => { event.preventDefault(); end(() => reject(new RangeError("failed"))); });
    worker.postMessage({ texts, source, flags });
  });
}

/** Code points of places that are in order in one text. @param {string} text @param {number} base */
function counter(text, base) {
  let [unit, point] = [0, base];
  return (/** @type {number} */ at) => {
    point += pointsIn(text.slice(unit, at));
    unit = at;
    return point;
  };
}

async function search() {
  const query = field?.value || "";
  const isPattern = isOn("pattern");
  const flags = `g${isOn("case") ? "" : "i"}u`;
  asked = `${query}\n${flags}${isPattern}`;
  const mine = asked;
  [hits, here] = [[], -1];
  const parts = /** @type {HTMLElement[]} */ (Array.from(document.querySelectorAll("[data-part]")));
  const texts = parts.map((part) => part.textContent || "");
  try {
    if (isPattern) new RegExp(query, flags);
    const found = !query ? [] : isPattern ? await inWorker(texts, query, flags) : matches(texts, literally(query), flags);
    if (mine !== asked) return;
    const points = texts.map((text, index) => counter(text, Number(parts[index].dataset.at)));
    hits = found.map(([index, start, end]) => ({ part: Number(parts[index].dataset.part), start: points[index](start), end: points[index](end) }));
    say(query ? (hits.length ? countOf(-1) : "Not found") : "");
  } catch (error) {
    if (mine !== asked) return;
    say(error instanceof SyntaxError ? "This is not a pattern" : "This pattern takes longer than a second");
  }
  paint("find", hits);
  paint("find-here", []);
}

/** @param {number} index */
function countOf(index) {
  const total = `${hits.length.toLocaleString("en")}${hits.length >= MOST_HITS ? "+" : ""}`;
  return index < 0 ? `${total} found` : `${(index + 1).toLocaleString("en")} of ${total}`;
}

/** @param {number} by */
export function step(by) {
  if (!hits.length) return;
  here = here < 0 ? (by > 0 ? 0 : hits.length - 1) : (here + by + hits.length) % hits.length;
  goTo(hits[here].part, hits[here].start);
  paint("find-here", [hits[here]], 6);
  say(countOf(here));
}

function open() {
  if (!bar || !field) return;
  bar.hidden = false;
  field.focus();
  field.select();
  if (!canPaint) say("This browser cannot mark hits; n and N still lead to them");
}

function close() {
  if (!bar) return;
  bar.hidden = true;
  [hits, here, asked] = [[], -1, ""];
  paint("find", []);
  paint("find-here", []);
}

document.addEventListener("click", (event) => {
  const target = /** @type {Element} */ (event.target);
  const by = /** @type {HTMLElement | null} */ (target.closest("[data-find-step]"));
  const toggle = target.closest("[data-find-case], [data-find-pattern]");
  if (target.closest("[data-find-open]")) open();
  else if (target.closest("[data-find-close]")) close();
  else if (by) step(Number(by.dataset.findStep));
  else if (toggle) { toggle.setAttribute("aria-pressed", String(toggle.getAttribute("aria-pressed") !== "true")); search(); }
});
field?.addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(search, TYPING_MS);
});
field?.addEventListener("keydown", async (event) => {
  if (event.isComposing || !["Enter", "Escape"].includes(event.key)) return;
  event.preventDefault();
  if (event.key === "Escape") { close(); return; }
  clearTimeout(typing);
  const flags = `g${isOn("case") ? "" : "i"}u${isOn("pattern")}`;
  if (asked !== `${field.value}\n${flags}`) await search();
  step(event.shiftKey ? -1 : 1);
});
