// @ts-check
/**
 * Places in a part's text, as the server counts them: code points from the start of the part, end exclusive.
 *
 * The text content of `[data-part]` is the part's stored text (of this window: from `data-at` on), and every chunk in it
 * says in `data-at` where it begins. Strings of the DOM count UTF-16 units; nothing outside this module has to know.
 */

/** @typedef {{part: number, start: number, end: number}} Span */
/** @typedef {{node: Text, offset: number}} Position */

/** What one step is: an item of a chunk's list, and in its text nothing but the stored characters. */
export const STEP = ".chunk li";

/** How many code points a string has. @param {string} text */
export function pointsIn(text) {
  let n = text.length;
  for (let at = 1; at < text.length; at += 1) if (isLow(text, at) && isHigh(text, at - 1)) n -= 1;
  return n;
}

/** @param {string} text @param {number} at */
const isHigh = (text, at) => (text.charCodeAt(at) & 0xfc00) === 0xd800;
/** @param {string} text @param {number} at */
const isLow = (text, at) => (text.charCodeAt(at) & 0xfc00) === 0xdc00;

/** UTF-16 units of the first `points` code points. @param {string} text @param {number} points @param {number} [from] */
export function unitsOf(text, points, from = 0) {
  let at = from;
  for (let left = points; left > 0 && at < text.length; left -= 1) at += isHigh(text, at) && isLow(text, at + 1) ? 2 : 1;
  return at - from;
}

/** The element that holds what this window shows of a part. @param {number} part @returns {HTMLElement | null} */
export function partElement(part) {
  return document.querySelector(`[data-part="${Number(part)}"]`);
}

/** Where a chunk begins, and what follows it begins: its place in its part. @param {HTMLElement} chunk */
export function placeOf(chunk) {
  const start = Number(chunk.dataset.at);
  const next = /** @type {HTMLElement | null} */ (chunk.nextElementSibling);
  const part = /** @type {HTMLElement} */ (chunk.closest("[data-part]"));
  return { part: Number(part.dataset.part), start, end: next ? Number(next.dataset.at) : Number(part.dataset.end) };
}

/** @param {Node} node @returns {HTMLElement | null} */
function anchorOf(node) {
  const element = node instanceof Element ? node : node.parentElement;
  return element?.closest("[data-part]") ? element.closest("[data-at]") : null;
}

/**
 * The place of a DOM position; null outside every part. A position inside a surrogate pair counts as before its
 * character, or, for the end of a span, as after it.
 * @param {Node} node @param {number} offset @param {boolean} [isEnd] @returns {{part: number, at: number} | null}
 */
export function placeAt(node, offset, isEnd = false) {
  const base = anchorOf(node);
  if (!base) return null;
  const range = document.createRange();
  range.setStart(base, 0);
  range.setEnd(node, offset);
  const before = range.toString();
  const splits = !isEnd && before && isHigh(before, before.length - 1) ? 1 : 0;
  const part = /** @type {HTMLElement} */ (base.closest("[data-part]")).dataset.part;
  return { part: Number(part), at: Number(base.dataset.at) + pointsIn(before) - splits };
}

/** The chunk of this window that holds a place. @param {number} part @param {number} at @param {boolean} [isEnd] */
export function chunkAt(part, at, isEnd = false) {
  const element = partElement(part);
  if (!element || at < Number(element.dataset.at) || at > Number(element.dataset.end)) return null;
  const chunks = /** @type {HTMLElement[]} */ (Array.from(element.children));
  let [low, high] = [0, chunks.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    const start = Number(chunks[middle].dataset.at);
    if (isEnd ? start < at : start <= at) low = middle;
    else high = middle - 1;
  }
  return chunks[low] || null;
}

/**
 * The DOM position of a place; null when this window does not hold it. The start of a span lies before its character,
 * its end after the character before it: never across a border of elements that the span does not reach.
 * @param {number} part @param {number} at @param {boolean} [isEnd] @returns {Position | null}
 */
export function positionOf(part, at, isEnd = false) {
  const chunk = chunkAt(part, at, isEnd);
  if (!chunk) return null;
  let left = at - Number(chunk.dataset.at);
  const texts = document.createTreeWalker(chunk, NodeFilter.SHOW_TEXT);
  /** @type {Position | null} */
  let last = null;
  for (let node = /** @type {Text | null} */ (texts.nextNode()); node; node = /** @type {Text | null} */ (texts.nextNode())) {
    const points = pointsIn(node.data);
    if (isEnd ? left <= points : left < points) return { node, offset: unitsOf(node.data, left) };
    left -= points;
    last = { node, offset: node.data.length };
  }
  return left ? null : last;
}

/** The DOM range of a span; null when this window does not hold all of it. @param {Span} span @returns {Range | null} */
export function rangeOf({ part, start, end }) {
  const [from, to] = [positionOf(part, start), positionOf(part, end, true)];
  if (!from || !to) return null;
  const range = document.createRange();
  range.setStart(from.node, from.offset);
  range.setEnd(to.node, to.offset);
  return range;
}

/**
 * What is selected, as a span with its text: of a selection over several parts, what lies in the first of them. Null
 * when nothing of a part is selected.
 * @param {Selection | null} [selection] @returns {(Span & {quote: string}) | null}
 */
export function selectedSpan(selection = getSelection()) {
  if (!selection?.rangeCount || selection.isCollapsed) return null;
  const range = selection.getRangeAt(0);
  const parts = /** @type {HTMLElement[]} */ (Array.from(document.querySelectorAll("[data-part]")));
  const part = parts.find((one) => range.intersectsNode(one) && touches(range, one));
  if (!part) return null;
  const inside = document.createRange();
  inside.selectNodeContents(part);
  if (part.contains(range.startContainer)) inside.setStart(range.startContainer, range.startOffset);
  if (part.contains(range.endContainer)) inside.setEnd(range.endContainer, range.endOffset);
  const start = placeAt(inside.startContainer, inside.startOffset);
  const end = placeAt(inside.endContainer, inside.endOffset, true);
  if (!start || !end || start.at >= end.at) return null;
  const span = { part: start.part, start: start.at, end: end.at };
  return { ...span, quote: rangeOf(span)?.toString() || "" };
}

/** Whether any text of a part is in a range: one that only ends at its border is not. @param {Range} range @param {Element} part */
function touches(range, part) {
  const inside = document.createRange();
  inside.selectNodeContents(part);
  if (part.contains(range.startContainer)) inside.setStart(range.startContainer, range.startOffset);
  if (part.contains(range.endContainer)) inside.setEnd(range.endContainer, range.endOffset);
  return inside.toString() !== "";
}

/** The place under a point of the screen; null where there is no text. @param {number} x @param {number} y */
export function placeFromPoint(x, y) {
  const caret = document.caretPositionFromPoint?.(x, y);
  if (caret) return placeAt(caret.offsetNode, caret.offset);
  const range = document.caretRangeFromPoint?.(x, y);
  return range ? placeAt(range.startContainer, range.startOffset) : null;
}

/**
 * The ranges of many spans inside one chunk, clipped to it, in one walk. The spans are in order and do not overlap.
 * @template {Span} T @param {HTMLElement} chunk @param {T[]} spans @param {(span: T, range: StaticRange) => void} take
 */
export function eachRange(chunk, spans, take) {
  const place = placeOf(chunk);
  const texts = document.createTreeWalker(chunk, NodeFilter.SHOW_TEXT);
  let node = /** @type {Text | null} */ (texts.nextNode());
  let [base, unit] = [place.start, 0];
  /** Where code point `at` is; `base` and `unit` stand for the last place asked. @param {number} at @param {boolean} isEnd */
  const find = (at, isEnd) => {
    for (;;) {
      if (!node) return null;
      while (unit < node.data.length && base < at) {
        unit += isHigh(node.data, unit) && isLow(node.data, unit + 1) ? 2 : 1;
        base += 1;
      }
      if (base === at && (isEnd || unit < node.data.length)) return { node, unit };
      node = /** @type {Text | null} */ (texts.nextNode());
      unit = 0;
    }
  };
  for (const span of spans) {
    const from = find(Math.max(span.start, place.start), false);
    const to = from && find(Math.min(span.end, place.end), true);
    if (!from || !to) return;
    take(span, new StaticRange({ startContainer: from.node, startOffset: from.unit, endContainer: to.node, endOffset: to.unit }));
  }
}
