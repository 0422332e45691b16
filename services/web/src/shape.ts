/** Plane geometry in degrees, of shapes small enough for it. */

import type { Geometry, Position } from 'geojson';

export interface Place {
  readonly lon: number;
  readonly lat: number;
}

/** West, south, east, north. */
export type Box = readonly [west: number, south: number, east: number, north: number];

const METRES_A_DEGREE = 111_320;

/** The box that reaches `metres` to each side of a place. */
export function boxAround({ lon, lat }: Place, metres: number): Box {
  const high = metres / METRES_A_DEGREE;
  const wide = high / Math.cos((lat * Math.PI) / 180);
  return [lon - wide, lat - high, lon + wide, lat + high];
}

export function boundsOf(geometry: Geometry): Box {
  const positions = positionsOf(geometry);
  const bound = (axis: 0 | 1, least: (a: number, b: number) => number, start: number) => (
    positions.reduce((found, position) => least(found, position[axis] ?? start), start)
  );
  return [bound(0, Math.min, Infinity), bound(1, Math.min, Infinity), bound(0, Math.max, -Infinity), bound(1, Math.max, -Infinity)];
}

/** Whether an area covers the place; null for a geometry without areas. */
export function covers(geometry: Geometry, place: Place): boolean | null {
  const areas = polygonsOf(geometry);
  if (areas.length === 0) return null;
  return areas.some((rings) => crossings(rings, place.lat).filter((lon) => lon > place.lon).length % 2 === 1);
}

/** A place on the geometry: of areas the middle of the widest stretch half way up, else a vertex; null where there is none. */
export function placeOn(geometry: Geometry): Place | null {
  const [, south, , north] = boundsOf(geometry);
  const lat = (south + north) / 2;
  let widest: readonly [from: number, to: number] | null = null;
  for (const rings of polygonsOf(geometry)) {
    const lons = crossings(rings, lat);
    for (let i = 0; i + 1 < lons.length; i += 2) {
      const [from = 0, to = 0] = [lons[i], lons[i + 1]];
      if (!widest || to - from > widest[1] - widest[0]) widest = [from, to];
    }
  }
  if (widest) return { lon: (widest[0] + widest[1]) / 2, lat };
  const positions = positionsOf(geometry);
  const [lonOf, latOf] = positions[Math.floor(positions.length / 2)] ?? [];
  return lonOf === undefined || latOf === undefined ? null : { lon: lonOf, lat: latOf };
}

/** Longitudes, ascending, at which rings cross a parallel; inside lies between the first and second, third and fourth… */
function crossings(rings: readonly (readonly Position[])[], lat: number): number[] {
  return rings.flatMap((ring) => ring.flatMap(([lonB = 0, latB = 0], index) => {
    const [lonA = 0, latA = 0] = ring[index - 1] ?? [lonB, latB];
    return latA > lat === latB > lat ? [] : [lonA + ((lat - latA) / (latB - latA)) * (lonB - lonA)];
  })).sort((a, b) => a - b);
}

function polygonsOf(geometry: Geometry): readonly Position[][][] {
  if (geometry.type === 'GeometryCollection') return geometry.geometries.flatMap(polygonsOf);
  if (geometry.type === 'Polygon') return [geometry.coordinates];
  return geometry.type === 'MultiPolygon' ? geometry.coordinates : [];
}

function positionsOf(geometry: Geometry): readonly Position[] {
  switch (geometry.type) {
    case 'GeometryCollection': return geometry.geometries.flatMap(positionsOf);
    case 'Point': return [geometry.coordinates];
    case 'MultiPoint': case 'LineString': return geometry.coordinates;
    case 'Polygon': case 'MultiLineString': return geometry.coordinates.flat();
    case 'MultiPolygon': return geometry.coordinates.flat(2);
  }
}
