// @ts-check
/**
 * Spans: by mouse (select text, press a label) or by keyboard alone (go to a step, Shift+arrows, Enter); their list with
 * label, note, jump and delete; their lines in the text. What was entered lives in draft.js.
 */

import * as draft from "./draft.js";
import { drawTarget } from "./lines.js";
import { firstWord, neighbour, placeOfStep, resized, stepAt, trimmed } from "./marking.js";
import { pointsIn, rangeOf, selectedSpan, STEP } from "./offsets.js";
import { focusStep } from "./places.js";
import { chips, clip, draw, list, rowOf, stepName } from "./spans.js";

/** @typedef {import("./marking.js").Place} Place */

// What the bars at the top may cover.
const BARS_PX = 140;

/** @type {Place | null} */
let target = null;
let fromSelection = false;
let label = "";
let lastRow = 0;

/** @param {string} selector @returns {HTMLElement | null} */
const find = (selector) => document.querySelector(`#desk ${selector}`);
const form = () => find("form[data-verdict]");
/** @returns {HTMLElement | null} */
const focusedStep = () => /** @type {HTMLElement | null} */ (document.activeElement?.closest(STEP) || null);

/** A quote stands alone, so that what turns the direction of text in it does not turn ours. @param {string} text @param {string} [quote] @param {string} [after] */
function say(text, quote = "", after = "") {
  const alone = document.createElement("bdi");
  alone.textContent = quote && `“${clip(quote, 60)}”`;
  find("[data-target]")?.replaceChildren(text, alone, after);
}

/** @param {Place | null} place @param {boolean} [selected] */
function aim(place, selected = false) {
  [target, fromSelection] = [place, selected];
  drawTarget(selected ? null : place);
  if (place) say(`${pointsIn(place.quote)} characters of ${stepName(place)}: `, place.quote, `. Press a label, or a for ${label}.`);
}

/** @param {string} name */
function choose(name) {
  label = name;
  for (const chip of chips()) chip.setAttribute("aria-pressed", String(chip.dataset.label === name));
}

/** Mark what is selected or, without a selection, the step that has the focus. */
function add() {
  const step = focusedStep();
  const place = target || (step && placeOfStep(step));
  if (!place || !form()) return say("Nothing is selected. Select text, or move to a step with j.");
  const spans = draft.entered().spans;
  if (spans.some((one) => one.label === label && one.part === place.part && one.start === place.start && one.end === place.end)) {
    return say(`This is marked as ${label} already.`);
  }
  const after = spans.findIndex((one) => one.part > place.part || (one.part === place.part && one.start > place.start));
  lastRow = after < 0 ? spans.length : after;
  draft.splice(lastRow, 0, { label, note: "", part: place.part, start: place.start, end: place.end, quote: place.quote });
  if (fromSelection) getSelection()?.removeAllRanges();
  aim(null);
  say(`Marked as ${label} in ${stepName(place)}: `, place.quote);
}

/** @param {number} row */
function remove(row) {
  const span = draft.entered().spans[row];
  if (!span) return say("There is no span to delete.");
  draft.splice(row, 1);
  lastRow = Math.max(0, row - 1);
  say(`Deleted: ${span.label}, `, span.quote, ". Ctrl+Z brings it back.");
}

/** @param {Place} span */
function goTo(span) {
  const range = rangeOf(span);
  const step = stepAt(span.part, span.start);
  if (!range || !step) return false;
  step.scrollIntoView({ block: "center" });
  requestAnimationFrame(() => (range.startContainer.parentElement || step).scrollIntoView({ block: "center" }));
  focusStep(step);
  drawTarget(span);
  return true;
}

/** @param {number} by */
function goStep(by) {
  const here = focusedStep() || document.querySelector(`${STEP}:target`);
  const onScreen = () => Array.from(document.querySelectorAll(STEP)).find((one) => one.getBoundingClientRect().bottom > BARS_PX);
  const next = here ? neighbour(here, by, true) : /** @type {HTMLElement | undefined} */ (onScreen());
  if (!next) return;
  aim(null);
  next.scrollIntoView({ block: "nearest" });
  focusStep(next);
}

/** Shift and an arrow: by step up and down, by word right and left; with Alt the beginning. @param {KeyboardEvent} event @param {HTMLElement} step */
function resize(event, step) {
  const unit = event.key === "ArrowUp" || event.key === "ArrowDown" ? "step" : "word";
  const by = event.key === "ArrowDown" || event.key === "ArrowRight" ? 1 : -1;
  if (!target) return aim(unit === "word" ? firstWord(step) : placeOfStep(step));
  aim(resized(target, unit, event.altKey ? "start" : "end", by) || target);
}

document.addEventListener("keydown", (event) => {
  const step = /** @type {Element} */ (event.target).matches(STEP) ? /** @type {HTMLElement} */ (event.target) : null;
  const isPlain = !event.ctrlKey && !event.metaKey;
  const isOurs = step && form() && isPlain && ((event.key === "Enter" && !event.shiftKey) || (event.shiftKey && event.key.startsWith("Arrow")));
  const [desk, drawer] = [document.getElementById("desk"), /** @type {HTMLDialogElement | null} */ (document.getElementById("guidelines"))];
  if (isOurs) {
    event.preventDefault();
    if (event.key !== "Enter") resize(event, step);
    else if (!event.repeat) add();
  } else if (event.key === "Escape" && (drawer?.open || target)) {
    if (drawer?.open) drawer.close();
    else aim(null);
  } else if (event.key.toLowerCase() === "z" && !isPlain && /** @type {Element} */ (event.target).matches("input, textarea") && !desk?.contains(/** @type {Element} */ (event.target))) {
    // Another field's own undo.
    event.stopImmediatePropagation();
  }
}, { capture: true });

document.addEventListener("key:press", (event) => {
  const { key } = /** @type {CustomEvent} */ (event).detail;
  if (key !== "d" || !/** @type {Element} */ (event.target).matches("[data-span-list] > li")) return;
  const row = rowOf(document.activeElement);
  remove(row >= 0 ? row : lastRow);
});

document.addEventListener("mousedown", (event) => {
  const step = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest(STEP));
  if (step) step.tabIndex = -1;
  // A label or button must not take the selection away before it is used.
  if (/** @type {Element} */ (event.target).closest("#desk [data-label], #desk [data-add]")) event.preventDefault();
});

/** @param {HTMLElement} link */
function openGuidelines(link) {
  const drawer = /** @type {HTMLDialogElement} */ (document.getElementById("guidelines"));
  if (drawer.open) return drawer.close();
  drawer.show();
  const body = new FormData();
  body.set("number", link.dataset.number || "");
  const csrf = document.querySelector("meta[name=csrf-token]")?.getAttribute("content") || "";
  if (link.dataset.guidelines) fetch(link.dataset.guidelines, { method: "POST", body, headers: { "X-CSRFToken": csrf } }).catch(() => {});
  find("[data-guidelines-changed]")?.remove();
}

document.addEventListener("click", (event) => {
  const clicked = /** @type {Element} */ (event.target);
  const at = (/** @type {string} */ selector) => /** @type {HTMLElement | null} */ (clicked.closest(`#desk ${selector}`));
  const [chip, drop, go, guide, by] = ["[data-label]", "[data-drop]", "[data-go]", "[data-guidelines]", "[data-step-by]"].map(at);
  if (chip) {
    choose(chip.dataset.label || "");
    const row = rowOf(document.activeElement);
    if (target || focusedStep()) add();
    else if (row >= 0) draft.splice(row, 1, { ...draft.entered().spans[row], label });
  } else if (drop) remove(rowOf(drop));
  else if (go) {
    const row = rowOf(go);
    const span = row >= 0 ? draft.entered().spans[row] : JSON.parse(/** @type {HTMLElement} */ (go.closest("li")).dataset.span || "null");
    if (row >= 0) lastRow = row;
    if (!span || !goTo(span)) return;
  } else if (guide) openGuidelines(guide);
  else if (by) goStep(Number(by.dataset.stepBy));
  else if (at("[data-add]")) add();
  else if (at("[data-back]")) draft.back();
  else if (at("[data-forth]")) draft.forth();
  else return;
  event.preventDefault();
});

document.addEventListener("input", (event) => {
  const field = /** @type {HTMLInputElement} */ (event.target);
  const row = rowOf(field);
  if (row < 0) return;
  const key = field.name === "span_label" ? "label" : "note";
  lastRow = row;
  draft.splice(row, 1, { ...draft.entered().spans[row], [key]: field.value });
});

let settling = 0;
document.addEventListener("selectionchange", () => {
  clearTimeout(settling);
  settling = setTimeout(() => {
    const span = form() && selectedSpan();
    if (span) aim(trimmed(span), true);
    else if (fromSelection) aim(null);
  }, 60);
});

function begin() {
  find("[data-annotate]")?.removeAttribute("hidden");
  if (chips().length) choose(chips().some((chip) => chip.dataset.label === label) ? label : chips()[0].dataset.label || "");
  list();
}

document.addEventListener("draft:changed", list);
document.addEventListener("desk:shown", begin);
document.addEventListener("htmx:afterSettle", draw);
begin();
