/** Which layers matter most to those who open the map, and which of them lies over which. */

import { GROUND, OUTSIDE } from './look/ground';

/** Most people ask about the lot they point at. */
export const PRIMARY = 'parcels';

const LISTED = [PRIMARY, 'zones', 'road_lines', 'plans', 'permits', 'buildings', 'housing_projects', 'corridors', 'heritage', 'flood', 'wards', GROUND, OUTSIDE];
const DRAWN = [GROUND, 'flood', 'wards', 'plans', PRIMARY, 'zones', 'buildings', 'housing_projects', 'road_lines', 'permits'];
const TYPES = ['background', 'raster', 'fill', 'line', 'fill-extrusion', 'circle', 'symbol'];

/** The fields most people open a feature for: they stand first, and are told also where nothing is known. */
const FACTS_FIRST: Readonly<Record<string, readonly string[]>> = {
  [PRIMARY]: ['land_use', 'measured_area', 'street'],
  zones: ['function', 'coverage_max', 'far_max', 'storeys_max', 'height_max'],
  permits: ['status', 'issued_on', 'expires_on'],
  plans: ['status', 'decision', 'decided_on'],
};

export function factsFirst(layer: string): readonly string[] {
  return FACTS_FIRST[layer] ?? [];
}

/** Off until they are asked for: areas that would cover the colours of the parcels, and what another host would be asked for. */
export const OFF_AT_FIRST: readonly string[] = ['zones', 'plans', 'buildings', 'corridors', 'heritage', 'flood', OUTSIDE];

/**
 * Layers that colour the same ground by a code, the stronger first. Two such colours mixed would be a third code's:
 * only the first that is on is filled, of the others the outlines stay.
 */
export const FILLS_GROUND: readonly string[] = ['zones', PRIMARY];

/** Zooms below which this page leaves a style layer out: too dense to be read. */
export function leastZoom(type: string, layer: string | undefined): number {
  if (layer === 'road_lines') return 15.3;
  return layer === 'permits' && type === 'symbol' ? 18 : 0;
}

/** The layer among `shown` whose colours cover the ground. */
export function fillingLayer(shown: readonly string[]): string | undefined {
  return FILLS_GROUND.find((id) => shown.includes(id));
}

/** Place of a layer in lists; unknown ones come last. */
export function placeInList(layer: string): number {
  return placeIn(LISTED, layer);
}

/** Above the background and pictures, below the first areas */
const UNDER_ALL = TYPES.indexOf('fill') * 100 - 1;

/** Place of a style layer in drawing order: the ground, areas, lines, points, texts; within them as the data layers lie. Names of places, which no data layer has, lie over all. */
export function placeOnMap(type: string, layer: string | undefined): number {
  if (layer === GROUND && type !== 'symbol') return UNDER_ALL;
  const without = type === 'symbol' ? DRAWN.length + 2 : 0;
  return placeIn(TYPES, type) * 100 + (layer === undefined ? without : placeIn(DRAWN, layer) + 1);
}

function placeIn(places: readonly string[], name: string): number {
  const place = places.indexOf(name);
  return place < 0 ? places.length : place;
}
