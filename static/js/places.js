// @ts-check
/**
 * Going to a place of the text and landing on it: #p1s12 is a step, #p1c100-140 are characters 100 to 140 of part 1.
 * Sizes of chunks that were never drawn are estimates, so every jump looks again in the next frames.
 */

import { positionOf, rangeOf } from "./offsets.js";
import { paint } from "./paint.js";
import { goToWindow } from "./windows.js";

/** @typedef {import("./offsets.js").Span} Span */

const FRAMES = 12;

/** @param {() => void} scroll @param {() => number} top where it is on screen */
function settle(scroll, top) {
  scroll();
  let last = Number.NaN;
  let [left, still] = [FRAMES, 0];
  const again = () => {
    const now = top();
    still = Math.abs(now - last) < 1 ? still + 1 : 0;
    if (still > 2 || !left) return;
    [last, left] = [now, left - 1];
    scroll();
    requestAnimationFrame(again);
  };
  requestAnimationFrame(again);
}

/** @param {Element} element @param {ScrollLogicalPosition} [block] */
export function reveal(element, block = "center") {
  settle(() => element.scrollIntoView({ block, behavior: "instant" }), () => element.getBoundingClientRect().top);
}

/** Nine thousand steps are made able to take the focus when one is to have it. @param {HTMLElement} step */
export function focusStep(step) {
  step.tabIndex = -1;
  step.focus({ preventScroll: true });
}

/** Put a place in the middle of the screen. False when this window does not hold it. @param {number} part @param {number} at */
export function goTo(part, at) {
  const position = positionOf(part, at);
  if (!position) return false;
  const range = document.createRange();
  range.setStart(position.node, position.offset);
  range.setEnd(position.node, Math.min(position.node.data.length, position.offset + 1));
  const top = () => range.getBoundingClientRect().top;
  position.node.parentElement?.scrollIntoView({ block: "center", behavior: "instant" });
  settle(() => scrollBy({ top: top() - innerHeight / 2, behavior: "instant" }), top);
  return true;
}

/** Light a place up, and go there. @param {Span} span */
export function show(span) {
  if (!rangeOf(span) || !goTo(span.part, span.start)) return false;
  paint("linked", [span], 5);
  return true;
}

/** What the address names. @returns {Span | null} */
export function linked(hash = location.hash) {
  const found = /^#p(\d{1,6})c(\d{1,9})(?:-(\d{1,9}))?$/.exec(hash);
  return found && { part: +found[1], start: +found[2], end: Math.max(+found[2] + 1, +(found[3] || 0)) };
}

/** Go to what the address names, in another window if that holds it. */
export function followHash() {
  const span = linked();
  if (span) return show(span) || goToWindow(span.part, { at: span.start }, location.hash);
  const named = /^#p(\d{1,6})s(\d{1,9})$/.exec(location.hash);
  const step = named && document.getElementById(location.hash.slice(1));
  if (!step) return Boolean(named && goToWindow(+named[1], { step: +named[2] }, location.hash));
  reveal(step, "start");
  focusStep(step);
  return true;
}
