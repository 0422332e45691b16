/** Lengths and areas on the ellipsoid, and a plane in metres around a place, good for what stands on one lot. */

import type { Place } from '../shape';

/** Of WGS 84, metres; GRS 80 and VN-2000 differ from it by less than a millimetre over a city. */
const MAJOR = 6_378_137;
const FLATTENING = 1 / 298.257223563;
const MINOR = MAJOR * (1 - FLATTENING);
const E2 = FLATTENING * (2 - FLATTENING);
const E = Math.sqrt(E2);

/** Easting and northing in metres. */
export type Metres = readonly [east: number, north: number];

const radians = (degrees: number) => (degrees * Math.PI) / 180;

/** Length of the geodesic, metres; by Vincenty's inverse formula, good to a millimetre but for points opposite on the globe. */
export function distance(from: Place, to: Place): number {
  const [reduced1, reduced2] = [from, to].map(({ lat }) => Math.atan((1 - FLATTENING) * Math.tan(radians(lat)))) as [number, number];
  const [sin1, cos1, sin2, cos2] = [Math.sin(reduced1), Math.cos(reduced1), Math.sin(reduced2), Math.cos(reduced2)];
  const wide = radians(to.lon - from.lon);
  let lambda = wide;
  for (let turn = 0; turn < 100; turn += 1) {
    const [sinL, cosL] = [Math.sin(lambda), Math.cos(lambda)];
    const sinS = Math.hypot(cos2 * sinL, cos1 * sin2 - sin1 * cos2 * cosL);
    if (sinS === 0) return 0;
    const cosS = sin1 * sin2 + cos1 * cos2 * cosL;
    const sigma = Math.atan2(sinS, cosS);
    const sinA = (cos1 * cos2 * sinL) / sinS;
    const cosA2 = 1 - sinA ** 2;
    const middle = cosA2 === 0 ? 0 : cosS - (2 * sin1 * sin2) / cosA2;
    const c = (FLATTENING / 16) * cosA2 * (4 + FLATTENING * (4 - 3 * cosA2));
    const before = lambda;
    lambda = wide + (1 - c) * FLATTENING * sinA * (sigma + c * sinS * (middle + c * cosS * (2 * middle ** 2 - 1)));
    if (Math.abs(lambda - before) > 1e-12) continue;
    const u2 = cosA2 * (MAJOR ** 2 / MINOR ** 2 - 1);
    const a = 1 + (u2 / 16384) * (4096 + u2 * (-768 + u2 * (320 - 175 * u2)));
    const b = (u2 / 1024) * (256 + u2 * (-128 + u2 * (74 - 47 * u2)));
    const bent = b * sinS * (middle + (b / 4) * (cosS * (2 * middle ** 2 - 1) - (b / 6) * middle * (4 * sinS ** 2 - 3) * (4 * middle ** 2 - 3)));
    return MINOR * a * (sigma - bent);
  }
  return NaN;
}

/** Length of a line through places, metres. */
export function lengthOf(places: readonly Place[]): number {
  return places.slice(1).reduce((sum, place, index) => sum + distance(places[index] as Place, place), 0);
}

/** Area of a ring of places (the last one joins the first), m². Its sides are straight in an equal-area projection of the ellipsoid: over 10 km within 1/40,000. */
export function areaOf(ring: readonly Place[]): number {
  const twice = ring.reduce((sum, { lon, lat }, index) => {
    const next = ring[(index + 1) % ring.length] as Place;
    return sum + radians(next.lon - lon) * (authalic(lat) + authalic(next.lat));
  }, 0);
  return Math.abs(twice) * MAJOR ** 2 / 4;
}

/** Twice the height in the cylindrical equal-area projection, on an ellipsoid whose major half axis is 1. */
function authalic(lat: number): number {
  const sin = Math.sin(radians(lat));
  return (1 - E2) * (sin / (1 - E2 * sin ** 2) - Math.log((1 - E * sin) / (1 + E * sin)) / (2 * E));
}

export interface Plane {
  readonly to: (place: Place) => Metres;
  readonly from: (metres: Metres) => Place;
}

/** The plane that touches the ellipsoid at a place: within 100 m its lengths are right to a tenth of a millimetre. */
export function planeAt(origin: Place): Plane {
  const curve = 1 - E2 * Math.sin(radians(origin.lat)) ** 2;
  const north = radians(1) * (MAJOR * (1 - E2)) / curve ** 1.5;
  const east = radians(1) * (MAJOR / Math.sqrt(curve)) * Math.cos(radians(origin.lat));
  return {
    to: ({ lon, lat }) => [(lon - origin.lon) * east, (lat - origin.lat) * north],
    from: ([x, y]) => ({ lon: origin.lon + x / east, lat: origin.lat + y / north }),
  };
}

/** Whether sides of the ring that do not meet at a corner touch each other. */
export function crossesItself(ring: readonly Place[]): boolean {
  if (ring.length < 4) return false;
  const { to } = planeAt(ring[0] as Place);
  const points = ring.map(to);
  const side = (index: number) => [points[index] as Metres, points[(index + 1) % points.length] as Metres] as const;
  return points.some((_, i) => points.some((__, j) => (
    j > i + 1 && !(i === 0 && j === points.length - 1) && meet(...side(i), ...side(j))
  )));
}

function meet(a: Metres, b: Metres, c: Metres, d: Metres): boolean {
  const turn = (p: Metres, q: Metres, r: Metres) => Math.sign((q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0]));
  return turn(a, b, c) !== turn(a, b, d) && turn(c, d, a) !== turn(c, d, b);
}

export interface Sizes {
  /** From the side into the lot */
  readonly setback: number;
  /** From the end of the side that is on the left to whoever looks into the lot */
  readonly margin: number;
  readonly width: number;
  readonly depth: number;
}

/** The corners of a rectangle along a side of a ring, inside it as far as it reaches; metres. `side`: index of the corner where it begins. */
export function rectangleAt(ring: readonly Place[], side: number, { setback, margin, width, depth }: Sizes): Place[] {
  const plane = planeAt(ring[0] as Place);
  const points = ring.map(plane.to);
  const ends: [Metres, Metres] = [points[side] as Metres, points[(side + 1) % points.length] as Metres];
  // Of a ring that turns left the ground lies left of each side, so that its beginning is on the left.
  const [[x, y], [endX, endY]] = turnsLeft(points) ? ends : [ends[1], ends[0]];
  const long = Math.hypot(endX - x, endY - y);
  const [alongX, alongY] = [(endX - x) / long, (endY - y) / long];
  const corner = (along: number, inward: number) => plane.from([x + along * alongX - inward * alongY, y + along * alongY + inward * alongX]);
  return [
    corner(margin, setback), corner(margin + width, setback), corner(margin + width, setback + depth), corner(margin, setback + depth),
  ];
}

function turnsLeft(points: readonly Metres[]): boolean {
  return points.reduce((sum, [x, y], index) => {
    const [nextX, nextY] = points[(index + 1) % points.length] as Metres;
    return sum + x * nextY - nextX * y;
  }, 0) > 0;
}
