// @ts-check
/** Verdicts that can still be taken back: how long, and gone when they have settled. */

/** @type {WeakSet<Element>} */
const counted = new WeakSet();

export function countDown() {
  const started = performance.now();
  for (const banner of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-undo]"))) {
    if (counted.has(banner)) continue;
    counted.add(banner);
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

countDown();
