// <depot-gantt>: the next hours of each vehicle of a depot. Hatched it is away, pale it is plugged in, a bar as high as its
// power where it charges; a flag stands where it has to leave, and a dashed line where it has to be plugged in at the latest.
// The figures stand in a <script type="application/json"> child, so a part that fetches itself again redraws it.

const NAMES = 132, ROW = 46, HEAD = 30, FOOT = 8; // CSS pixels
const HOUR_LEAST = 26; // narrower than this an hour is not: the chart is scrolled instead
const TONES = { READY: "good", WILL_BE_READY: "live", TO_PLUG_IN: "warn", AT_RISK: "bad", MISSED: "bad" };
const SVG = "http://www.w3.org/2000/svg";

class DepotGantt extends HTMLElement {
  #watch = new MutationObserver(() => this.#draw());
  #size = new ResizeObserver(() => this.#draw());
  #root;
  #width = 0;

  connectedCallback() {
    this.#root = this.attachShadow({ mode: "open" });
    const href = new URL("depot-gantt.css", import.meta.url).href;
    this.#root.append(Object.assign(document.createElement("link"), { rel: "stylesheet", href }));
    this.#watch.observe(this, { childList: true, characterData: true, subtree: true });
    this.#size.observe(this);
  }

  disconnectedCallback() {
    this.#watch.disconnect();
    this.#size.disconnect();
  }

  #draw() {
    const text = this.querySelector("script")?.textContent.trim();
    this.#root.querySelector("svg")?.remove();
    if (!text) return;
    const { zone, begin, end, now, words, rows } = JSON.parse(text);
    const hours = (end - begin) / 3600;
    const names = this.clientWidth < 600 ? 92 : NAMES;
    const width = Math.max(this.clientWidth - 2, names + hours * HOUR_LEAST);
    const height = HEAD + rows.length * ROW + FOOT;
    const x = (at) => names + ((Math.min(Math.max(at, begin), end) - begin) / (end - begin)) * (width - names - 8);
    const svg = made("svg", { width, height, viewBox: `0 0 ${width} ${height}` });

    const hatch = made("pattern", { id: "away", width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" });
    hatch.append(made("rect", { width: 2, height: 6, class: "hatch" }));
    const defs = made("defs");
    defs.append(hatch);
    svg.append(defs, ...clock(this.getAttribute("locale"), zone, begin, end, now, x, height, width - names));

    rows.forEach((row, number) => {
      const top = HEAD + number * ROW, ground = top + ROW - 8;
      svg.append(made("line", { x1: 0, x2: width, y1: top + ROW - 2, y2: top + ROW - 2, class: "rule" }));
      for (const trip of row.trips) {
        if (trip.back > begin && trip.at < end) svg.append(titled(box(x(trip.at), top + 10, x(trip.back), ground, { fill: "url(#away)" }), `${words.away}: ${trip.id}`));
      }
      if (row.plugged) {
        const next = row.trips.find((it) => it.at > now);
        svg.append(titled(box(x(row.plugged.from), top + 10, x(next ? next.at : end), ground, { class: row.plugged.works ? "plugged" : "broken" }), `${words.plugged}: ${row.plugged.evse}`));
      }
      for (const bar of row.planned) {
        const high = Math.max(3, (ground - top - 10) * Math.min(1, bar.kw / row.most));
        svg.append(titled(box(x(bar.from), ground - high, x(bar.to), ground, { class: "planned" }), `${words.planned}: ${bar.kw} kW`));
      }
      for (const trip of row.trips) if (trip.at > begin && trip.at < end) svg.append(...flag(trip, x, top, ground, words));
    });

    svg.append(made("line", { x1: x(now), x2: x(now), y1: HEAD - 6, y2: height - FOOT, class: "now" }));
    svg.append(said(x(now), HEAD - 10, words.now, { class: "now-word", "text-anchor": "middle" }));
    svg.append(...named(rows, names));
    this.#root.append(svg);
    this.dataset.state = "drawn";
  }
}

/** The names stay where they are while the hours are scrolled under them. */
function named(rows, names) {
  return rows.map((row, number) => {
    const top = HEAD + number * ROW;
    const link = made("a", { href: row.href });
    const short = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);
    const letters = Math.floor((names - 14) / 7.2);
    link.append(made("rect", { x: 0, y: top, width: names - 4, height: ROW - 3, class: "ground" }), said(12, top + 20, short(row.name, letters), { class: "name" }), said(12, top + 36, short(row.note, letters + 2), { class: "note" }));
    link.append(Object.assign(made("title"), { textContent: `${row.name} · ${row.note}` }));
    return link;
  });
}

function flag(trip, x, top, ground, words) {
  const tone = TONES[trip.light], at = x(trip.at);
  const pole = made("line", { x1: at, x2: at, y1: top + 3, y2: ground, class: `pole ${tone}` });
  const cloth = made("path", { d: trip.light === "AT_RISK" ? `M${at},${top + 2} l13,6 l-13,6 z` : `M${at},${top + 3} h11 v9 h-11 z`, class: `cloth ${tone}` });
  const parts = [titled(pole, `${words.departure} ${trip.id}: ${trip.says}`), titled(cloth, `${words.departure} ${trip.id}: ${trip.says} (${trip.need})`)];
  if (trip.by) parts.push(titled(made("line", { x1: x(trip.by), x2: x(trip.by), y1: top + 8, y2: ground, class: "by" }), words.act));
  return parts;
}

/** Lines at whole hours of the clock there, as many as have room, and the day where it begins. */
function clock(locale, zone, begin, end, now, x, height, room) {
  const parts = [];
  const format = new Intl.DateTimeFormat(locale, { timeZone: zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const day = new Intl.DateTimeFormat(locale, { timeZone: zone, weekday: "short", day: "numeric" });
  const every = (room / ((end - begin) / 3600)) * 2 >= 52 ? 2 : 4;
  for (let at = Math.ceil(begin / 3600) * 3600; at < end; at += 3600) {
    const shown = format.format(new Date(at * 1e3));
    const hour = Number(shown.slice(0, 2));
    if (!shown.endsWith("00") || hour % every) continue;
    parts.push(made("line", { x1: x(at), x2: x(at), y1: HEAD - 4, y2: height - FOOT, class: hour ? "hour" : "day" }));
    if (Math.abs(x(at) - x(now)) > 34 && x(end) - x(at) > 20) parts.push(said(x(at), HEAD - 10, hour ? shown : day.format(new Date(at * 1e3)), { class: hour ? "at" : "at new", "text-anchor": "middle" }));
  }
  return parts;
}

function box(left, top, right, bottom, more) {
  return made("rect", { x: left, y: top, width: Math.max(right - left, 0), height: bottom - top, rx: 2, ...more });
}

function made(name, attributes = {}) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return node;
}

function said(x, y, text, attributes) {
  const node = made("text", { x, y, ...attributes });
  node.textContent = text;
  return node;
}

function titled(node, text) {
  node.append(Object.assign(made("title"), { textContent: text }));
  return node;
}

customElements.define("depot-gantt", DepotGantt);
