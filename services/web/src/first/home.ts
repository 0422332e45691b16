/** Where the map begins. Pure. */

import type { StyleSpecification } from 'maplibre-gl';
import type { Collection } from '../api';
import { PRIMARY } from '../order';
import type { View } from '../state';
import { featureZoom } from '../style';
import { column, row } from './paint';

/** Pixels of the page, and of its edges those that something covers */
export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly covered: { readonly top: number; readonly right: number; readonly bottom: number; readonly left: number };
}

const TILE = 512;
/** Nearer than that a few parcels would be all that is seen. */
const NEAREST = 17;

/** The first view: all parcels where they are few, else the style's own place, near enough to see parcels there. */
export function homeView(style: StyleSpecification, parcels: Collection | undefined, frame: Frame): View {
  const [lon = 0, lat = 0] = style.center ?? [];
  const place = { lon, lat, zoom: style.zoom ?? 0 };
  const [west, south, east, north] = parcels?.itemCount === 0 ? [] : parcels?.extent?.spatial?.bbox?.[0] ?? [];
  if (west === undefined || south === undefined || east === undefined || north === undefined) return place;
  const least = featureZoom(style, PRIMARY);
  const around = viewAround([west, south, east, north], frame);
  if (around && around.zoom > place.zoom) return { ...around, zoom: Math.max(around.zoom, least) };
  const inside = west <= lon && lon <= east && south <= lat && lat <= north;
  return inside ? { ...place, zoom: Math.max(place.zoom, least + 1) } : place;
}

/** Shows the whole box in what is not covered; null where everything is. */
function viewAround([west, south, east, north]: readonly [number, number, number, number], { width, height, covered }: Frame): View | null {
  const [wide, high] = [width - covered.left - covered.right, height - covered.top - covered.bottom];
  const [x, y] = [[column(west), column(east)], [row(north), row(south)]] as const;
  if (wide <= 0 || high <= 0) return null;
  const zoom = Math.min(Math.log2(wide / TILE / (x[1] - x[0])), Math.log2(high / TILE / (y[1] - y[0])), NEAREST);
  const world = TILE * 2 ** zoom;
  const middleX = (x[0] + x[1]) / 2 + (covered.right - covered.left) / 2 / world;
  const middleY = (y[0] + y[1]) / 2 + (covered.bottom - covered.top) / 2 / world;
  return { zoom, lon: middleX * 360 - 180, lat: (Math.atan(Math.sinh(Math.PI * (1 - 2 * middleY))) * 180) / Math.PI };
}
