/** Coordinates as people type them: `10.776, 106.70` in degrees of WGS 84, `X=1191842,4 Y=603699,1` in metres of VN-2000. */

import type { Place } from '../shape';

const PAIR = /^([+-]?\d+(?:[.,]\d+)?)\s*(?:[;\s]|,\s)\s*([+-]?\d+(?:[.,]\d+)?)$|^([+-]?\d+\.\d+),([+-]?\d+\.\d+)$/;

/** The places that the text may mean: none, one, or both orders where both are on the globe and neither is at home here. */
export function readPlaces(text: string): readonly Place[] {
  const found = PAIR.exec(text.trim());
  if (!found) return [];
  const [a = NaN, b = NaN] = [found[1] ?? found[3], found[2] ?? found[4]].map((part) => Number(part?.replace(',', '.')));
  const read = [{ lat: a, lon: b }, { lat: b, lon: a }].filter(({ lat, lon }) => Math.abs(lat) <= 85 && Math.abs(lon) <= 180);
  return read.length === 2 && a === b ? read.slice(0, 1) : read;
}

/** Metres of a VN-2000 plane. On Vietnamese paper the northing is X and the easting Y. */
export interface Metres {
  readonly north: number;
  readonly east: number;
}

const METRES = String.raw`(\d{1,3}(?:\.\d{3})+(?:,\d+)?|\d{1,3}(?: \d{3})+(?:,\d+)?|\d+(?:[.,]\d+)?)`;
const METRES_PAIR = new RegExp(String.raw`^(?:[xy]\s*[:=]?\s*)?${METRES}\s*m?\s*(?:[;,]\s*|\s+)(?:[xy]\s*[:=]?\s*)?${METRES}\s*m?$`, 'i');
/** Việt Nam lies north of this and, in planes of 3° and 6° with 500 km at their meridian, west of it: the order of the two is told by their size. */
const LEAST_NORTH = 900_000;
const LEAST_EAST = 100_000;
const MOST_NORTH = 2_700_000;

/** The position that two numbers in metres stand for, in whichever order; null where they are none of Việt Nam. */
export function readMetres(text: string): Metres | null {
  const found = METRES_PAIR.exec(text.trim());
  const [a, b] = [found?.[1], found?.[2]].map(metres);
  if (a === undefined || b === undefined || Number.isNaN(a) || Number.isNaN(b)) return null;
  const [east, north] = a < b ? [a, b] : [b, a];
  return north >= LEAST_NORTH && north <= MOST_NORTH && east >= LEAST_EAST && east < LEAST_NORTH ? { north, east } : null;
}

/** `1.191.842,4`, `1 191 842,4`, `1191842.4` */
function metres(text: string | undefined): number {
  if (text === undefined) return NaN;
  const grouped = /^\d{1,3}([. ]\d{3})+(,|$)/.test(text);
  return Number((grouped ? text.replace(/[. ]/g, '') : text).replace(',', '.'));
}
