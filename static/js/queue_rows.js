// @ts-check
/** Walking over the queue's rows: j and k lead over those that can be reviewed, Enter presses the row's main control. */

const root = /** @type {HTMLElement} */ (document.querySelector("[data-queue]"));

/** @returns {HTMLTableRowElement[]} */
export function rows() {
  return Array.from(root.querySelectorAll("tr[data-item]"));
}

/** @param {number} by */
function move(by) {
  const all = rows().filter((row) => row.dataset.matches !== "no" && (["free", "mine"].includes(row.dataset.standing || "") || isDecidedPage()));
  const at = all.indexOf(/** @type {any} */ (document.activeElement?.closest("tr[data-item]")));
  const to = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + by))];
  to?.focus({ preventScroll: true });
  to?.scrollIntoView({ block: "nearest" });
}

function isDecidedPage() {
  return new URLSearchParams(location.search).get("state") === "decided";
}

root.addEventListener("click", (event) => {
  const mover = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest("[data-move]"));
  if (mover) move(Number(mover.dataset.move));
});

root.addEventListener("keydown", (event) => {
  const row = /** @type {HTMLElement} */ (event.target);
  if (event.key !== "Enter" || event.repeat || !row.matches("tr[data-item]")) return;
  event.preventDefault();
  /** @type {HTMLElement | null} */ (row.querySelector("[data-primary]") || row.querySelector("a"))?.click();
});
