// @ts-check
/** The theme changes at once and is then saved; without this module the form does the same with a reload. */

document.addEventListener("submit", (event) => {
  const form = /** @type {HTMLFormElement} */ (event.target);
  const button = /** @type {HTMLButtonElement | null} */ (event.submitter);
  if (!form.matches("[data-theme-form]") || !button) return;
  event.preventDefault();
  document.documentElement.dataset.theme = button.value;
  for (const one of form.querySelectorAll("button[name=theme]")) {
    one.setAttribute("aria-pressed", String(one === button));
  }
  document.dispatchEvent(new CustomEvent("theme:change"));
  fetch(form.action, { method: "POST", body: new FormData(form, button), redirect: "manual" });
});

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  document.dispatchEvent(new CustomEvent("theme:change"));
});
