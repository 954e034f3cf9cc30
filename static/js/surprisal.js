// @ts-check
/**
 * The surprisal view of the trace page: going from one surprising token to the next by key or button, and the bits of
 * the token under the pointer or the focus in words. The view itself is drawn by the server and needs none of this.
 */

const WORTH = '.text .bits[data-b="3"], .text .bits[data-b="4"], .text .bits[data-b="5"]';

/** @returns {HTMLElement[]} */
const tokens = () => Array.from(document.querySelectorAll(WORTH));

/** @param {Element} token */
function tell(token) {
  const value = document.querySelector("[data-bits-value]");
  if (value) value.textContent = `${token.textContent?.trim() || "white space"}: ${token.getAttribute("title")}`;
}

/** The token after, or before, the one that has the focus. @param {number} by */
function step(by) {
  const all = tokens();
  if (!all.length) return;
  const here = all.findIndex((token) => token.classList.contains("is-here"));
  const next = all[here < 0 ? (by > 0 ? 0 : all.length - 1) : (here + by + all.length) % all.length];
  all[here]?.classList.remove("is-here");
  all[here]?.removeAttribute("tabindex");
  next.classList.add("is-here");
  next.tabIndex = -1;
  next.scrollIntoView({ block: "center" });
  // Sizes of chunks that were never drawn are estimates: look again when they have been.
  requestAnimationFrame(() => next.scrollIntoView({ block: "center" }));
  next.focus({ preventScroll: true });
  tell(next);
}

document.addEventListener("click", (event) => {
  const button = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest("[data-bits-step]"));
  if (button) step(Number(button.dataset.bitsStep));
});
document.addEventListener("pointerover", (event) => {
  const token = /** @type {Element} */ (event.target).closest(".text .bits");
  if (token) tell(token);
});
