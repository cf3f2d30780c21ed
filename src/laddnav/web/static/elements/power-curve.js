// <power-curve>: what a charge drew, how much it got and what it cost, over the bands of its prices. The figures stand in a
// <script type="application/json"> child, so a part of a page that fetches itself again redraws it by replacing that text.
import uPlot from "../vendor/uplot/uplot.mjs";
import { colour, onTheme } from "./colours.js";

const HEIGHT = 300; // CSS pixels
const sheets = ["../vendor/uplot/uplot.css", "power-curve.css"].map((path) => new URL(path, import.meta.url).href);

class PowerCurve extends HTMLElement {
  #plot;
  #ground = document.createElement("div");
  #gone = new AbortController();
  #watch = new MutationObserver(() => this.#draw());
  #size = new ResizeObserver(() => this.#plot?.setSize({ width: this.clientWidth, height: HEIGHT }));

  connectedCallback() {
    const root = this.attachShadow({ mode: "open" });
    root.append(...sheets.map((href) => Object.assign(document.createElement("link"), { rel: "stylesheet", href })), this.#ground);
    this.#watch.observe(this, { childList: true, characterData: true, subtree: true });
    this.#size.observe(this);
    onTheme(() => this.#draw(), this.#gone.signal);
    document.fonts.ready.then(() => this.#draw());
  }

  disconnectedCallback() {
    this.#watch.disconnect();
    this.#size.disconnect();
    this.#gone.abort();
    this.#plot?.destroy();
  }

  #draw() {
    const text = this.querySelector("script")?.textContent.trim();
    this.#plot?.destroy();
    this.#plot = undefined;
    if (!text) return;
    const { zone, currency, words, power, energy, cost, bands, marks, ends } = JSON.parse(text);
    const begins = Math.min(...[power, energy].filter((it) => it.length).map((it) => it[0][0]));
    if (!Number.isFinite(begins)) return;

    const columns = (pairs) => [pairs.map(([at]) => at), pairs.map(([, value]) => value)];
    const data = uPlot.join([power, energy, cost].map(columns));
    const language = this.getAttribute("locale");
    const write = (unit, digits) => {
      const format = new Intl.NumberFormat(language, { minimumFractionDigits: digits, maximumFractionDigits: digits });
      return (plot, value) => (value == null ? "–" : `${format.format(value)} ${unit}`);
    };
    // The legend says the newest known value at the cursor: the three are seldom measured in the same instant.
    const known = (unit, digits) => (plot, value, series, index) => {
      if (index == null) index = plot.data[0].length - 1;
      while (index > 0 && plot.data[series][index] == null) index -= 1;
      return write(unit, digits)(plot, plot.data[series][index]);
    };
    const clock = new Intl.DateTimeFormat(language, { timeZone: zone, hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23", timeZoneName: "short" });
    const [ink, quiet, line, accent, good, warn] = ["--ink-2", "--ink-3", "--line", "--live", "--good", "--warn"].map((it) => colour(it));
    const font = `12px "Hanken Grotesk", sans-serif`;
    const axis = { stroke: quiet, font, labelFont: font, ticks: { show: false }, gap: 6 };
    const tops = (plot, least, most) => [0, Math.max(most ?? 0, 0.1) * 1.18];

    const painted = {
      ...{ width: this.clientWidth, height: HEIGHT, tzDate: (at) => uPlot.tzDate(new Date(at * 1e3), zone), padding: [18, 6, 0, 0] },
      cursor: { points: { size: 7 }, drag: { x: true, y: false, uni: 20 }, focus: { prox: -1 } },
      legend: { live: true, markers: { width: 2 } },
      scales: { x: { time: true, range: (plot, least, most) => [begins, Math.max(ends ?? 0, most, begins + 60)] }, kw: { range: tops }, kwh: { range: tops }, cost: { range: tops } },
      axes: [
        { ...axis, stroke: quiet, grid: { show: false }, values: (plot, at) => at.map((it) => clock.format(new Date(it * 1e3)).slice(0, 5)) },
        { ...axis, scale: "kw", size: 52, grid: { stroke: line, width: 1 }, values: (plot, at) => at.map((it) => `${it} kW`) },
        { ...axis, scale: "kwh", side: 1, size: 62, grid: { show: false }, values: (plot, at) => at.map((it) => `${it} kWh`) },
      ],
      series: [
        { label: words.time, value: (plot, at) => clock.format(new Date((at ?? plot.data[0].at(-1)) * 1e3)) },
        { label: words.power, scale: "kw", stroke: accent, width: 2, fill: colour("--live", 0.14), paths: uPlot.paths.stepped({ align: 1 }), spanGaps: true, points: { show: false }, value: known("kW", 1) },
        { label: words.energy, scale: "kwh", stroke: good, width: 1.75, spanGaps: true, points: { show: false }, value: known("kWh", 3) },
        { label: words.cost, scale: "cost", stroke: warn, width: 1.75, dash: [5, 4], spanGaps: true, points: { show: false }, value: known(currency, 2) },
      ],
      hooks: { drawClear: [(plot) => stripes(plot, bands, quiet)], draw: [(plot) => ticks(plot, marks, ink)] },
    };
    this.#plot = new uPlot(painted, data, this.#ground);
    this.dataset.state = "drawn";
  }
}

/** The price bands behind the curve: the dearer a kWh, the deeper; time that is paid for has another colour. */
function stripes(plot, bands, quiet) {
  const { ctx: pen, bbox: box } = plot;
  const ratio = devicePixelRatio;
  const dearest = Math.max(...bands.filter((it) => it.unit === "kWh").map((it) => it.price), 0);
  pen.save();
  pen.font = `${11 * ratio}px "Hanken Grotesk", sans-serif`;
  pen.textBaseline = "bottom";
  for (const [at, band] of bands.entries()) {
    const left = Math.max(plot.valToPos(band.from, "x", true), box.left);
    const right = Math.min(plot.valToPos(band.to, "x", true), box.left + box.width);
    if (right <= left) continue;
    const paid = Math.max(band.price, 0);
    pen.fillStyle = band.unit === "kWh" ? colour("--accent", 0.02 + (dearest && (0.10 * paid) / dearest)) : colour("--warn", paid ? 0.10 : 0.02);
    pen.fillRect(left, box.top, right - left, box.height);
    if (at) {
      pen.fillStyle = colour("--line-strong");
      pen.fillRect(left, box.top, ratio, box.height);
    }
    pen.fillStyle = quiet;
    if (pen.measureText(band.label).width + 4 * ratio < right - left) pen.fillText(band.label, left + 2 * ratio, box.top - 3 * ratio);
  }
  pen.restore();
}

/** Messages as short strokes on the ground of the curve; what each says stands in the timeline. */
function ticks(plot, marks, ink) {
  const { ctx: pen, bbox: box } = plot;
  const ratio = devicePixelRatio;
  pen.save();
  for (const { at, tone } of marks) {
    const x = plot.valToPos(at, "x", true);
    if (x < box.left || x > box.left + box.width) continue;
    pen.fillStyle = tone ? colour(`--${tone}`) : ink;
    const long = tone ? 11 : 6;
    pen.fillRect(Math.round(x - ratio / 2), box.top + box.height - long * ratio, Math.max(1, ratio), long * ratio);
  }
  pen.restore();
}

customElements.define("power-curve", PowerCurve);
