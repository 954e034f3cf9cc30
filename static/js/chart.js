// @ts-check
/** Draws the figures that the server made (`data-chart` names a JSON block) in the colours of the theme. */

/** @param {string} property */
function colourOf(property) {
  const probe = document.createElement("span");
  probe.hidden = true;
  probe.style.color = `var(${property})`;
  document.body.append(probe);
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour;
}

/** Every "--name" of a figure becomes its colour. @param {any} value @returns {any} */
function inTheme(value) {
  if (typeof value === "string") return /^--[a-z0-9-]+$/.test(value) ? colourOf(value) : value;
  if (Array.isArray(value)) return value.map(inTheme);
  if (value && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, inTheme(inner)]));
  }
  return value;
}

/** @param {any} layout */
function dressed(layout) {
  const axis = { gridcolor: colourOf("--line-soft"), linecolor: colourOf("--line"), zerolinecolor: colourOf("--line"), automargin: true, fixedrange: true };
  return {
    ...layout,
    autosize: true,
    paper_bgcolor: "transparent",
    plot_bgcolor: "transparent",
    font: { family: getComputedStyle(document.body).fontFamily, size: 12, color: colourOf("--muted") },
    margin: { l: 8, r: 16, t: 36, b: 8 },
    legend: { orientation: "h", x: 0, xanchor: "left", y: 1.03, yanchor: "bottom", traceorder: "normal" },
    hoverlabel: { bgcolor: colourOf("--raised"), bordercolor: colourOf("--line"), font: { color: colourOf("--text") } },
    xaxis: { ...axis, ...layout.xaxis },
    yaxis: { ...axis, ...layout.yaxis },
    uirevision: "kept",
  };
}

/** @param {HTMLElement} place */
function draw(place) {
  const source = document.getElementById(place.dataset.chart || "");
  const plotly = /** @type {any} */ (window).Plotly;
  if (!source || !plotly) return;
  const figure = JSON.parse(source.textContent || "{}");
  plotly.react(place, inTheme(figure.data), dressed(inTheme(figure.layout)), { displayModeBar: false, responsive: true });
}

function drawAll() {
  for (const place of document.querySelectorAll("[data-chart]")) draw(/** @type {HTMLElement} */ (place));
}

document.addEventListener("theme:change", drawAll);
document.addEventListener("chart:change", drawAll);
drawAll();
