// @ts-check
/** Draws spans into the text as stacked underlines, by the CSS Custom Highlight API: the text itself stays untouched. */

import { rangeOf } from "./offsets.js";

/** @typedef {{part: number, start: number, end: number}} Place */

const LANES = 3;
const LINES = 5;
const canDraw = "highlights" in CSS;

/** The first lane whose last span ends before this one begins. @param {Place[]} spans in order @returns {number[]} */
export function lanesOf(spans) {
  /** @type {{part: number, end: number}[]} */
  const ends = [];
  return spans.map((span) => {
    let lane = ends.findIndex((last) => last.part !== span.part || last.end <= span.start);
    if (lane < 0) lane = ends.length;
    ends[lane] = { part: span.part, end: span.end };
    return lane;
  });
}

/** @param {(Place & {line: number})[]} spans */
export function drawSpans(spans) {
  if (!canDraw) return;
  const sorted = [...spans].sort((a, b) => a.part - b.part || a.start - b.start || b.end - a.end);
  const lanes = lanesOf(sorted);
  for (let lane = 0; lane < LANES; lane += 1) {
    for (let line = 0; line < LINES; line += 1) {
      const ranges = sorted.filter((span, i) => Math.min(lanes[i], LANES - 1) === lane && span.line === line).map(rangeOf);
      const drawn = ranges.filter((range) => range !== null);
      if (drawn.length) CSS.highlights.set(`span-${lane}-${line}`, new Highlight(...drawn));
      else CSS.highlights.delete(`span-${lane}-${line}`);
    }
  }
}

/** What the next label will be put on. @param {Place | null} place */
export function drawTarget(place) {
  if (!canDraw) return;
  const range = place && rangeOf(place);
  if (!range) {
    CSS.highlights.delete("span-target");
    return;
  }
  const highlight = new Highlight(range);
  highlight.priority = 10;
  CSS.highlights.set("span-target", highlight);
}
