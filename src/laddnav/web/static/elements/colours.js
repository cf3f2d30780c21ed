// The colours of style.css for what is drawn on a canvas, in a notation that every canvas library reads.

const pixel = document.createElement("canvas").getContext("2d", { willReadFrequently: true });

/** The colour of a custom property such as "--accent", as it is in the theme shown now. */
export function colour(property, alpha = 1) {
  const probe = document.createElement("i");
  probe.hidden = true;
  probe.style.color = `var(${property})`;
  document.body.append(probe);
  pixel.clearRect(0, 0, 1, 1);
  pixel.fillStyle = getComputedStyle(probe).color;
  probe.remove();
  pixel.fillRect(0, 0, 1, 1);
  const [red, green, blue] = pixel.getImageData(0, 0, 1, 1).data;
  return `rgba(${red}, ${green}, ${blue}, ${alpha})`;
}

/** Calls back when the device turns from light to dark or back. A choice made on the page loads the page anew. */
export function onTheme(changed, signal) {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed, { signal });
}
