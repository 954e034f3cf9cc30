// @ts-check
/**
 * Moving between changes, unfolding what is unchanged, and marks without a page load. Without this module the links
 * and forms do the same with one.
 */

/** @returns {HTMLElement[]} */
function changes() {
  return Array.from(document.querySelectorAll("[data-change]"));
}

/** The change that has the focus, or the one around it; else the one in the address. @returns {HTMLElement | null} */
function current() {
  const focused = document.activeElement?.closest("[data-change]");
  return /** @type {HTMLElement | null} */ (focused || document.querySelector("[data-change]:target"));
}

/** @param {number} step */
function go(step) {
  const all = changes();
  const here = current();
  const at = here ? all.indexOf(here) + step : step > 0 ? 0 : all.length - 1;
  if (at < 0 || at >= all.length) {
    const link = /** @type {HTMLAnchorElement | null} */ (document.querySelector(step > 0 ? "a[rel=next]" : "a[rel=prev]"));
    if (link) link.click();
    else say(step > 0 ? "This is the last change." : "This is the first change.");
    return;
  }
  const row = all[Math.max(0, at)];
  row.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
  const place = document.querySelector("[data-at]");
  const total = place?.getAttribute("data-total") || place?.textContent?.replace(/\D/g, "") || "";
  place?.setAttribute("data-total", total);
  if (place) place.textContent = `Change ${row.dataset.change} of ${Number(total).toLocaleString("en")}`;
}

/** @param {string} text */
function say(text) {
  const place = document.querySelector("[data-said]");
  if (place) place.textContent = text;
}

/** Fetch what a large fold holds. @param {HTMLDetailsElement} fold */
async function unfold(fold) {
  const link = /** @type {HTMLAnchorElement | null} */ (fold.querySelector("[data-unfold]"));
  if (!link || fold.dataset.fetching) return;
  fold.dataset.fetching = "yes";
  const answer = await fetch(link.href, { headers: { "X-Part": "fold" }, redirect: "error" });
  if (!answer.ok) {
    delete fold.dataset.fetching;
    return;
  }
  const next = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("details");
  if (!next) return;
  const hadFocus = fold.contains(document.activeElement);
  const shown = document.importNode(next, true);
  fold.replaceWith(shown);
  if (hadFocus) shown.querySelector("summary")?.focus({ preventScroll: true });
}

function toggleFolds() {
  const folds = /** @type {HTMLDetailsElement[]} */ (Array.from(document.querySelectorAll("[data-fold]")));
  const opens = folds.some((fold) => !fold.open);
  for (const fold of folds) fold.open = opens;
}

let isSending = false;

/** @param {HTMLFormElement} form @param {HTMLButtonElement} button */
async function mark(form, button) {
  if (isSending) return;
  isSending = true;
  const sent = { method: "POST", body: new FormData(form, button), headers: { "X-Part": "mark" } };
  const answer = await fetch(form.action, { ...sent, redirect: "error" }).catch(() => null);
  isSending = false;
  if (!answer?.ok) {
    say("The mark could not be saved. Try again.");
    return;
  }
  const isSet = !button.value.startsWith("|");
  const pair = button.value.slice(button.value.indexOf("|"));
  const group = /** @type {HTMLElement} */ (button.parentElement);
  for (const one of /** @type {NodeListOf<HTMLButtonElement>} */ (group.querySelectorAll("button[data-meaning]"))) {
    const isThis = one === button && isSet;
    one.setAttribute("aria-pressed", String(isThis));
    one.value = (isThis ? "" : one.dataset.meaning) + pair;
  }
  say(isSet ? `Marked: ${button.textContent}` : "Mark taken back.");
}

document.addEventListener("toggle", (event) => {
  const fold = /** @type {HTMLDetailsElement} */ (event.target);
  if (fold.matches?.("[data-fold]") && fold.open) unfold(fold).catch(() => delete fold.dataset.fetching);
}, true);

document.addEventListener("submit", (event) => {
  const form = /** @type {HTMLFormElement} */ (event.target);
  const button = /** @type {HTMLButtonElement | null} */ (event.submitter);
  if (!form.matches("[data-meaning-form]") || !button) return;
  event.preventDefault();
  mark(form, button);
});

document.addEventListener("click", (event) => {
  const target = /** @type {Element} */ (event.target);
  const move = /** @type {HTMLElement | null} */ (target.closest("[data-go]"));
  const marker = /** @type {HTMLElement | null} */ (target.closest("[data-mark]"));
  if (move) {
    event.preventDefault();
    go(Number(move.dataset.go));
  } else if (target.closest("[data-unfold]")) {
    event.preventDefault();
    const fold = target.closest("details");
    if (fold) unfold(fold).catch(() => delete fold.dataset.fetching);
  } else if (target.closest("[data-unfold-all]")) {
    toggleFolds();
  } else if (marker) {
    const button = current()?.querySelector(`button[data-meaning="${marker.dataset.mark}"]`);
    if (button) /** @type {HTMLButtonElement} */ (button).click();
    else say("Go to a change first, with n.");
  }
});

// A mark from the toolbar goes to the row: pressing the toolbar's button must not take the row's focus away.
document.addEventListener("mousedown", (event) => {
  if (/** @type {Element} */ (event.target).closest("[data-mark]")) event.preventDefault();
});
