// @ts-check
/**
 * Surprise of tokens over the text that is on the page, by the CSS Custom Highlight API: nothing of the page changes
 * place, and only what is near the screen becomes ranges. Where the API is missing, the link leads to the view that the
 * server draws.
 */

import { partElement, placeFromPoint, rangeOf } from "./offsets.js";
import { canPaint, paint } from "./paint.js";
import { goTo } from "./places.js";

/** @typedef {import("./offsets.js").Span & {bits: number}} Token */

const WORTH = 8;
const MOST_ROWS = 50;
const PRIORITY = -1;
const bar = /** @type {HTMLElement | null} */ (document.querySelector("[data-heat-legend]"));
const link = /** @type {HTMLAnchorElement | null} */ (document.querySelector("[data-heat]"));
/** @type {Token[] | null} */
let tokens = null;
/** @type {number[]} */
let levels = [];
let here = -1;
let isOn = false;

/** @param {{levels: number[], parts: Record<string, number[]>}} sent @returns {Token[]} */
function unpacked(sent) {
  /** @type {Token[]} */
  const found = [];
  for (const [part, flat] of Object.entries(sent.parts).sort(([a], [b]) => Number(a) - Number(b))) {
    let at = 0;
    for (let i = 0; i < flat.length; i += 3) {
      const start = at + flat[i];
      at = start + flat[i + 1];
      found.push({ part: Number(part), start, end: at, bits: flat[i + 2] / 10 });
    }
  }
  return found;
}

async function load() {
  if (tokens || !link) return;
  const answer = await fetch(link.dataset.heat || "", { redirect: "error" });
  const sent = answer.ok ? await answer.json() : null;
  // Without a profile the server's view says why.
  if (!sent?.kept) return;
  levels = sent.levels;
  tokens = unpacked(sent);
}

/** @param {number} bits */
const levelOf = (bits) => levels.filter((least) => bits >= least).length;

function draw() {
  for (const n of [1, 2, 3, 4, 5]) paint(`bits-${n}`, isOn && tokens ? tokens.filter((one) => levelOf(one.bits) === n) : [], PRIORITY);
  if (!isOn) paint("bits-here", []);
}

/** @param {boolean} on */
function set(on) {
  isOn = on;
  if (bar) bar.hidden = !on;
  link?.setAttribute("aria-pressed", String(on));
  draw();
}

/** Whether this window holds it. @param {Token} token */
function isHeld({ part, start, end }) {
  const element = partElement(part);
  return Boolean(element) && start >= Number(element?.dataset.at) && end <= Number(element?.dataset.end);
}

/** @param {Token} token */
const textOf = (token) => rangeOf(token)?.toString().trim();

/** @param {Token} token */
function tell(token) {
  const value = bar?.querySelector("[data-heat-value]");
  if (value) value.textContent = `${textOf(token) || "white space"}: ${token.bits.toFixed(1)} bits`;
}

/** @param {Token} token */
function goToToken(token) {
  here = tokens ? tokens.indexOf(token) : -1;
  if (!goTo(token.part, token.start)) return;
  paint("bits-here", [token], 4);
  tell(token);
}

/** Of this window, those that are worth a stop. @param {number} by */
function step(by) {
  const stops = (tokens || []).filter((one) => one.bits >= WORTH && isHeld(one));
  if (!stops.length) return;
  const now = here < 0 ? -1 : stops.indexOf(/** @type {Token[]} */ (tokens)[here]);
  goToToken(stops[now < 0 ? (by > 0 ? 0 : stops.length - 1) : (now + by + stops.length) % stops.length]);
}

/** The same without colour and without a pointer. */
function fillTable() {
  const body = bar?.querySelector("[data-heat-table] tbody");
  if (!body || body.childElementCount || !tokens) return;
  const most = tokens.filter(isHeld).sort((a, b) => b.bits - a.bits).slice(0, MOST_ROWS);
  body.replaceChildren(...most.map((token) => {
    const row = document.createElement("tr");
    const go = document.createElement("button");
    go.type = "button";
    go.className = "btn btn-quiet foreign";
    go.textContent = textOf(token) || "white space";
    go.addEventListener("click", () => goToToken(token));
    for (const cell of [go, token.bits.toFixed(1), `part ${token.part + 1}, ${token.start} to ${token.end}`]) {
      const field = document.createElement("td");
      field.append(cell);
      row.append(field);
    }
    return row;
  }));
}

/** @param {number} x @param {number} y */
function pointed(x, y) {
  const place = placeFromPoint(x, y);
  let [low, high] = [0, place && tokens ? tokens.length : 0];
  while (place && tokens && low < high) {
    const middle = (low + high) >> 1;
    const one = tokens[middle];
    if (one.part < place.part || (one.part === place.part && one.end <= place.at)) low = middle + 1;
    else high = middle;
  }
  const token = place && tokens?.[low];
  return token && token.part === place.part && token.start <= place.at ? token : null;
}

if (canPaint && link && bar) {
  link.setAttribute("role", "button");
  link.setAttribute("aria-pressed", "false");
  document.addEventListener("click", (event) => {
    const target = /** @type {Element} */ (event.target);
    const stepper = /** @type {HTMLElement | null} */ (target.closest("[data-heat-step]"));
    const lines = target.closest("[data-heat-lines]");
    if (target.closest("[data-heat]") && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      load().then(() => (tokens ? set(!isOn) : location.assign(link.href)), () => location.assign(link.href));
    } else if (stepper) step(Number(stepper.dataset.heatStep));
    else if (lines) {
      const only = document.documentElement.toggleAttribute("data-bits-lines");
      lines.setAttribute("aria-pressed", String(only));
    }
  });
  bar.querySelector("[data-heat-table]")?.addEventListener("toggle", fillTable);
  let asked = 0;
  document.addEventListener("pointermove", ({ clientX, clientY, target }) => {
    if (!isOn || asked || !(/** @type {Element} */ (target).closest("[data-part]"))) return;
    asked = requestAnimationFrame(() => {
      asked = 0;
      const token = pointed(clientX, clientY);
      if (token) tell(token);
    });
  });
  // A page that fetched itself may hold other scores.
  document.addEventListener("htmx:afterSwap", (event) => {
    if (isOn && /** @type {Element} */ (event.target).closest("#trace-text, .trace")) draw();
  });
}
