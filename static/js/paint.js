// @ts-check
/**
 * Layers over the text by the CSS Custom Highlight API: search hits, a linked place. A layer may hold many spans; only
 * those of chunks near the screen become ranges, so that a text of 500,000 characters scrolls as one without layers.
 */

import { eachRange, placeOf } from "./offsets.js";

/** @typedef {import("./offsets.js").Span} Span */

export const canPaint = "highlights" in CSS;
/** @type {Set<HTMLElement>} */
export const near = new Set();
/** @type {Map<string, Span[]>} */
const layers = new Map();
let drawing = 0;

/** @param {string} name @param {Span[]} spans in order, without overlaps @param {number} [priority] */
export function paint(name, spans, priority = 0) {
  if (!canPaint) return;
  if (spans.length) layers.set(name, spans);
  else layers.delete(name);
  draw(name, priority);
}

/** @param {string} name @param {number} [priority] */
function draw(name, priority = CSS.highlights.get(name)?.priority || 0) {
  /** @type {StaticRange[]} */
  const ranges = [];
  const spans = layers.get(name) || [];
  for (const chunk of spans.length ? near : []) {
    if (!chunk.isConnected) near.delete(chunk);
    else eachRange(chunk, inside(spans, placeOf(chunk)), (_, range) => ranges.push(range));
  }
  const highlight = new Highlight(...ranges);
  highlight.priority = priority;
  CSS.highlights.set(name, highlight);
}

/** The spans of a sorted list that touch a place. @param {Span[]} spans @param {Span} place */
function inside(spans, place) {
  const isBefore = (/** @type {Span} */ one) => one.part < place.part || (one.part === place.part && one.end <= place.start);
  let [low, high] = [0, spans.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isBefore(spans[middle])) low = middle + 1;
    else high = middle;
  }
  let until = low;
  while (until < spans.length && spans[until].part === place.part && spans[until].start < place.end) until += 1;
  return spans.slice(low, until);
}

function drawAll() {
  drawing = 0;
  for (const name of layers.keys()) draw(name);
  document.dispatchEvent(new CustomEvent("chunks:near"));
}

const watching = new IntersectionObserver(
  (entries) => {
    for (const { isIntersecting, target } of entries) {
      if (isIntersecting) near.add(/** @type {HTMLElement} */ (target));
      else near.delete(/** @type {HTMLElement} */ (target));
    }
    drawing ||= requestAnimationFrame(drawAll);
  },
  { rootMargin: "100%" },
);

function watch() {
  watching.disconnect();
  near.clear();
  for (const chunk of document.querySelectorAll("[data-part] > .chunk")) watching.observe(chunk);
}

watch();
document.addEventListener("htmx:afterSwap", (event) => {
  if (/** @type {Element} */ (event.target).closest("#trace-text, .trace")) watch();
});
