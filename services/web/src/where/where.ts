/** Shows where the reader is: a dot, and the circle within which the device says to be. */

import type { GeoJSONSource, Map as MapView, StyleSpecification } from 'maplibre-gl';
import type { FeatureCollection } from 'geojson';
import { frameOf } from '../first/shell';
import { formatNumber } from '../format';
import { boundsOfCity } from '../map';
import type { Notices } from '../notices';
import { boxAround, type Box } from '../shape';
import type { Language } from '../words';
import { locate, type Fix } from './fix';
import { whereWords } from './words';

const SOURCE = 'where';
const COLOR = '#0b57d0';
const CORNERS = 64;
const NEAREST = 18;
const SAID = 8_000;

/** Asks the browser and goes there; what came of it is said. */
export async function goWhereIAm(map: MapView, style: StyleSpecification, notices: Notices, language: () => Language): Promise<void> {
  notices.show(SOURCE, { kind: 'hint', text: (now) => whereWords[now].asking });
  const fix = await locate();
  if (typeof fix === 'string') {
    notices.show(SOURCE, { kind: 'error', text: (now) => whereWords[now][fix] });
    return;
  }
  if (!covers(style, fix)) {
    notices.show(SOURCE, { kind: 'hint', text: (now) => whereWords[now].outside });
    return;
  }
  draw(map, fix);
  const metres = formatNumber(Math.max(1, Math.round(fix.accuracy)), language());
  notices.show(SOURCE, { kind: 'hint', text: (now) => whereWords[now].found(metres) });
  setTimeout(() => notices.clear(SOURCE), SAID);
}

function covers(style: StyleSpecification, { lon, lat }: Fix): boolean {
  const box = boundsOfCity(style);
  return !box || (box[0] <= lon && lon <= box[2] && box[1] <= lat && lat <= box[3]);
}

function draw(map: MapView, fix: Fix): void {
  const box = boxAround(fix, fix.accuracy);
  const source = map.getSource<GeoJSONSource>(SOURCE) ?? added(map);
  source.setData(shapes(fix, box));
  map.fitBounds([...box] as [number, number, number, number], { padding: frameOf(map.getContainer()).covered, maxZoom: NEAREST });
}

function shapes({ lon, lat }: Fix, [, , east, north]: Box): FeatureCollection {
  const [across, up] = [east - lon, north - lat];
  const ring = Array.from({ length: CORNERS + 1 }, (_, corner) => {
    const angle = (2 * Math.PI * (corner % CORNERS)) / CORNERS;
    return [lon + across * Math.cos(angle), lat + up * Math.sin(angle)];
  });
  return {
    type: 'FeatureCollection',
    features: [
      { type: 'Feature', properties: {}, geometry: { type: 'Polygon', coordinates: [ring] } },
      { type: 'Feature', properties: {}, geometry: { type: 'Point', coordinates: [lon, lat] } },
    ],
  };
}

function added(map: MapView): GeoJSONSource {
  map.addSource(SOURCE, { type: 'geojson', data: { type: 'FeatureCollection', features: [] } });
  const areas = ['==', ['geometry-type'], 'Polygon'] as ['==', ['geometry-type'], string];
  map.addLayer({ id: 'where-circle', type: 'fill', source: SOURCE, filter: areas, paint: { 'fill-color': COLOR, 'fill-opacity': 0.12 } });
  map.addLayer({ id: 'where-edge', type: 'line', source: SOURCE, filter: areas, paint: { 'line-color': COLOR, 'line-width': 1.5 } });
  map.addLayer({
    id: 'where-dot', type: 'circle', source: SOURCE, filter: ['==', ['geometry-type'], 'Point'],
    paint: { 'circle-radius': 7, 'circle-color': COLOR, 'circle-stroke-color': '#ffffff', 'circle-stroke-width': 2.5 },
  });
  return map.getSource<GeoJSONSource>(SOURCE) as GeoJSONSource;
}
