// @ts-check
/**
 * How high each chunk of the text will be, before it is drawn: the browser lays out only what is on screen, so that a
 * jump past the rest lands where these estimates say, and settles from there.
 */

import { STEP } from "./offsets.js";

/** @param {Element} step @param {number} perLine */
function linesOf(step, perLine) {
  let lines = 0;
  for (const line of (step.textContent || "").split("\n")) lines += Math.max(1, Math.ceil(line.length / perLine));
  return lines;
}

/** @param {HTMLElement} text the part's text, of which the first chunk is drawn */
function estimate(text) {
  const chunks = /** @type {HTMLElement[]} */ (Array.from(text.querySelectorAll(":scope > .chunk")));
  const step = /** @type {HTMLElement | null} */ (chunks[0]?.querySelector(STEP));
  if (!step || chunks.length < 3) return;
  const style = getComputedStyle(step);
  const perLine = Math.max(10, step.clientWidth / (0.5 * parseFloat(style.fontSize)));
  const lines = chunks.map((chunk) => Array.from(chunk.querySelectorAll(STEP)).reduce((sum, one) => sum + linesOf(one, perLine), 0));
  const perLineHigh = chunks[0].offsetHeight / lines[0];
  chunks.forEach((chunk, index) => {
    chunk.style.containIntrinsicBlockSize = `auto ${Math.round(lines[index] * perLineHigh)}px`;
  });
}

export function estimateChunks() {
  for (const text of document.querySelectorAll("[data-part]")) estimate(/** @type {HTMLElement} */ (text));
}
