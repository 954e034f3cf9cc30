// @ts-check
/** A table that is wider than its place can be scrolled by keyboard: it gets a tab stop, and only then. */

const regions = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    const scrolls = target.scrollWidth > target.clientWidth && getComputedStyle(target).overflowX !== "clip";
    target.toggleAttribute("tabindex", scrolls);
    if (scrolls) target.setAttribute("tabindex", "0");
  }
});

/** @param {ParentNode} root */
function watch(root) {
  for (const region of root.querySelectorAll(".table-wrap")) regions.observe(region);
}

watch(document);
document.addEventListener("htmx:load", (event) => watch(/** @type {Element} */ (event.target)));
