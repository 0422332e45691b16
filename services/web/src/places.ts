/** Coordinates as people type them: `10.776, 106.70`, `106,70 10,776`. Degrees of WGS 84; metres are not read. */

import type { Place } from './shape';

const PAIR = /^([+-]?\d+(?:[.,]\d+)?)\s*(?:[;\s]|,\s)\s*([+-]?\d+(?:[.,]\d+)?)$|^([+-]?\d+\.\d+),([+-]?\d+\.\d+)$/;

/** The places that the text may mean: none, one, or both orders where both are on the globe and neither is at home here. */
export function readPlaces(text: string): readonly Place[] {
  const found = PAIR.exec(text.trim());
  if (!found) return [];
  const [a = NaN, b = NaN] = [found[1] ?? found[3], found[2] ?? found[4]].map((part) => Number(part?.replace(',', '.')));
  const read = [{ lat: a, lon: b }, { lat: b, lon: a }].filter(({ lat, lon }) => Math.abs(lat) <= 85 && Math.abs(lon) <= 180);
  return read.length === 2 && a === b ? read.slice(0, 1) : read;
}
