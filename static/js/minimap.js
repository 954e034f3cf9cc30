// @ts-check
/**
 * The whole transcript in one column: its parts, where evidence stands and how high its score is, and what is on
 * screen. A slider: click, drag, arrows, page keys. What the server knows of it stands in data-strip, without any text.
 */

import { placeOf } from "./offsets.js";
import { near } from "./paint.js";
import { goTo } from "./places.js";
import { goToWindow } from "./windows.js";

/** @typedef {{parts: [number, string, number][], marks: [number, number, number, number, number][], windows: [number, number, number][], window: number}} Strip */

const COLOURS = { prompt: "--control-line", reasoning: "--accent", output: "--ok", tool: "--info" };
const [RAIL, LANE, SCORE] = [4, 7, 18];
const MOVES = { ArrowDown: 0.01, ArrowUp: -0.01, PageDown: 0.1, PageUp: -0.1 };
let wanted = 0;

/** @returns {HTMLElement | null} */
const map = () => document.querySelector("[data-minimap]");
/** @returns {Strip} */
const strip = () => JSON.parse(map()?.dataset.strip || '{"parts":[],"marks":[],"windows":[],"window":1}');

/** Where each part begins among all characters. @param {Strip} all */
function starts(all) {
  let at = 0;
  const found = new Map();
  for (const [part, , length] of all.parts) {
    found.set(part, at);
    at += length;
  }
  return { found, total: Math.max(1, at) };
}

/** What is on screen, of all characters. @param {Map<number, number>} begins */
function shown(begins) {
  let [first, last] = [Infinity, 0];
  for (const chunk of near) {
    const box = chunk.getBoundingClientRect();
    if (box.bottom <= 0 || box.top >= innerHeight || !chunk.isConnected) continue;
    const { part, start, end } = placeOf(chunk);
    const base = (begins.get(part) || 0) + start;
    const at = (/** @type {number} */ y) => base + (end - start) * Math.min(1, Math.max(0, (y - box.top) / (box.height || 1)));
    first = Math.min(first, at(0));
    last = Math.max(last, at(innerHeight));
  }
  return { first: first === Infinity ? 0 : first, last };
}

function draw() {
  wanted = 0;
  const element = map();
  const canvas = element?.querySelector("canvas");
  if (!element || !canvas || !element.checkVisibility()) return;
  const all = strip();
  const { found, total } = starts(all);
  const [width, height, scale] = [element.clientWidth, element.clientHeight, devicePixelRatio || 1];
  [canvas.width, canvas.height] = [width * scale, height * scale];
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  // A canvas knows no light-dark(): what the theme makes of a token is asked of the element.
  const colour = (/** @type {string} */ name) => {
    canvas.style.color = `var(${name})`;
    return getComputedStyle(canvas).color;
  };
  pen.scale(scale, scale);
  for (const [part, channel, length] of all.parts) {
    pen.fillStyle = colour(COLOURS[/** @type {keyof COLOURS} */ (channel)] || "--control-line");
    pen.fillRect(0, ((found.get(part) || 0) / total) * height, RAIL, Math.max(1, (length / total) * height - 1));
  }
  // The highest of each place is drawn last, so that it is what one sees.
  for (const [part, start, end, heat, lane] of [...all.marks].sort((a, b) => a[3] - b[3])) {
    const top = (((found.get(part) || 0) + start) / total) * height;
    const tall = Math.max(2, ((end - start) / total) * height);
    pen.fillStyle = colour(`--score-${Math.min(4, heat)}`);
    pen.fillRect(RAIL + 4 + (lane - 1) * LANE, top, LANE - 2, tall);
    pen.fillRect(width - (SCORE * heat) / 5, top, (SCORE * heat) / 5, tall);
  }
  const { first, last } = shown(found);
  pen.strokeStyle = colour("--accent");
  pen.lineWidth = 1.5;
  pen.strokeRect(0.75, (first / total) * height + 0.75, width - 1.5, Math.max(6, ((last - first) / total) * height));
  element.setAttribute("aria-valuenow", String(Math.round((100 * first) / total)));
  element.setAttribute("aria-valuetext", `${Math.round((100 * first) / total)} % of ${total.toLocaleString("en")} characters`);
}

const soon = () => (wanted ||= requestAnimationFrame(draw));

/** @param {number} share of all characters */
function jump(share) {
  const all = strip();
  const { found, total } = starts(all);
  const target = Math.min(total - 1, Math.max(0, Math.round(share * total)));
  const holder = all.parts.findLast(([part]) => (found.get(part) || 0) <= target);
  if (!holder) return;
  const at = target - (found.get(holder[0]) || 0);
  if (goTo(holder[0], Math.min(at, Math.max(0, holder[2] - 1)))) return soon();
  goToWindow(holder[0], { at }, `p${holder[0]}c${at}`);
}

/** @param {PointerEvent} event */
function point(event) {
  const box = /** @type {HTMLElement} */ (map()).getBoundingClientRect();
  jump((event.clientY - box.top) / box.height);
}

document.addEventListener("pointerdown", (event) => {
  const element = map();
  if (!element?.contains(/** @type {Node} */ (event.target)) || event.button) return;
  element.setPointerCapture(event.pointerId);
  element.addEventListener("pointermove", point);
  element.addEventListener("lostpointercapture", () => element.removeEventListener("pointermove", point), { once: true });
  point(event);
});
document.addEventListener("keydown", (event) => {
  const element = map();
  if (!element || event.target !== element || event.ctrlKey || event.altKey || event.metaKey) return;
  const by = MOVES[/** @type {keyof MOVES} */ (event.key)];
  if (by === undefined && !["Home", "End"].includes(event.key)) return;
  event.preventDefault();
  const { found, total } = starts(strip());
  const { first, last } = shown(found);
  jump(event.key === "Home" ? 0 : event.key === "End" ? 1 : (first + last) / 2 / total + by);
});
for (const name of ["scroll", "resize"]) addEventListener(name, soon, { passive: true });
for (const name of ["chunks:near", "htmx:afterSettle", "theme:changed"]) document.addEventListener(name, soon);
soon();
