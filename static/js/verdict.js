// @ts-check
/**
 * The verdict pane. Commits go out once at a time; a refusal keeps everything typed; what others do to the item shows
 * at once. Without this module the same forms work with a page load.
 */

import * as draft from "./draft.js";
import { effort } from "./effort.js";
import { countDown } from "./undo.js";

const GRADED = ["suspicious", "confirmed"];
const CONFIDENCES = ["", "low", "medium", "high"];
const [LITTLE_READ, LITTLE_MS] = [0.1, 5000];

let inFlight = false;
let refreshing = 0;

function desk() {
  return /** @type {HTMLElement} */ (document.getElementById("desk"));
}

/** @param {string} selector @returns {HTMLInputElement | null} */
const field = (selector) => desk().querySelector(`form[data-verdict] ${selector}`);

/** What is entered stands in the form. */
function fill() {
  const { label, severity, category, confidence, note } = draft.entered();
  for (const [name, value] of [["label", label], ["severity", String(severity || "")], ["confidence", confidence]]) {
    for (const one of /** @type {NodeListOf<HTMLInputElement>} */ (desk().querySelectorAll(`form[data-verdict] [name=${name}]`))) one.checked = one.value === value;
  }
  const [chosen, text] = [field("[name=category]"), field("[name=note]")];
  if (chosen && chosen.value !== category) chosen.value = category;
  if (text && text.value !== note) text.value = note;
  suit();
}

/** What changed in the form is entered. @param {HTMLInputElement} changed */
function take(changed) {
  const { name, value } = changed;
  if (name === "severity") draft.set("severity", Number(value));
  else if (name === "label" || name === "category" || name === "confidence" || name === "note") draft.set(name, value);
}

/** Put a newer pane in the place of this one. @param {string} html */
function show(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  const next = page.getElementById("desk");
  if (!next) return;
  const focus = keepFocus();
  const drawer = /** @type {HTMLDialogElement | null} */ (document.getElementById("guidelines"));
  const isOpen = drawer?.open;
  desk().replaceWith(document.importNode(next, true));
  draft.load();
  countDown();
  if (isOpen) /** @type {HTMLDialogElement | null} */ (document.getElementById("guidelines"))?.show();
  document.dispatchEvent(new CustomEvent("desk:shown"));
  focus();
}

/** The control that has the focus has it again in the pane that follows, with the caret where it was. */
function keepFocus() {
  const had = desk().contains(document.activeElement) ? /** @type {HTMLInputElement} */ (document.activeElement) : null;
  const selector = had && (had.id ? `#${CSS.escape(had.id)}` : had.name && `[name=${had.name}][value="${CSS.escape(had.value)}"]`);
  const caret = had?.matches("textarea") ? [had.selectionStart, had.selectionEnd] : null;
  return () => {
    const again = selector ? /** @type {HTMLInputElement | null} */ (desk().querySelector(selector)) : null;
    again?.focus({ preventScroll: true });
    if (again && caret) again.setSelectionRange(caret[0], caret[1]);
  };
}

async function refresh() {
  refreshing = 0;
  const answer = await fetch(desk().dataset.desk || "", { headers: { "X-Part": "desk" }, redirect: "error" });
  if (answer.ok && !inFlight) show(await answer.text());
}

function refreshSoon() {
  if (!refreshing) refreshing = setTimeout(() => refresh().catch(() => {}), 100);
}

/** A benign verdict on a text that was hardly looked at is asked about, once. */
function asks() {
  const { activeMs, readShare } = effort();
  const banner = /** @type {HTMLElement | null} */ (desk().querySelector("[data-ask]"));
  if (!banner?.hidden || draft.entered().label !== "benign" || readShare >= LITTLE_READ || activeMs >= LITTLE_MS) return false;
  banner.hidden = false;
  banner.textContent = `You have read ${Math.floor(readShare * 100)} % in ${Math.ceil(activeMs / 1000)} s. Commit again if that was enough.`;
  return true;
}

/** Severity and category stay entered while another verdict is tried; they go with those that have them. */
function committed() {
  const entered = draft.entered();
  return GRADED.includes(entered.label) ? entered : { ...entered, severity: null, category: "" };
}

/** @param {HTMLFormElement} form @param {HTMLElement | null} submitter */
async function send(form, submitter) {
  if (inFlight) return;
  const isVerdict = form.matches("[data-verdict]");
  if (isVerdict && asks()) return;
  inFlight = true;
  await draft.settled();
  const body = new FormData(form, submitter);
  if (isVerdict) body.set("content", JSON.stringify(committed()));
  const buttons = Array.from(desk().querySelectorAll("button:enabled"));
  buttons.forEach((button) => button.toggleAttribute("disabled", true));
  try {
    const answer = await fetch(form.action, { method: "POST", body, headers: { "X-Part": "desk" }, redirect: "error" });
    if (answer.headers.get("Content-Type")?.startsWith("application/json") && answer.ok) {
      // Still in flight until the next page is there: a second press must not commit it too.
      draft.forget();
      location.assign((await answer.json()).next);
      return;
    }
    if (answer.ok) draft.forget();
    show(await answer.text());
    // What was refused is the draft now, unless both drafts are shown to choose from.
    if (!answer.ok && !desk().querySelector("[data-merge]")) draft.rebase();
  } catch {
    say("The server could not be reached. Nothing was lost; try again.");
  }
  inFlight = false;
  buttons.forEach((button) => button.toggleAttribute("disabled", false));
}

/** @param {string} sentence */
function say(sentence) {
  const banner = document.createElement("div");
  banner.className = "banner banner-danger";
  banner.setAttribute("role", "alert");
  banner.dataset.deskError = "";
  banner.textContent = sentence;
  desk().querySelector("[data-desk-error]")?.remove();
  desk().querySelector(".panel-body")?.prepend(banner);
}

/** Severity belongs to suspicious and confirmed; a confirmed concern needs a note. */
function suit() {
  const form = desk().querySelector("form[data-verdict]");
  if (!form) return;
  const { label } = draft.entered();
  for (const one of /** @type {NodeListOf<HTMLElement>} */ (form.querySelectorAll("[data-graded]"))) one.hidden = !GRADED.includes(label);
  /** @type {HTMLTextAreaElement} */ (form.querySelector("textarea")).required = label === "confirmed";
}

document.addEventListener("submit", (event) => {
  const form = /** @type {HTMLFormElement} */ (event.target);
  if (!form.matches("form[data-verdict], form[data-claim], form[data-merge], form[data-pane-form]")) return;
  event.preventDefault();
  if (event.submitter?.matches("[data-save], [data-save-quietly]")) draft.save().catch(() => {});
  else send(form, event.submitter);
});
for (const kind of ["input", "change"]) {
  document.addEventListener(kind, (event) => {
    if (/** @type {Element} */ (event.target).matches("#desk form[data-verdict] [name]")) take(/** @type {HTMLInputElement} */ (event.target));
  });
}
document.addEventListener("key:press", (event) => {
  if (!(/** @type {Element} */ (event.target).matches("[data-confidence]"))) return;
  const at = CONFIDENCES.indexOf(draft.entered().confidence);
  draft.set("confidence", CONFIDENCES[(at + 1) % CONFIDENCES.length]);
});
document.addEventListener("draft:changed", fill);
document.addEventListener("desk:html", (event) => show(/** @type {CustomEvent} */ (event).detail));
document.addEventListener("desk:stale", refreshSoon);
document.addEventListener("live:reset", refreshSoon);
document.addEventListener("live:event", (event) => {
  const { object_type, object_id, subjects } = /** @type {CustomEvent} */ (event).detail;
  const isOurs = object_type === "review_item" && object_id === desk().dataset.item;
  if (isOurs || subjects.includes(`transcript:${desk().dataset.transcript}`)) refreshSoon();
});

draft.load();
