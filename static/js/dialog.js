// @ts-check
/** Dialogs and menus: `data-opens="id"` opens a dialog, `data-closes` closes the one around it; focus goes back. */

document.addEventListener("click", (event) => {
  const target = /** @type {Element} */ (event.target);
  const opener = /** @type {HTMLElement | null} */ (target.closest("[data-opens]"));
  const opened = opener && document.getElementById(opener.dataset.opens || "");
  if (opened instanceof HTMLDialogElement) {
    opened.dispatchEvent(new CustomEvent("dialog:open", { bubbles: true }));
    opened.showModal();
    return;
  }
  const dialog = target.closest("dialog");
  if (dialog && (target.closest("[data-closes]") || target === dialog)) dialog.close();
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(target)) menu.removeAttribute("open");
  }
});

document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && document.querySelector("details.menu[open]");
  if (!menu) return;
  menu.removeAttribute("open");
  menu.querySelector("summary")?.focus();
});
