// @ts-check
/** A very long transcript comes in windows: the one that holds a place is loaded when a link or the minimap names it. */

/** @typedef {{at: number} | {step: number}} Place a character, or a step counted from 1 */

/**
 * Load the window that holds a place of a part, at the fragment that names it. False when that is this window: then
 * there is no such place.
 * @param {number} part @param {Place} place @param {string} hash
 */
export function goToWindow(part, place, hash) {
  const strip = /** @type {HTMLElement | null} */ (document.querySelector("[data-strip]"))?.dataset.strip;
  /** @type {{windows: [number, number, number][], window: number}} */
  const all = JSON.parse(strip || '{"windows":[],"window":0}');
  /** @param {[number, number, number]} begins */
  const isBefore = ([held, at, step]) => held < part || (held === part && ("step" in place ? step < place.step : at <= place.at));
  const number = all.windows.findLastIndex(isBefore) + 1;
  if (!number || number === all.window) return false;
  const url = new URL(location.href);
  url.searchParams.set("w", String(number));
  url.hash = hash;
  location.assign(url);
  return true;
}
