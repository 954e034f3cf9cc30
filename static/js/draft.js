// @ts-check
/**
 * What the reader has entered and not committed: kept here, saved on the way, with undo and redo.
 *
 * Dispatches "draft:changed" on document after every change, and "desk:html" with the server's pane when it refuses a
 * revision. A step back is {at, before, after} for a field, {at: "spans", i, before: [], after: []} for the list.
 */

/** @typedef {{label: string, part: number, start: number, end: number, quote: string, note: string}} Span */
/** @typedef {{at: string, i?: number, before: any, after: any, time?: number}} Step */
/** @typedef {{label: string, severity: number | null, category: string, confidence: string, note: string, spans: Span[], undo: Step[], redo: Step[]}} Content */

const SAVE_MS = 800;
const RETRY_MS = 5000;
const TYPING_MS = 1500;
const MOST_STEPS = 100;

/** @type {Content} */
let content = { label: "", severity: null, category: "", confidence: "", note: "", spans: [], undo: [], redo: [] };
let item = "";
let revision = 0;
let [changes, saved] = [0, 0];
let timer = 0;
/** @type {Promise<boolean> | null} */
let saving = null;

const desk = () => /** @type {HTMLElement | null} */ (document.getElementById("desk"));
const kept = () => `oversight.draft.${item}`;
export const entered = () => content;
export const isDirty = () => changes !== saved;

/** Take over what a pane came with, unless something newer is entered here. */
export function load() {
  const { item: id = "", draft, revision: sent } = desk()?.dataset || {};
  if (!draft || (id === item && (isDirty() || Number(sent) < revision))) return tell();
  const unsaved = id !== item && JSON.parse(sessionStorage.getItem(`oversight.draft.${id}`) || "null");
  [item, revision, content] = [id, Number(sent), JSON.parse(draft)];
  [changes, saved] = [0, 0];
  // Entered before a reload and never saved: the server decides whether it still fits.
  if (unsaved) {
    [revision, content, changes] = [unsaved.revision, unsaved.content, 1];
    later(0);
  }
  tell();
}

/** The server has what was entered, or the reader has let it go. */
export function forget() {
  clearTimeout(timer);
  saved = changes;
  sessionStorage.removeItem(kept());
}

/** What is entered goes on from the revision that the pane came with. */
export function rebase() {
  revision = Number(desk()?.dataset.revision);
  if (isDirty()) later(SAVE_MS);
  tell();
}

function tell() {
  const field = /** @type {HTMLInputElement | null} */ (document.querySelector("form[data-verdict] [name=revision]"));
  if (field) field.value = String(revision);
  document.dispatchEvent(new CustomEvent("draft:changed"));
}

/** @param {Step} step */
function record(step) {
  const last = content.undo.at(-1);
  const now = Date.now();
  const goesOn = last && last.at === step.at && last.i === step.i && now - (last.time || 0) < TYPING_MS && isTyping(step) && isTyping(last);
  if (goesOn) [last.after, last.time] = [step.after, now];
  else content.undo = [...content.undo, { ...step, time: now }].slice(-MOST_STEPS);
  content.redo = [];
}

/** Letters typed one after the other are one step. @param {Step} step */
function isTyping(step) {
  return step.at === "note" || (step.at === "spans" && step.before.length === 1 && step.after.length === 1);
}

/** @param {Step} step @param {boolean} forth */
function perform(step, forth) {
  const [from, to] = forth ? [step.before, step.after] : [step.after, step.before];
  if (step.at === "spans") content.spans = content.spans.toSpliced(step.i || 0, from.length, ...to);
  else content = { ...content, [step.at]: to };
  changes += 1;
  sessionStorage.setItem(kept(), JSON.stringify({ revision, content }));
  later(SAVE_MS);
  tell();
}

/** @param {"label" | "severity" | "category" | "confidence" | "note"} field @param {any} value */
export function set(field, value) {
  if (content[field] === value) return;
  const step = { at: field, before: content[field], after: value };
  record(step);
  perform(step, true);
}

/** Put spans in the place of `n` others. @param {number} i @param {number} n @param {...Span} spans */
export function splice(i, n, ...spans) {
  const step = { at: "spans", i, before: content.spans.slice(i, i + n), after: spans };
  record(step);
  perform(step, true);
}

/** @param {"undo" | "redo"} from @param {"undo" | "redo"} to */
function move(from, to) {
  const step = content[from].at(-1);
  if (!step) return;
  content[from] = content[from].slice(0, -1);
  content[to] = [...content[to], { ...step, time: 0 }];
  perform(step, from === "redo");
}

export const back = () => move("undo", "redo");
export const forth = () => move("redo", "undo");

/** @param {number} wait */
function later(wait) {
  clearTimeout(timer);
  timer = setTimeout(() => save().catch(() => {}), wait);
}

/** @param {string} text */
function say(text) {
  const line = desk()?.querySelector("[data-saved]");
  if (line) line.textContent = text;
}

/** Send what is not saved yet; false when it was refused. One request at a time. @returns {Promise<boolean>} */
export async function save() {
  clearTimeout(timer);
  if (saving) await saving;
  if (!isDirty() || !desk()?.dataset.draftUrl) return true;
  saving = send().finally(() => (saving = null));
  return saving;
}

/** Until no request is on its way: a commit must know its revision. */
export async function settled() {
  clearTimeout(timer);
  if (saving) await saving;
}

async function send() {
  const [sent, id] = [changes, item];
  const body = new FormData();
  body.set("revision", String(revision));
  body.set("content", JSON.stringify(content));
  const csrf = document.querySelector("meta[name=csrf-token]")?.getAttribute("content") || "";
  try {
    const url = desk()?.dataset.draftUrl || "";
    const answer = await fetch(url, { method: "POST", body, headers: { "X-Part": "draft", "X-CSRFToken": csrf }, redirect: "error" });
    if (answer.ok) return accept(await answer.json(), sent, id);
    return refuse(answer.status, await answer.text());
  } catch {
    say("Not saved: the server could not be reached. It is tried again.");
    later(RETRY_MS);
    return false;
  }
}

/** @param {{revision: number, saved_at: string}} answer @param {number} sent @param {string} id */
function accept(answer, sent, id) {
  if (id !== item) return true;
  [revision, saved] = [answer.revision, sent];
  if (isDirty()) {
    sessionStorage.setItem(kept(), JSON.stringify({ revision, content }));
    later(SAVE_MS);
  } else sessionStorage.removeItem(kept());
  const field = /** @type {HTMLInputElement | null} */ (document.querySelector("form[data-verdict] [name=revision]"));
  if (field) field.value = String(revision);
  // The lease was lost meanwhile: the pane can say now that the draft is kept.
  if (!document.querySelector("form[data-verdict]")) document.dispatchEvent(new CustomEvent("desk:stale"));
  say(`Draft saved ${new Date(answer.saved_at).toLocaleTimeString("en-GB")}.`);
  return true;
}

/** @param {number} status @param {string} html */
function refuse(status, html) {
  if (status === 409) document.dispatchEvent(new CustomEvent("desk:html", { detail: html }));
  else {
    const page = new DOMParser().parseFromString(html, "text/html");
    say(`Not saved. ${page.querySelector("[data-desk-error]")?.textContent?.trim() || "Load the page again."}`);
  }
  return false;
}

addEventListener("pagehide", () => save().catch(() => {}));
