// @ts-check
/**
 * The trace page: going from one piece of evidence to the next, from a quote to its mark and back, panes, the reading
 * face, and fetching itself when a monitor has ended. Reading and jumping by links work without it.
 */

import { estimateChunks } from "./chunks.js";
import { STEP, selectedSpan } from "./offsets.js";
import { followHash, reveal } from "./places.js";

const page = /** @type {HTMLElement | null} */ (document.querySelector("[data-trace]"));
const FACE = "oversight.face";
const SIZE = "oversight.trace-size";
const SETTLE_MS = 400;

/** @returns {HTMLElement[]} */
const tags = () => Array.from(document.querySelectorAll(".tag[data-evidence]"));

/** @param {string} number */
function show(number) {
  for (const one of document.querySelectorAll(".is-here")) one.classList.remove("is-here");
  const tag = document.getElementById(`e${number}`);
  for (const mark of document.querySelectorAll(`mark[data-s~="${CSS.escape(number)}"]`)) mark.classList.add("is-here");
  document.getElementById(`q${number}`)?.classList.add("is-here");
  tag?.classList.add("is-here");
  const all = tags();
  const counter = document.querySelector("[data-evidence-count]");
  if (counter && tag) counter.textContent = `${all.indexOf(tag) + 1} of ${all.length}`;
  return tag;
}

/** @param {string} number */
function goToMark(number) {
  const tag = show(number);
  if (!tag) return false;
  reveal(tag);
  tag.focus({ preventScroll: true });
  // The step, not the evidence: another monitor's evidence would renumber that.
  const step = tag.closest(STEP);
  if (step) history.replaceState(null, "", `#${step.id}`);
  return true;
}

/** @param {string} number */
function goToQuote(number) {
  show(number);
  const quote = document.getElementById(`q${number}`);
  quote?.closest("details")?.setAttribute("open", "");
  quote?.scrollIntoView({ block: "nearest" });
  /** @type {HTMLElement | null | undefined} */ (quote?.querySelector("a"))?.focus({ preventScroll: true });
}

/** The mark after, or before, the one that is lit; without one, the first that follows what is on screen. @param {number} by */
function step(by) {
  const all = tags();
  if (!all.length) return;
  const here = all.findIndex((tag) => tag.classList.contains("is-here"));
  const next = here >= 0 ? here + by : by > 0 ? 0 : all.length - 1;
  goToMark(all[(next + all.length) % all.length].dataset.evidence || "");
}

/** @param {string} side */
function toggle(side) {
  if (!page) return;
  page.dataset[side] = page.dataset[side] === "closed" ? "open" : "closed";
}

/** @param {boolean} mono */
function setFace(mono) {
  if (!page) return;
  page.dataset.face = mono ? "mono" : "prose";
  document.querySelector("[data-face][aria-pressed]")?.setAttribute("aria-pressed", String(mono));
  localStorage.setItem(FACE, page.dataset.face);
}

/** @param {boolean} on */
function setWrap(on) {
  if (!page) return;
  page.dataset.wrap = on ? "on" : "off";
  document.querySelector("[data-wrap][aria-pressed]")?.setAttribute("aria-pressed", String(on));
}

/** @param {number} by */
function resize(by) {
  if (!page) return;
  const now = Number(page.dataset.fontSize || localStorage.getItem(SIZE) || 14);
  page.dataset.fontSize = String(Math.min(20, Math.max(12, now + by)));
  page.style.setProperty("--trace-size", `${page.dataset.fontSize}px`);
  localStorage.setItem(SIZE, page.dataset.fontSize);
}

/** @param {Element} button */
async function copyLink(button) {
  const step = document.querySelector(`${STEP}:has(.tag.is-here)`) || document.querySelector(`${STEP}:is(:target, :focus-within)`);
  const link = new URL(location.href);
  const selected = selectedSpan();
  if (selected) link.hash = `p${selected.part}c${selected.start}-${selected.end}`;
  else if (step) link.hash = step.id;
  const word = button.querySelector("[data-copy-word]");
  await navigator.clipboard.writeText(link.href);
  if (word) word.textContent = "Copied";
}

document.addEventListener("click", (event) => {
  const target = /** @type {Element} */ (event.target);
  const jump = /** @type {HTMLElement | null} */ (target.closest("[data-jump]"));
  const tag = /** @type {HTMLElement | null} */ (target.closest(".tag"));
  const mark = /** @type {HTMLElement | null} */ (target.closest("mark[data-s]"));
  const stepper = /** @type {HTMLElement | null} */ (target.closest("[data-evidence-step]"));
  const pane = /** @type {HTMLElement | null} */ (target.closest("[data-pane]"));
  const copy = target.closest("[data-copy-link]");
  const size = /** @type {HTMLElement | null} */ (target.closest("[data-size]"));
  if (jump && goToMark(jump.dataset.jump || "")) event.preventDefault();
  else if (tag) { event.preventDefault(); goToQuote(tag.dataset.evidence || ""); }
  else if (mark && getSelection()?.isCollapsed) goToQuote((mark.dataset.s || "").split(" ").at(-1) || "");
  else if (stepper) step(Number(stepper.dataset.evidenceStep));
  else if (pane) toggle(pane.dataset.pane || "left");
  else if (copy) copyLink(copy);
  else if (size) resize(Number(size.dataset.size));
  else if (target.matches(STEP) && event.clientX < target.getBoundingClientRect().left) location.hash = target.id;
  else if (target.closest("[data-wrap]")) setWrap(page?.dataset.wrap === "off");
  else if (target.closest("[data-face][aria-pressed]")) setFace(page?.dataset.face !== "mono");
});

let settling = 0;
document.addEventListener("live:event", (event) => {
  const { action, object_id: id } = /** @type {CustomEvent} */ (event).detail;
  if (id !== page?.dataset.trace || !["transcript.scored", "transcript.flagged"].includes(action)) return;
  clearTimeout(settling);
  settling = setTimeout(() => document.body.dispatchEvent(new CustomEvent("trace:changed")), SETTLE_MS);
});

setFace((localStorage.getItem(FACE) || document.documentElement.dataset.readingFace) === "mono");
resize(0);
estimateChunks();
document.addEventListener("htmx:afterSwap", estimateChunks);
if (/^#e\d+$/.test(location.hash)) goToMark(location.hash.slice(2));
else followHash();
addEventListener("hashchange", followHash);
// The verdict is in: what was left out of a blind page can be shown.
document.addEventListener("desk:shown", () => {
  const isBlind = document.querySelector("#findings[data-blind]");
  if (isBlind && document.getElementById("desk")?.dataset.standing === "decided") document.body.dispatchEvent(new CustomEvent("trace:changed"));
});
