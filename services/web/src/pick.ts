/** Which feature is meant by a point of the map. */

import type { Map as MapView, Point } from 'maplibre-gl';
import { isGround } from './look/ground';
import { placeInList, PRIMARY } from './order';

/** Points are aimed at; lines are thin, areas wide. The parcel stands between points and lines. */
const RANK: Record<string, number> = { Point: 0, MultiPoint: 0, LineString: 2, MultiLineString: 2, Polygon: 3, MultiPolygon: 3 };
const AREA = 3;
const PARCEL = 1;

export interface Hit {
  readonly layer: string;
  readonly id: string | null;
}

export interface Pick {
  /** The feature most likely meant; without an id where tiles leave that out to be small */
  readonly hit: Hit | null;
  /** There are shapes that stand for many features at low zoom and cannot be opened */
  readonly vague: boolean;
}

/** Names reach far over their neighbours, and borders are as much the neighbour's: neither tells what was meant. */
function hitsShape(drawn: string, shape: string): boolean {
  return drawn !== 'symbol' && (drawn !== 'line' || RANK[shape] !== AREA);
}

/**
 * The feature under a pixel: a point before the parcel, a line, another area.
 * `tolerance`: pixels around it, for lines, points and fingers.
 */
export function pickAt(map: MapView, point: Point, tolerance: number): Pick {
  const exact = map.queryRenderedFeatures(point);
  const around = map.queryRenderedFeatures([
    [point.x - tolerance, point.y - tolerance],
    [point.x + tolerance, point.y + tolerance],
  ]).filter((feature) => RANK[feature.geometry.type] !== AREA);
  const found: { hit: Hit; rank: number }[] = [];
  let vague = false;
  for (const { source, sourceLayer, properties, geometry, layer } of [...exact, ...around]) {
    if (!sourceLayer || isGround(layer.id) || !hitsShape(layer.type, geometry.type)) continue;
    const id: unknown = properties['id'];
    if (sourceLayer !== source) {
      vague = true;
      continue;
    }
    const rank = source === PRIMARY ? PARCEL : RANK[geometry.type] ?? AREA;
    found.push({ hit: { layer: source, id: typeof id === 'string' ? id : null }, rank });
  }
  const [first] = found.sort((a, b) => a.rank - b.rank || placeInList(a.hit.layer) - placeInList(b.hit.layer));
  return { hit: first?.hit ?? null, vague };
}
