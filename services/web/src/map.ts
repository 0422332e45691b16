/** The map itself: made from the prepared style, kept equal to the page's state. */

import { Map as MapView, prewarm, ScaleControl, setWorkerUrl } from 'maplibre-gl';
import type { GeoJSONSource, StyleSpecification, VectorTileSource } from 'maplibre-gl';
import type { Geometry } from 'geojson';
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url';
import { frameOf } from './first/shell';
import { asKnown } from './known';
import { drawAt, FADE, readFades } from './look/opacity';
import { drawHatches } from './look/hatch';
import { fillingLayer, FILLS_GROUND } from './order';
import { boundsOf, type Box, type Place } from './shape';
import { credentials } from './session';
import type { State } from './state';
import type { Store } from './store';
import { dataLayer, prepareStyle, shownAtFirst, textOf, tilesOn } from './style';
import { type Language, words } from './words';

const SELECTION = 'selection';
const ACCENT = '#d6006c';
const MARGIN = 24;

/** Fetches what draws beside the page while the style is still on its way. */
export function warmUp(): void {
  setWorkerUrl(workerUrl);
  prewarm();
}

export function createMap(host: HTMLElement, style: StyleSpecification, state: State): MapView {
  const { view } = state;
  const map = new MapView({
    container: host,
    style: prepareStyle(style, state.at, state.language),
    attributionControl: false,
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    maxPitch: 0,
    maxZoom: 21,
    fadeDuration: 150,
    transformRequest: ownRequest,
    ...(view ? { center: [view.lon, view.lat] as [number, number], zoom: view.zoom } : {}),
  });
  drawHatches(map);
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  map.addControl(new ScaleControl({ unit: 'metric', maxWidth: 110 }), 'bottom-left');
  return map;
}

/** What is asked of this service goes with who is signed in; nothing of that goes elsewhere. */
export function ownRequest(url: string): { url: string; headers?: Record<string, string> } {
  return url.startsWith(location.origin) ? { url: asKnown(url), headers: credentials() } : { url };
}

/** Keeps view, visibility, day and language of the map and of the state equal. Call once, after the style has loaded. */
export function bindMap(map: MapView, style: StyleSpecification, store: Store): void {
  addSelectionLayers(map);
  showLayers(map, style, store.state);
  map.on('moveend', () => {
    const { lng, lat } = map.getCenter();
    store.set({ view: { zoom: map.getZoom(), lat, lon: lng } });
  });
  describe(map, store.state);
  store.subscribe((now, before) => {
    if (now.layers !== before.layers || now.options[FADE] !== before.options[FADE]) showLayers(map, style, now);
    if (now.at !== before.at) showDay(map, style, now.at);
    if (now.language !== before.language) {
      describe(map, now);
      sayLabels(map, style, now.language);
    }
    if (now.view !== before.view && now.view && isElsewhere(map, now.view)) {
      map.jumpTo({ center: [now.view.lon, now.view.lat], zoom: now.view.zoom });
    }
  });
}

function sayLabels(map: MapView, style: StyleSpecification, language: Language): void {
  for (const layer of style.layers) {
    const text = textOf(layer, language);
    if (text !== undefined) map.setLayoutProperty(layer.id, 'text-field', text);
  }
}

/** Asks again for the tiles of a source. */
export function reloadSource(map: MapView, style: StyleSpecification, id: string, at: string | null): void {
  const source = style.sources[id];
  const drawn = map.getSource<VectorTileSource>(id);
  if (source?.type !== 'vector' || !drawn) return;
  // Tiles that failed would stay `loading` for ever (maplibre-gl 6.17 waits for a request it never sends), and those of
  // another day must not be taken for this one's.
  map.style.tileManagers[id]?.clearTiles();
  drawn.setTiles(tilesOn(source, at));
}

/** Draws the outline of the selected feature above everything; null removes it. */
export function highlight(map: MapView, geometry: Geometry | null): void {
  const source = map.getSource<GeoJSONSource>(SELECTION);
  source?.setData(geometry ? { type: 'Feature', properties: {}, geometry } : { type: 'FeatureCollection', features: [] });
}

/** Moves the map where `cover` lies over what was pointed at: the whole feature if it is small, else the place. */
export function keepInSight(map: MapView, cover: HTMLElement, place: Place | null, geometry: Geometry | null): void {
  const box = cover.getBoundingClientRect();
  const frame = map.getContainer().getBoundingClientRect();
  const beside = box.width < frame.width * 0.6;
  const [free, high] = beside ? [frame.width - box.width, frame.height] : [frame.width, frame.height - box.height];
  const pixels = ([west, south, east, north]: Box) => ({ min: map.project([west, north]), max: map.project([east, south]) });
  const whole = geometry && pixels(boundsOf(geometry));
  const small = whole && whole.max.x - whole.min.x < free / 2 && whole.max.y - whole.min.y < high / 2;
  const aim = small ? whole : place && pixels([place.lon, place.lat, place.lon, place.lat]);
  if (!aim) return;
  const hidden = aim.max.x > box.left - frame.left - MARGIN && aim.max.y > box.top - frame.top - MARGIN && aim.min.y < box.bottom - frame.top + MARGIN;
  if (!hidden) return;
  const { left, top } = frameOf(map.getContainer()).covered;
  map.easeTo({
    center: map.unproject([(aim.min.x + aim.max.x) / 2, (aim.min.y + aim.max.y) / 2]),
    offset: beside ? [(left - box.width) / 2, 0] : [0, (top - box.height) / 2],
  });
}

/** All of the territory, as the style has it: the city with its islands. */
export function boundsOfCity({ metadata }: StyleSpecification): Box | undefined {
  return (metadata as { 'landmap:bounds'?: Box } | undefined)?.['landmap:bounds'];
}

export function goToCity(map: MapView, style: StyleSpecification): void {
  const box = boundsOfCity(style);
  if (box) map.fitBounds([...box] as [number, number, number, number], { padding: frameOf(map.getContainer()).covered });
}

/** Switches layers on and off; of the layers that colour the ground only one is filled. */
export function showLayers(map: MapView, style: StyleSpecification, { layers, options }: Pick<State, 'layers' | 'options'>): void {
  const shown = layers ?? shownAtFirst(style);
  const fades = readFades(options);
  const filling = fillingLayer(shown);
  for (const layer of style.layers) {
    const id = dataLayer(layer);
    if (!id) continue;
    map.setLayoutProperty(layer.id, 'visibility', shown.includes(id) ? 'visible' : 'none');
    const outlined = layer.type === 'fill' && FILLS_GROUND.includes(id) && id !== filling;
    drawAt(map, layer, outlined ? 0 : (fades.get(id) ?? 100) / 100);
  }
}

function showDay(map: MapView, style: StyleSpecification, at: string | null): void {
  for (const id of Object.keys(style.sources)) reloadSource(map, style, id, at);
}

function describe(map: MapView, { language }: State): void {
  map.getCanvas().setAttribute('aria-label', words[language].map);
}

function isElsewhere(map: MapView, view: { zoom: number; lat: number; lon: number }): boolean {
  const { lng, lat } = map.getCenter();
  const near = 2 / 2 ** view.zoom;
  return Math.abs(map.getZoom() - view.zoom) > 0.02 || Math.abs(lng - view.lon) > near || Math.abs(lat - view.lat) > near;
}

function addSelectionLayers(map: MapView): void {
  map.addSource(SELECTION, { type: 'geojson', data: { type: 'FeatureCollection', features: [] } });
  const source = SELECTION;
  map.addLayer({
    id: 'selection-casing', type: 'line', source, filter: ['!=', ['geometry-type'], 'Point'],
    layout: { 'line-join': 'round', 'line-cap': 'round' },
    paint: { 'line-color': '#ffffff', 'line-width': 6, 'line-opacity': 0.9 },
  });
  map.addLayer({
    id: 'selection-line', type: 'line', source, filter: ['!=', ['geometry-type'], 'Point'],
    layout: { 'line-join': 'round', 'line-cap': 'round' },
    paint: { 'line-color': ACCENT, 'line-width': 3 },
  });
  map.addLayer({
    id: 'selection-point', type: 'circle', source, filter: ['==', ['geometry-type'], 'Point'],
    paint: { 'circle-radius': 10, 'circle-opacity': 0, 'circle-stroke-color': ACCENT, 'circle-stroke-width': 3 },
  });
}
