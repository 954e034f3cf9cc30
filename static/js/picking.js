// @ts-check
/**
 * Rows of the queue that are chosen to be assigned or snoozed: x chooses the row in focus, Shift+X all from the last
 * chosen one. With nothing chosen, assigning and snoozing act on the row that was last in focus.
 */

const plan = /** @type {HTMLFormElement | null} */ (document.querySelector("[data-plan]"));
const list = /** @type {HTMLElement} */ (document.querySelector("[data-queue]"));
const NEXT = "oversight.queue.next";

/** @type {string | undefined} the item whose row was last in focus */
let current;
/** @type {string | undefined} the item that was last chosen */
let anchor;

/** @returns {HTMLTableRowElement[]} */
function rows() {
  return Array.from(list.querySelectorAll("tr[data-item]"));
}

/** @param {HTMLTableRowElement | undefined} row */
function boxOf(row) {
  return /** @type {HTMLInputElement | null} */ (row?.querySelector("input[name=item]") || null);
}

/** @param {string | undefined} item */
function rowOf(item) {
  return rows().find((row) => row.dataset.item === item);
}

function chosen() {
  return rows().filter((row) => boxOf(row)?.checked);
}

function tell() {
  const words = plan?.querySelector("[data-chosen]");
  const n = chosen().length;
  if (words) words.textContent = n ? `${n} chosen` : current ? `Nothing chosen: acts on #${current}` : "Choose items with their boxes, or x";
}

/** @param {string} how */
function pick(how) {
  const row = rowOf(current) || rows()[0];
  const box = boxOf(row);
  if (!row || !box) return;
  if (how === "range") {
    const all = rows();
    const [from, to] = [all.indexOf(rowOf(anchor) || row), all.indexOf(row)].sort((a, b) => a - b);
    for (const one of all.slice(from, to + 1)) {
      const its = boxOf(one);
      if (its) its.checked = true;
    }
  } else {
    box.checked = !box.checked;
  }
  anchor = row.dataset.item;
  row.focus({ preventScroll: true });
  tell();
}

/** After the page has come again, the focus goes to the first row that was not acted on. */
function rememberNext() {
  const all = rows();
  const acted = chosen();
  const last = all.indexOf(acted[acted.length - 1]);
  const next = all.slice(last + 1).find((row) => !acted.includes(row)) || all.find((row) => !acted.includes(row));
  sessionStorage.setItem(NEXT, next?.dataset.item || "");
}

list.addEventListener("focusin", (event) => {
  const row = /** @type {HTMLElement} */ (event.target).closest("tr[data-item]");
  if (!row) return;
  current = /** @type {HTMLElement} */ (row).dataset.item;
  tell();
});
list.addEventListener("change", (event) => {
  const box = /** @type {HTMLElement} */ (event.target);
  if (!box.matches("input[name=item]")) return;
  anchor = /** @type {HTMLElement} */ (box.closest("tr"))?.dataset.item;
  tell();
});
list.addEventListener("click", (event) => {
  const target = /** @type {Element} */ (event.target);
  const picker = /** @type {HTMLElement | null} */ (target.closest("[data-pick]"));
  if (picker) pick(picker.dataset.pick || "");
  const box = /** @type {MouseEvent} */ (event).shiftKey && target.closest("input[name=item]");
  if (box && anchor) {
    current = /** @type {HTMLElement} */ (box.closest("tr")).dataset.item;
    pick("range");
  }
});
plan?.addEventListener("submit", () => {
  const all = /** @type {HTMLInputElement | null} */ (plan.querySelector("[data-all]"));
  const box = boxOf(rowOf(current));
  if (!all?.checked && !chosen().length && box) box.checked = true;
  rememberNext();
});
plan?.addEventListener("toggle", (event) => {
  const menu = /** @type {HTMLDetailsElement} */ (event.target);
  if (menu.open) /** @type {HTMLElement | null} */ (menu.querySelector(".menu-item"))?.focus();
}, { capture: true });

const next = sessionStorage.getItem(NEXT);
sessionStorage.removeItem(NEXT);
if (next) rowOf(next)?.focus({ preventScroll: true });
tell();
