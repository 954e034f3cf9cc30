// @ts-check
/** Finding a pattern in texts. Used by the find bar, and by its worker for patterns that may take too long. */

export const MOST_HITS = 10_000;

/** @param {string} text */
export const literally = (text) => text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");

/**
 * Places in UTF-16 units of each text, in order, up to MOST_HITS together. Throws on a pattern that is none.
 * @param {string[]} texts @param {string} source @param {string} flags @returns {[number, number, number][]}
 */
export function matches(texts, source, flags) {
  const pattern = new RegExp(source, flags);
  /** @type {[number, number, number][]} */
  const found = [];
  texts.forEach((text, index) => {
    for (const hit of text.matchAll(pattern)) {
      if (found.length >= MOST_HITS) return;
      if (hit[0]) found.push([index, hit.index, hit.index + hit[0].length]);
    }
  });
  return found;
}
