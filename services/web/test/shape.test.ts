import assert from 'node:assert/strict';
import test from 'node:test';
import type { Geometry } from 'geojson';
import { boundsOf, boxAround, covers, placeOn } from '../src/shape';

/** A square of 4 with a hole of 2 in its middle, and a square of 1 beside it. */
const HOLED: Geometry = { type: 'MultiPolygon', coordinates: [
  [[[0, 0], [4, 0], [4, 4], [0, 4], [0, 0]], [[1, 1], [1, 3], [3, 3], [3, 1], [1, 1]]],
  [[[6, 0], [7, 0], [7, 1], [6, 1], [6, 0]]],
] };

test('an area covers what lies inside its rings, not its holes', () => {
  assert.equal(covers(HOLED, { lon: 0.5, lat: 2 }), true);
  assert.equal(covers(HOLED, { lon: 2, lat: 2 }), false);
  assert.equal(covers(HOLED, { lon: 6.5, lat: 0.5 }), true);
  assert.equal(covers(HOLED, { lon: 5, lat: 0.5 }), false);
  assert.equal(covers({ type: 'Point', coordinates: [1, 1] }, { lon: 1, lat: 1 }), null);
});

test('a place on an area lies inside it', () => {
  const place = placeOn(HOLED);
  assert.ok(place && covers(HOLED, place));
  assert.deepEqual(placeOn({ type: 'LineString', coordinates: [[0, 0], [1, 2], [5, 5]] }), { lon: 1, lat: 2 });
  assert.deepEqual(placeOn({ type: 'Point', coordinates: [1, 2] }), { lon: 1, lat: 2 });
  assert.equal(placeOn({ type: 'GeometryCollection', geometries: [] }), null);
});

test('bounds hold every part', () => {
  assert.deepEqual(boundsOf(HOLED), [0, 0, 7, 4]);
  assert.deepEqual(boundsOf({ type: 'GeometryCollection', geometries: [HOLED, { type: 'Point', coordinates: [-1, 9] }] }), [-1, 0, 7, 9]);
});

test('a box reaches as far to the east as to the north', () => {
  const [west, south, east, north] = boxAround({ lon: 106.7, lat: 60 }, 3);
  assert.ok(Math.abs((north - south) * 111_320 - 6) < 0.01);
  assert.ok(Math.abs((east - west) / (north - south) - 2) < 0.01); // a degree of longitude is half as long at 60°
});
