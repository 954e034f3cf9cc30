// @ts-check
/**
 * The verdict pane. Commits go out once at a time; a refusal keeps everything typed; what others do to the item shows
 * at once. Without this module the same forms work with a page load.
 */

let inFlight = false;
let refreshing = 0;

function desk() {
  return /** @type {HTMLElement} */ (document.getElementById("desk"));
}

/** What the reader has entered and not committed. */
function draft() {
  const value = (/** @type {string} */ selector) =>
    /** @type {HTMLInputElement | null} */ (desk().querySelector(selector))?.value || "";
  return {
    note: value("textarea[name=note]"),
    label: value("input[name=label]:checked"),
    severity: value("input[name=severity]:checked"),
  };
}

/** @param {{note: string, label: string, severity: string}} kept */
function restore(kept) {
  const note = /** @type {HTMLTextAreaElement | null} */ (desk().querySelector("textarea[name=note]"));
  if (note && kept.note) note.value = kept.note;
  const keeper = /** @type {HTMLElement | null} */ (desk().querySelector("[data-kept]"));
  if (keeper) keeper.hidden = !note?.value;
  for (const name of /** @type {const} */ (["label", "severity"])) {
    const choice = kept[name] && desk().querySelector(`input[type=radio][name=${name}][value="${CSS.escape(kept[name])}"]`);
    if (choice) /** @type {HTMLInputElement} */ (choice).checked = true;
  }
}

/** Put a newer pane in the place of this one. @param {string} html */
function show(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  const next = page.getElementById("desk");
  if (!next) return;
  const kept = draft();
  const focused = desk().contains(document.activeElement) ? document.activeElement?.id : "";
  desk().replaceWith(document.importNode(next, true));
  restore(kept);
  suit();
  startUndo();
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  document.dispatchEvent(new CustomEvent("desk:shown"));
}

async function refresh() {
  refreshing = 0;
  const answer = await fetch(desk().dataset.desk || "", { headers: { "X-Part": "desk" }, redirect: "error" });
  if (answer.ok && !inFlight) show(await answer.text());
}

function refreshSoon() {
  if (!refreshing) refreshing = setTimeout(() => refresh().catch(() => {}), 100);
}

/** @param {HTMLFormElement} form @param {HTMLElement | null} submitter */
async function send(form, submitter) {
  if (inFlight) return;
  inFlight = true;
  const buttons = Array.from(desk().querySelectorAll("button"));
  const body = new FormData(form, submitter);
  buttons.forEach((button) => (button.disabled = true));
  try {
    const answer = await fetch(form.action, { method: "POST", body, headers: { "X-Part": "desk" }, redirect: "error" });
    if (answer.headers.get("Content-Type")?.startsWith("application/json") && answer.ok) {
      // Still in flight until the next page is there: a second press must not commit it too.
      location.assign((await answer.json()).next);
      return;
    }
    show(await answer.text());
  } catch {
    say("The server could not be reached. Nothing was lost; try again.");
  }
  inFlight = false;
  buttons.forEach((button) => (button.disabled = false));
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
  const label = draft().label;
  const severity = /** @type {HTMLFieldSetElement} */ (form.querySelector("[data-severity]"));
  severity.disabled = !["suspicious", "confirmed"].includes(label);
  severity.hidden = severity.disabled;
  /** @type {HTMLTextAreaElement} */ (form.querySelector("textarea")).required = label === "confirmed";
}

function startUndo() {
  const started = performance.now();
  for (const banner of /** @type {NodeListOf<HTMLElement>} */ (desk().querySelectorAll("[data-undo]"))) {
    const tick = () => {
      const left = Math.ceil((Number(banner.dataset.leftMs) - (performance.now() - started)) / 1000);
      const text = banner.querySelector("[data-left]");
      if (text) text.textContent = `Can be undone for ${left} s`;
      if (left > 0 && banner.isConnected) setTimeout(tick, 250);
      else banner.remove();
    };
    tick();
  }
}

document.addEventListener("submit", (event) => {
  const form = /** @type {HTMLFormElement} */ (event.target);
  if (!form.matches("form[data-verdict], form[data-claim]")) return;
  event.preventDefault();
  send(form, event.submitter);
});
document.addEventListener("change", (event) => {
  if (/** @type {Element} */ (event.target).matches("#desk input[name=label]")) suit();
});
document.addEventListener("desk:stale", refreshSoon);
document.addEventListener("live:reset", refreshSoon);
document.addEventListener("live:event", (event) => {
  const { object_type, object_id, subjects } = /** @type {CustomEvent} */ (event).detail;
  const isOurs = object_type === "review_item" && object_id === desk().dataset.item;
  if (isOurs || subjects.includes(`transcript:${desk().dataset.transcript}`)) refreshSoon();
});

suit();
startUndo();
