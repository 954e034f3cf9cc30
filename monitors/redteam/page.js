// @ts-check
/** Shows the chosen payload and arm: one figure is redrawn, and tables of the others are hidden. */
(() => {
  const figures = JSON.parse(/** @type {HTMLElement} */ (document.getElementById("figures")).textContent || "{}");
  const choices = /** @type {HTMLFormElement} */ (document.getElementById("choices"));

  function show() {
    const chosen = new FormData(choices);
    const key = `${chosen.get("kind")} ${chosen.get("against")}`;
    for (const section of document.querySelectorAll("[data-shown-for]")) {
      /** @type {HTMLElement} */ (section).hidden = section.getAttribute("data-shown-for") !== key;
    }
    const figure = figures[key];
    // @ts-ignore plotly.js stands above this script
    Plotly.react("plot", figure.data, figure.layout, { responsive: true, displaylogo: false });
  }

  choices.addEventListener("change", show);
  show();
})();
