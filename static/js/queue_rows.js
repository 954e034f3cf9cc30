// @ts-check
/**
 * The queue's rows: j and k lead over those that can be reviewed, Enter presses the row's main control, and the one that
 * is read stays where it is.
 */

const root = /** @type {HTMLElement} */ (document.querySelector("[data-queue]"));

/** @returns {HTMLTableRowElement[]} */
export function rows() {
  return Array.from(root.querySelectorAll("tr[data-item]"));
}

/** Keep a row where it is on screen while others come in above it. @param {() => void} change */
export function inPlace(change) {
  const anchor = /** @type {HTMLElement | null} */ (document.activeElement?.closest("tr[data-item]") || topmost());
  const before = anchor?.getBoundingClientRect().top ?? 0;
  change();
  if (!anchor) return;
  const moved = () => anchor.getBoundingClientRect().top - before;
  const lacking = scrollY + moved() + innerHeight - document.documentElement.scrollHeight;
  // A short page cannot scroll so far: give it the room.
  if (lacking > 0) root.style.paddingBottom = `${(parseFloat(root.style.paddingBottom) || 0) + Math.ceil(lacking)}px`;
  scrollBy(0, moved());
}

/** The first row in view, once the reader has scrolled. @returns {HTMLElement | undefined} */
function topmost() {
  if (!scrollY) return undefined;
  return rows().find((row) => row.getBoundingClientRect().top > 0);
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
