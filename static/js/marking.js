// @ts-check
/** Places in the text as steps and words: what the keyboard marks, and how it grows and shrinks. */

import { placeAt, pointsIn, rangeOf, STEP } from "./offsets.js";

/** @typedef {{part: number, start: number, end: number, quote: string}} Place */

const words = "Segmenter" in Intl ? new Intl.Segmenter(undefined, { granularity: "word" }) : null;

/** Without white space at its ends, which nobody means. @param {{part: number, start: number, end: number}} span @returns {Place | null} */
export function trimmed(span) {
  const quote = rangeOf(span)?.toString() || "";
  const inner = quote.trim();
  if (!inner) return null;
  const before = pointsIn(quote.slice(0, quote.indexOf(inner)));
  const start = span.start + before;
  return { part: span.part, start, end: start + pointsIn(inner), quote: inner };
}

/** The text of a step, without what lies between it and the next. @param {Element} step @returns {Place | null} */
export function placeOfStep(step) {
  const gap = step.querySelector(":scope > .gap, :scope > .gap-shown");
  const until = gap ? Array.from(step.childNodes).indexOf(gap) : step.childNodes.length;
  const [start, end] = [placeAt(step, 0), placeAt(step, until, true)];
  return start && end && start.at < end.at ? trimmed({ part: start.part, start: start.at, end: end.at }) : null;
}

/** The step before or after, of this part or, when `across`, of the next one. @param {Element} step @param {number} by @param {boolean} [across] @returns {HTMLElement | null} */
export function neighbour(step, by, across = false) {
  const scope = across ? document : step.closest("[data-part]");
  const all = Array.from(scope?.querySelectorAll(STEP) || []);
  return /** @type {HTMLElement | null} */ (all[all.indexOf(step) + by] || null);
}

/** Where the words of a step begin and end, in code points of its part. @param {Element} step */
function borders(step) {
  const place = placeOfStep(step);
  if (!place) return [];
  const found = [];
  const parts = words ? words.segment(place.quote) : place.quote.matchAll(/\S+|\s+/gu);
  let at = place.start;
  for (const one of parts) {
    const text = "segment" in one ? one.segment : one[0];
    const end = at + pointsIn(text);
    if (text.trim()) found.push({ start: at, end });
    at = end;
  }
  return found;
}

/** The step that holds a place. @param {number} part @param {number} at @returns {HTMLElement | null} */
export function stepAt(part, at) {
  const node = rangeOf({ part, start: at, end: at + 1 })?.startContainer;
  return node?.parentElement?.closest(STEP) || null;
}

/**
 * A place whose end, or start, is a step or a word further or less far; null when there is none.
 * @param {Place} place @param {"step" | "word"} unit @param {"start" | "end"} side @param {number} by
 */
export function resized(place, unit, side, by) {
  const step = stepAt(place.part, side === "end" ? place.end - 1 : place.start);
  if (!step) return null;
  const near = [neighbour(step, -1), step, neighbour(step, 1)].filter((one) => one !== null);
  const all = near.flatMap((one) => (unit === "word" ? borders(one) : placeOfStep(one) || []));
  const ends = all.map((one) => one[side]).filter((at) => (by > 0 ? at > place[side] : at < place[side]));
  const to = by > 0 ? ends[0] : ends.at(-1);
  if (to === undefined) return null;
  const next = { ...place, [side]: to };
  return next.start < next.end ? trimmed(next) : null;
}

/** The first word of a step. @param {Element} step @returns {Place | null} */
export function firstWord(step) {
  const place = placeOfStep(step);
  const word = borders(step)[0];
  return place && word ? trimmed({ part: place.part, ...word }) : null;
}
