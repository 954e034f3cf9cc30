// @ts-check
/**
 * "+2" where more monitors meet than lines fit under the text: the mark can be reached by keyboard, and Enter or a
 * click lists every piece of evidence there. The same entries stand in the list of monitors, which needs no script.
 */

const list = document.createElement("div");
list.id = "overlap";
list.className = "overlap menu-list";
list.popover = "auto";
list.setAttribute("role", "dialog");
list.setAttribute("aria-label", "All evidence at this place");
/** @type {HTMLElement | null} */
let opener = null;

/** A mark of several segments is one stop: its first. */
function prepare() {
  let last = "";
  for (const mark of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("mark[data-more]"))) {
    const numbers = mark.dataset.s || "";
    if (numbers !== last) {
      mark.tabIndex = 0;
      mark.setAttribute("role", "button");
      mark.setAttribute("aria-haspopup", "dialog");
      mark.setAttribute("aria-label", `${mark.textContent} (${numbers.split(" ").length} pieces of evidence here, list them)`);
    }
    last = numbers;
  }
}

/** @param {string} number @returns {HTMLElement} */
function entry(number) {
  const tag = document.getElementById(`e${number}`);
  const line = document.createElement("button");
  line.type = "button";
  line.className = "foreign";
  line.textContent = tag?.title || `Evidence ${number}`;
  line.addEventListener("click", () => {
    list.hidePopover();
    // A click on its tag leads to its quote in the list of monitors.
    if (tag) tag.click();
    else location.hash = `q${number}`;
  });
  return line;
}

/** @param {HTMLElement} mark */
function open(mark) {
  opener = mark;
  const heading = document.createElement("h3");
  const numbers = (mark.dataset.s || "").split(" ");
  heading.textContent = `${numbers.length} pieces of evidence here`;
  list.replaceChildren(heading, ...numbers.map(entry));
  if (!list.isConnected) document.body.append(list);
  list.showPopover();
  const [box, own] = [mark.getClientRects()[0] || mark.getBoundingClientRect(), list.getBoundingClientRect()];
  list.style.left = `${Math.max(8, Math.min(box.left, innerWidth - own.width - 8))}px`;
  list.style.top = `${box.bottom + own.height + 8 < innerHeight ? box.bottom + 4 : Math.max(8, box.top - own.height - 4)}px`;
  /** @type {HTMLElement | null} */ (list.querySelector("button"))?.focus();
}

/** @param {Event} event @returns {HTMLElement | null} */
const marked = (event) => /** @type {Element} */ (event.target).closest("mark[data-more]");

// Before the trace page takes a click on a mark as one on its last evidence.
document.addEventListener("click", (event) => {
  const mark = marked(event);
  if (!mark || !getSelection()?.isCollapsed) return;
  event.stopImmediatePropagation();
  open(mark);
}, true);
document.addEventListener("keydown", (event) => {
  const mark = marked(event);
  if (mark && (event.key === "Enter" || event.key === " ")) {
    event.preventDefault();
    event.stopImmediatePropagation();
    open(mark);
  } else if (list.matches(":popover-open") && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
    const lines = /** @type {HTMLElement[]} */ (Array.from(list.querySelectorAll("button")));
    const next = lines.indexOf(/** @type {HTMLElement} */ (document.activeElement)) + (event.key === "ArrowDown" ? 1 : -1);
    event.preventDefault();
    lines[(next + lines.length) % lines.length]?.focus();
  }
}, true);
list.addEventListener("toggle", (event) => {
  const closed = /** @type {ToggleEvent} */ (event).newState === "closed";
  if (closed && opener && (list.contains(document.activeElement) || document.activeElement === document.body)) opener.focus();
});

prepare();
document.addEventListener("htmx:afterSwap", prepare);
