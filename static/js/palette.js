// @ts-check
/** Ctrl+K: pages, what this page's keys do, and what the words name. Without this module /palette is a page of links. */

import { actions } from "./keys.js";

const WAIT_MS = 150;
/** @typedef {{kind: string, title: string, url?: string, note?: string, keys?: string, run?: () => void}} Entry */
/** @type {Entry[]} */
let own = [];
/** @type {Entry[]} */
let pages = [];
/** @type {Entry[]} */
let shown = [];
let at = 0;
let asking = 0;
let timer = 0;

const dialog = /** @type {HTMLDialogElement | null} */ (document.getElementById("palette"));
const field = /** @type {HTMLInputElement} */ (dialog?.querySelector("input"));
const list = /** @type {HTMLElement} */ (dialog?.querySelector("[role=listbox]"));

/** @param {string} asked @returns {Promise<Entry[]>} */
async function ask(asked) {
  const form = /** @type {HTMLFormElement} */ (field.form);
  const answer = await fetch(`${form.action}?q=${encodeURIComponent(asked)}`, { headers: { "X-Part": "palette" }, redirect: "error" });
  return answer.ok ? (await answer.json()).entries : [];
}

/** @param {Entry[]} entries */
function show(entries) {
  shown = entries;
  at = 0;
  list.replaceChildren(...entries.map(row));
  select(0);
  const said = dialog?.querySelector("[data-palette-said]");
  if (said) said.textContent = entries.length ? `${entries.length} found` : "Nothing of that name.";
}

/** @param {Entry} entry @param {number} index */
function row(entry, index) {
  const line = document.createElement("li");
  line.id = `palette-${index}`;
  line.setAttribute("role", "option");
  for (const [name, text] of [["muted", entry.kind], ["foreign", entry.title], ["muted foreign clip", entry.note || ""]]) {
    const cell = document.createElement("span");
    cell.className = name;
    cell.textContent = text;
    line.append(cell);
  }
  for (const key of entry.keys ? entry.keys.split(" ") : []) {
    const kbd = document.createElement("kbd");
    kbd.textContent = key;
    line.append(kbd);
  }
  line.addEventListener("click", () => run(entry));
  return line;
}

/** @param {number} index */
function select(index) {
  at = Math.max(0, Math.min(index, shown.length - 1));
  for (const [number, line] of Array.from(list.children).entries()) line.setAttribute("aria-selected", String(number === at));
  const line = list.children[at];
  if (line) {
    field.setAttribute("aria-activedescendant", line.id);
    line.scrollIntoView({ block: "nearest" });
  } else field.removeAttribute("aria-activedescendant");
}

/** @param {Entry | undefined} entry */
function run(entry) {
  if (!entry) return;
  dialog?.close();
  if (entry.run) entry.run();
  else if (entry.url) location.assign(entry.url);
}

/** @param {string} asked */
function matching(asked) {
  const words = asked.toLowerCase().split(/\s+/).filter(Boolean);
  return [...own, ...pages].filter((entry) => words.every((word) => entry.title.toLowerCase().includes(word)));
}

async function look() {
  const asked = field.value.trim();
  const mine = ++asking;
  show(matching(asked));
  if (!asked) return;
  const found = await ask(asked);
  if (mine === asking) show([...found.filter((entry) => entry.kind !== "Page"), ...matching(asked)]);
}

document.addEventListener("dialog:open", async (event) => {
  if (event.target !== dialog) return;
  own = actions().map(({ label, keys, press }) => ({ kind: "Action", title: label, keys, run: press }));
  field.value = "";
  show(matching(""));
  pages = pages.length ? pages : await ask("").catch(() => []);
  if (!field.value) show(matching(""));
});

if (dialog) {
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => look().catch(() => {}), WAIT_MS);
  });
  field.addEventListener("keydown", (event) => {
    const moves = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 };
    const move = moves[/** @type {keyof typeof moves} */ (event.key)];
    if (move) {
      event.preventDefault();
      select(at + move);
    } else if (event.key === "Enter" && !event.isComposing) {
      event.preventDefault();
      clearTimeout(timer);
      // What was typed last may not have been looked for yet.
      if (shown[at]) run(shown[at]);
      else look().then(() => run(shown[0]), () => {});
    }
  });
}
