// @ts-check
/**
 * The list of monitors that can be run here: closing it, and telling the page that something was asked for. The list
 * itself is a page of its own, which htmx puts beside the text.
 */

const page = /** @type {HTMLElement | null} */ (document.querySelector("[data-trace]"));

/** What is still at work is asked for anew; it then looks by itself until it ends. */
const look = () => document.body.dispatchEvent(new CustomEvent("trace:asked"));

function close() {
  const list = document.getElementById("run");
  if (!list) return;
  list.replaceChildren();
  list.hidden = true;
  /** @type {HTMLElement | null} */ (document.querySelector("[data-run-open]"))?.focus({ preventScroll: true });
}

document.addEventListener("click", (event) => {
  if (/** @type {Element} */ (event.target).closest("[data-run-close]")) close();
});
document.addEventListener("htmx:afterSwap", () => {
  if (document.querySelector("#run[data-run-begun]")) look();
});
// Somebody else's run is seen as it is asked for, one's own at once.
document.addEventListener("live:event", (event) => {
  const { action, object_id: id } = /** @type {CustomEvent} */ (event).detail;
  if (action === "transcript.run_asked" && id === page?.dataset.trace) look();
});
