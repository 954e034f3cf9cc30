// @ts-check
/** What happens elsewhere shows here: a few seconds after an event the page's parts are fetched again. */

const WAIT_MS = 3_000;
const CONCERNS = /^(transcripts?|item|verdict|webhook|judge|review_item)\b/;
let timer = 0;
let isLate = false;

/** A part keeps its place while somebody is in it. @param {Document} page */
function replaceParts(page) {
  for (const next of /** @type {NodeListOf<HTMLElement>} */ (page.querySelectorAll("[data-live-part]"))) {
    const part = document.querySelector(`[data-live-part="${next.dataset.livePart}"]`);
    if (part && !part.contains(document.activeElement) && !part.isEqualNode(next)) {
      part.replaceWith(document.importNode(next, true));
    }
  }
}

/** Charts keep their zoom: only their figures, sentences and tables are new. @param {Document} page */
function replaceFigures(page) {
  for (const place of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-chart]"))) {
    const id = place.dataset.chart || "";
    const [source, next] = [document.getElementById(id), page.getElementById(id)];
    if (!source || !next || source.textContent === next.textContent) continue;
    source.textContent = next.textContent;
    const [from, to] = [next.closest("section"), place.closest("section")];
    for (const selector of ["p.chart-summary", ".table-wrap"]) {
      const [fresh, old] = [from?.querySelector(selector), to?.querySelector(selector)];
      if (fresh && old) old.replaceWith(document.importNode(fresh, true));
    }
    const label = from?.querySelector("[data-chart]")?.getAttribute("aria-label");
    if (label) place.setAttribute("aria-label", label);
  }
  document.dispatchEvent(new CustomEvent("chart:change"));
}

async function refresh() {
  timer = 0;
  isLate = document.hidden;
  if (isLate) return;
  const answer = await fetch(location.href, { redirect: "error" });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  replaceParts(page);
  replaceFigures(page);
}

function soon() {
  if (!timer) timer = setTimeout(() => refresh().catch(() => {}), WAIT_MS + Math.random() * Number(document.documentElement.dataset.liveSpreadMs || 0));
}

document.addEventListener("live:event", (event) => {
  if (CONCERNS.test(/** @type {CustomEvent} */ (event).detail.action)) soon();
});
document.addEventListener("live:reset", soon);
document.addEventListener("visibilitychange", () => {
  if (isLate && !document.hidden) soon();
});
