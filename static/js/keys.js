// @ts-check
/**
 * The registry of keys is the DOM: every element with `data-key` is bound, and the `?` sheet lists the same elements.
 *
 * data-key="g q" | "1" | "Shift+1" | "Ctrl+Enter"; several alternatives are parted by " | ".
 * data-key-label: what the sheet says (otherwise the element's own name); data-key-scope: its heading in the sheet.
 * data-key-commits: a held key counts once.
 * A press clicks buttons and links and focuses fields; it first dispatches `key:press`, which a module may prevent.
 */

const SEQUENCE_MS = 900;
const FIELD = "input:not([type=checkbox], [type=radio], [type=button], [type=submit]), textarea, select, [contenteditable]";

let pending = "";
let pendingAt = 0;

/** @returns {boolean} */
function singleKeysOn() {
  return document.documentElement.dataset.singleKeys !== "off";
}

/** @param {KeyboardEvent} event */
function nameOf(event) {
  const key = event.key === " " ? "Space" : event.key;
  // Shift is already in a printed character such as "?" or "J"; it is named where it changes none, and for digits.
  const digit = /^Digit(\d)$/.exec(event.code);
  if (event.shiftKey && digit && !event.ctrlKey && !event.metaKey) return `Shift+${digit[1]}`;
  const shift = event.shiftKey && key.length > 1 ? "Shift+" : "";
  return `${event.ctrlKey || event.metaKey ? "Ctrl+" : ""}${event.altKey ? "Alt+" : ""}${shift}${key}`;
}

/** @param {Element} element */
function isUsable(element) {
  if (element.matches(":disabled, [aria-disabled=true]") || element.closest("[hidden], [inert]")) return false;
  const dialog = document.querySelector("dialog:modal");
  return dialog ? dialog.contains(element) : element.checkVisibility();
}

/** @returns {HTMLElement[]} */
function bound() {
  return Array.from(document.querySelectorAll("[data-key]"));
}

/** @param {HTMLElement} element @returns {string[]} */
function keysOf(element) {
  return (element.dataset.key || "").split(" | ");
}

/** @param {HTMLElement} element @param {string} key */
function press(element, key) {
  const detail = new CustomEvent("key:press", { bubbles: true, cancelable: true, detail: { key } });
  if (!element.dispatchEvent(detail)) return;
  if (element.matches(FIELD)) element.focus();
  else if (element.matches("a, button, summary, input, label")) element.click();
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || ["Shift", "Control", "Alt", "Meta"].includes(event.key)) return;
  const name = nameOf(event);
  const target = /** @type {Element} */ (event.target);
  const modified = event.ctrlKey || event.metaKey;
  if (!modified && (target.closest(FIELD) || !singleKeysOn())) return;
  // Enter and Space belong to the control that has the focus.
  if (["Enter", "Space"].includes(name) && target.closest("a, button, summary, input, label, [role=button]")) return;
  const typed = pending && event.timeStamp - pendingAt < SEQUENCE_MS ? `${pending} ${name}` : name;
  const usable = bound().filter(isUsable);
  const hit = usable.find((element) => keysOf(element).includes(typed));
  if (hit) {
    pending = "";
    event.preventDefault();
    if (!(event.repeat && "keyCommits" in hit.dataset)) press(hit, typed);
    return;
  }
  const begins = usable.some((element) => keysOf(element).some((key) => key.startsWith(`${typed} `)));
  pending = begins ? typed : "";
  pendingAt = event.timeStamp;
});

/** @param {HTMLElement} element */
function labelOf(element) {
  const own = Array.from(element.childNodes, (node) => (node instanceof Element && node.matches("kbd, .kbd") ? "" : node.textContent));
  return element.dataset.keyLabel || element.getAttribute("aria-label") || own.join(" ").replace(/\s+/g, " ").trim();
}

/** @param {string} tag @param {string} text */
function make(tag, text) {
  const element = document.createElement(tag);
  element.textContent = text;
  return element;
}

/** One row per binding: what it does, and its keys. @param {HTMLElement} element @returns {HTMLElement[]} */
function sheetRow(element) {
  const keys = document.createElement("dd");
  keysOf(element)[0].split(" ").forEach((key) => keys.append(make("kbd", key)));
  return [make("dt", labelOf(element)), keys];
}

/** What this page's keys do, each once. @returns {{label: string, keys: string, press: () => void}[]} */
export function actions() {
  const usable = bound().filter((one) => isUsable(one) && !one.closest(".places, [data-opens=palette]"));
  const first = new Map(usable.reverse().map((one) => [one.dataset.key, one]));
  return Array.from(first.values(), (one) => ({
    label: labelOf(one),
    keys: keysOf(one)[0],
    press: () => press(one, keysOf(one)[0]),
  })).reverse();
}

export function fillSheet() {
  const sheet = document.querySelector("[data-key-sheet]");
  if (!sheet) return;
  const dialog = sheet.closest("dialog");
  /** @type {Map<string, HTMLElement[]>} */
  const scopes = new Map();
  const shown = new Set();
  for (const element of bound().filter((one) => !dialog?.contains(one) && one.checkVisibility())) {
    if (shown.has(element.dataset.key)) continue;
    shown.add(element.dataset.key);
    const scope = element.dataset.keyScope || (element.closest(".bar") ? "Everywhere" : "This page");
    scopes.set(scope, [...(scopes.get(scope) || []), element]);
  }
  sheet.replaceChildren(
    ...Array.from(scopes, ([scope, elements]) => {
      const section = document.createElement("section");
      const list = document.createElement("dl");
      list.append(...elements.flatMap(sheetRow));
      section.append(make("h3", scope), list);
      return section;
    }),
  );
}

document.addEventListener("dialog:open", (event) => {
  if (/** @type {Element} */ (event.target).id === "keys") fillSheet();
});

const box = /** @type {HTMLInputElement | null} */ (document.querySelector("[data-key-switch]"));
box?.addEventListener("change", () => {
  document.documentElement.dataset.singleKeys = box.checked ? "on" : "off";
  const form = /** @type {HTMLFormElement} */ (box.form);
  fetch(form.action, { method: "POST", body: new FormData(form), redirect: "error" }).catch(() => {});
});
