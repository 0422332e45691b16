/** Which features lie under a point of the map. */

import type { Map as MapView, Point } from 'maplibre-gl';
import { placeInList, PRIMARY } from './order';
import type { Selected } from './state';

export interface Hit extends Selected {
  readonly properties: Readonly<Record<string, unknown>>;
}

/** Points are aimed at; lines are thin, areas wide. The parcel stands between points and lines. */
const RANK: Record<string, number> = { Point: 0, MultiPoint: 0, LineString: 2, MultiLineString: 2, Polygon: 3, MultiPolygon: 3 };
const AREA = 3;
const PARCEL = 1;

export interface Pick {
  readonly hits: readonly Hit[];
  /** There are shapes that stand for many features at low zoom and cannot be opened */
  readonly vague: boolean;
}

/** Names reach far over their neighbours, and borders are as much the neighbour's: neither tells what was meant. */
function hitsShape(drawn: string, shape: string): boolean {
  return drawn !== 'symbol' && (drawn !== 'line' || RANK[shape] !== AREA);
}

/**
 * Hits under a pixel, the most likely meant one first: points, the parcel, lines, other areas.
 * `tolerance`: pixels around it, for lines, points and fingers.
 */
export function pickAt(map: MapView, point: Point, tolerance: number): Pick {
  const exact = map.queryRenderedFeatures(point);
  const around = map.queryRenderedFeatures([
    [point.x - tolerance, point.y - tolerance],
    [point.x + tolerance, point.y + tolerance],
  ]).filter((feature) => RANK[feature.geometry.type] !== AREA);
  const found = new Map<string, { hit: Hit; rank: number }>();
  let vague = false;
  for (const { sourceLayer, properties, geometry, layer } of [...exact, ...around]) {
    if (!sourceLayer || !hitsShape(layer.type, geometry.type)) continue;
    const id: unknown = properties['id'];
    if (typeof id !== 'string') {
      vague = true;
      continue;
    }
    const key = `${sourceLayer}/${id}`;
    const rank = sourceLayer === PRIMARY ? PARCEL : RANK[geometry.type] ?? AREA;
    if (!found.has(key)) found.set(key, { hit: { layer: sourceLayer, id, properties }, rank });
  }
  const hits = [...found.values()]
    .sort((a, b) => a.rank - b.rank || placeInList(a.hit.layer) - placeInList(b.hit.layer))
    .map(({ hit }) => hit);
  return { hits, vague };
}
