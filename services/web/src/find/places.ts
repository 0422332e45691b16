/** Coordinates as people type them: `10.776, 106.70`, `10°46'37"N 106°42'03"E` in WGS 84, `X=1191842,4 Y=603699,1` in metres of VN-2000. */

import type { Place } from '../shape';

const PAIR = /^([+-]?\d+(?:[.,]\d+)?)\s*(?:[;\s]|,\s)\s*([+-]?\d+(?:[.,]\d+)?)$|^([+-]?\d+\.\d+),([+-]?\d+\.\d+)$/;

/** The places that the text may mean: none, one, or both orders where both are on the globe and neither is at home here. */
export function readPlaces(text: string): readonly Place[] {
  const bare = text.trim().replace(/^\((.*)\)$/, '$1');
  const found = PAIR.exec(/@(-?\d+\.\d+,-?\d+\.\d+),/.exec(bare)?.[1] ?? bare); // `@10.77,106.7,17z` of an address of Google Maps
  if (!found) return readAngles(bare);
  const [a = NaN, b = NaN] = [found[1] ?? found[3], found[2] ?? found[4]].map((part) => Number(part?.replace(',', '.')));
  return eitherWay(a, b);
}

function eitherWay(a: number, b: number): readonly Place[] {
  const read = [{ lat: a, lon: b }, { lat: b, lon: a }].filter(({ lat, lon }) => Math.abs(lat) <= 85 && Math.abs(lon) <= 180);
  return read.length === 2 && a === b ? read.slice(0, 1) : read;
}

const NUMBER = String.raw`\d+(?:[.,]\d+)?`;
const SIDE = '([NSEWBĐDT]?)';
const ANGLE = String.raw`${SIDE}\s*([+-]?${NUMBER})\s*°?\s*(?:(${NUMBER})\s*['′’](?!')\s*)?(?:(${NUMBER})\s*(?:"|″|”|'')\s*)?${SIDE}`;
const ANGLES = new RegExp(String.raw`^${ANGLE}\s*[,;]?\s*${ANGLE}$`, 'iu');

/** Degrees with their sign, minutes and seconds, or the sides of the sky: N S E W, or Bắc, Nam, Đông, Tây. */
function readAngles(text: string): readonly Place[] {
  const found = ANGLES.exec(text.normalize('NFC'));
  if (!found || !(text.includes('°') || /[.,]\d+.*[.,]\d/.test(text))) return [];
  const [, before = '', d1, m1, s1, after = '', then = '', d2, m2, s2, last = ''] = found;
  const [a, b] = [angle(d1, m1, s1), angle(d2, m2, s2)];
  const split = before !== '' && after !== ''; // `N 10.7 E 106.7`
  const [one, other] = [before || after, split ? after : then || last].map((side) => side.toUpperCase()) as [string, string];
  if (Number.isNaN(a) || Number.isNaN(b) || (split && (then || last))) return [];
  if (!one && !other) return eitherWay(a, b);
  const [first, second] = [sideOf(one, other), sideOf(other, one)];
  if (!first || !second || first.north === second.north) return [];
  const [lat, lon] = first.north ? [a * first.sign, b * second.sign] : [b * second.sign, a * first.sign];
  return Math.abs(lat) <= 85 && Math.abs(lon) <= 180 ? [{ lat, lon }] : [];
}

function angle(degrees = '', minutes = '0', seconds = '0'): number {
  const [d = NaN, m = NaN, s = NaN] = [degrees, minutes, seconds].map((part) => Number(part.replace(',', '.')));
  return m < 60 && s < 60 ? (d < 0 ? -1 : 1) * (Math.abs(d) + m / 60 + s / 3600) : NaN;
}

/** `N` is north in English and south (Nam) in Vietnamese: beside Đông or Tây it is the latter. */
function sideOf(letter: string, beside: string): { readonly north: boolean; readonly sign: number } | null {
  if (letter === 'N') return { north: true, sign: /[ĐDT]/.test(beside) ? -1 : 1 };
  if (letter === 'B' || letter === 'S') return { north: true, sign: letter === 'B' ? 1 : -1 };
  return letter ? { north: false, sign: letter === 'W' || letter === 'T' ? -1 : 1 } : null;
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
  const found = METRES_PAIR.exec(text.replace(/\s*\((?:bắc|đông|north|east)[^)]*\)/gi, '').replace(' · ', '; ').trim());
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
