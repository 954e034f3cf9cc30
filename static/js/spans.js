// @ts-check
/** The list of spans in the verdict pane, and their lines in the text. What was entered lives in draft.js. */

import * as draft from "./draft.js";
import { drawSpans } from "./lines.js";
import { stepAt } from "./marking.js";

/** @param {string} selector @returns {HTMLElement | null} */
const find = (selector) => document.querySelector(`#desk ${selector}`);
/** @returns {HTMLElement[]} */
export const chips = () => Array.from(document.querySelectorAll("#desk [data-label]"));
/** @type {Map<string, number>} */
const lines = new Map();

/** The kind of line of a label; also while the pane shows no labels. @param {string} name */
function lineOf(name) {
  for (const chip of chips()) lines.set(chip.dataset.label || "", Number(chip.dataset.line));
  return lines.get(name) || 0;
}

/** The row that is being typed into stays as it is. */
const isTyping = () => Boolean(document.activeElement?.matches("#desk [name=span_note]"));

/** @param {{part: number, start: number}} place */
export function stepName(place) {
  const number = stepAt(place.part, place.start)?.id.split("s")[1];
  return number ? `step ${number}` : `part ${place.part + 1}`;
}

/** @param {string} text @param {number} most */
export function clip(text, most) {
  const points = Array.from(text.slice(0, 2 * most + 2));
  return points.length > most ? `${points.slice(0, most).join("")}…` : text;
}

/** @param {Element | null} element */
export function rowOf(element) {
  const row = element?.closest("[data-span-list] > li");
  return row ? Array.from(row.parentElement?.children || []).indexOf(row) : -1;
}

/** @param {import("./draft.js").Span} span @param {number} i @param {HTMLTemplateElement} template */
function rowFor(span, i, template) {
  const row = /** @type {HTMLElement} */ (/** @type {Element} */ (template.content.firstElementChild).cloneNode(true));
  const field = (/** @type {string} */ name) => /** @type {HTMLInputElement} */ (row.querySelector(`[name=${name}]`));
  row.dataset.line = String(lineOf(span.label));
  field("span").value = JSON.stringify(span);
  if (!chips().some((chip) => chip.dataset.label === span.label)) field("span_label").append(new Option(span.label));
  field("span_label").value = span.label;
  field("span_note").value = span.note;
  field("drop").value = String(i);
  const [quote, place, go] = ["q", "[data-place]", "[data-go]"].map((one) => /** @type {HTMLElement} */ (row.querySelector(one)));
  quote.textContent = clip(span.quote, 120);
  place.textContent = `${stepName(span)}, ${span.start} to ${span.end}`;
  go.setAttribute("href", `#part${span.part}`);
  if (i === 0) [row.dataset.key, row.dataset.keyLabel] = ["d", "Delete the span in focus, or the last one"];
  return row;
}

export function list() {
  const place = find("[data-span-list]");
  const template = /** @type {HTMLTemplateElement | null} */ (find("template[data-span-row]"));
  const { spans, undo, redo } = draft.entered();
  for (const [selector, steps] of /** @type {const} */ ([["[data-back]", undo], ["[data-forth]", redo]])) {
    /** @type {HTMLButtonElement | null} */ (find(selector))?.toggleAttribute("disabled", !steps.length);
  }
  if (place && template && !isTyping()) {
    const [row, name] = [rowOf(document.activeElement), document.activeElement?.getAttribute("name")];
    place.replaceChildren(...spans.map((span, i) => rowFor(span, i, template)));
    if (row >= 0) /** @type {HTMLElement | null} */ (place.children[Math.min(row, spans.length - 1)]?.querySelector(`[name=${name || "drop"}]`))?.focus();
  }
  if (place && isTyping() && place.children.length === spans.length) {
    spans.forEach((span, i) => {
      const note = /** @type {HTMLInputElement} */ (place.children[i].querySelector("[name=span_note]"));
      if (note.value !== span.note) note.value = span.note;
    });
  }
  const count = find("[data-span-count]");
  if (count && place) count.textContent = String(spans.length);
  draw();
}

export function draw() {
  const rows = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("#desk [data-committed] > li"));
  const committed = Array.from(rows, (row) => {
    const span = JSON.parse(row.dataset.span || "{}");
    const place = row.querySelector("[data-place]");
    if (place) place.textContent = `${stepName(span)}, ${span.start} to ${span.end}`;
    return { ...span, line: Number(row.dataset.line) };
  });
  drawSpans(committed.length ? committed : draft.entered().spans.map((span) => ({ ...span, line: lineOf(span.label) })));
}
