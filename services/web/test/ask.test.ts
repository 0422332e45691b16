import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blank, elsewhere, fieldOf, inputsOf, NotANumber, whereOf, type Inputs } from '../src/ask/application';
import { areaOf, crossesItself, distance, lengthOf, planeAt, rectangleAt } from '../src/ask/geodesy';
import { readNumber } from '../src/ask/numbers';

const HERE = { lon: 106.7, lat: 10.776 };
const INPUTS: Inputs = {
  works: ['NEW'], uses: ['HOUSE'], classes: [], floors: ['main'],
  facts: { township: { type: 'boolean' }, balcony_m: { type: 'number' }, house_form: { type: 'string', enum: ['villa'] } },
};

/** A ring from metres around HERE. */
const ring = (...corners: [number, number][]) => corners.map(planeAt(HERE).from);

test('a geodesic has the length that Vincenty published', () => {
  // Flinders Peak to Buninyong, on GRS 80
  const length = distance({ lon: 144.424867888889, lat: -37.951033416667 }, { lon: 143.926495527778, lat: -37.652821138889 });
  assert.ok(Math.abs(length - 54_972.271) < 0.01, String(length));
  assert.equal(distance(HERE, HERE), 0);
});

test('a degree of latitude and of longitude at the equator are those of the ellipsoid', () => {
  assert.ok(Math.abs(distance({ lon: 106, lat: 0 }, { lon: 107, lat: 0 }) - 111_319.491) < 0.001);
  assert.ok(Math.abs(lengthOf([{ lon: 106, lat: 0 }, { lon: 106, lat: 0.5 }, { lon: 106, lat: 1 }]) - 110_574.389) < 0.002);
});

test('an area is that of the ground, whichever way round', () => {
  const lot = ring([0, 0], [20, 0], [20, 5], [0, 5]);
  assert.ok(Math.abs(areaOf(lot) - 100) < 0.001);
  assert.ok(Math.abs(areaOf([...lot].reverse()) - 100) < 0.001);
  // A cell of one degree at the equator, by Karney
  const cell = [[0, 0], [1, 0], [1, 1], [0, 1]].map(([lon = 0, lat = 0]) => ({ lon, lat }));
  assert.ok(Math.abs(areaOf(cell) / 12_308_778_361.469 - 1) < 1e-4, String(areaOf(cell)));
});

test('the plane around a place goes there and back, and agrees with the geodesic', () => {
  const plane = planeAt(HERE);
  const there = plane.from([30, -40]);
  const [x, y] = plane.to(there);
  assert.ok(Math.abs(x - 30) < 1e-6 && Math.abs(y + 40) < 1e-6);
  assert.ok(Math.abs(distance(HERE, there) - 50) < 0.001);
});

test('a rectangle stands inside the lot, from the left end of its side', () => {
  const lots = [ring([0, 0], [10, 0], [10, 20], [0, 20]), ring([0, 20], [10, 20], [10, 0], [0, 0])];
  const [ahead, around] = [0, 2]; // the side on the south, either way round
  for (const [lot, side] of [[lots[0], ahead], [lots[1], around]] as const) {
    const { to } = planeAt(HERE);
    const made = rectangleAt(lot ?? [], side, { setback: 3, margin: 1, width: 5, depth: 8 }).map(to).map(([x, y]) => [Math.round(x * 1000) / 1000, Math.round(y * 1000) / 1000]);
    assert.deepEqual(made, [[1, 3], [6, 3], [6, 11], [1, 11]]);
  }
});

test('sides that cross are told', () => {
  assert.equal(crossesItself(ring([0, 0], [10, 0], [10, 10], [0, 10])), false);
  assert.equal(crossesItself(ring([0, 0], [10, 10], [10, 0], [0, 10])), true);
  assert.equal(crossesItself(ring([0, 0], [10, 0], [5, 5])), false);
});

test('numbers are read as people type them', () => {
  assert.equal(readNumber('12,5', 'vi'), 12.5);
  assert.equal(readNumber('12.5', 'vi'), 12.5);
  assert.equal(readNumber('1.500', 'vi'), 1500);
  assert.equal(readNumber('1.234,5', 'vi'), 1234.5);
  assert.equal(readNumber('1,500', 'en'), 1500);
  assert.equal(readNumber('1.500', 'en'), 1.5);
  for (const wrong of ['', '-3', '4o', '1e9', 'NaN', '5 m']) assert.equal(readNumber(wrong, 'vi'), null, wrong);
});

test('only what was stated is sent', () => {
  assert.deepEqual(inputsOf(blank(), INPUTS, whereOf('x', null, null), 'vi'), { parcel: { id: 'x' }, work: 'NEW', use: 'HOUSE' });
  const footprint = [HERE, { lon: 106.7001, lat: 10.776 }, { lon: 106.7001, lat: 10.7761 }];
  const typed = {
    ...blank(), storeys: ' trệt + 3 lầu ', height: '15,5', floors: { main: '1.200', basement: ' ' }, footprint,
    facts: { township: 'false', balcony_m: '0,9', house_form: 'villa' },
  };
  const sent = inputsOf(typed, INPUTS, whereOf('x', '2026-03-01', null), 'vi');
  assert.deepEqual(sent['storeys'], 'trệt + 3 lầu');
  assert.equal(sent['height_m'], 15.5);
  assert.deepEqual(sent['floor_areas'], { main: 1200 });
  assert.deepEqual(sent['facts'], { township: false, balcony_m: 0.9, house_form: 'villa' });
  assert.equal(sent['datetime'], '2026-03-01');
  const { coordinates: [path = []] } = sent['footprint'] as { coordinates: number[][][] };
  assert.deepEqual([path.length, path[0]], [4, path[3]]);
});

test('storeys by kind take the place of the text', () => {
  assert.deepEqual(inputsOf({ ...blank(), storeys: '5 tầng', kinds: { tang: '4', tum: '1' } }, INPUTS, whereOf('x', null, null), 'vi')['storeys'], { tang: 4, tum: 1 });
});

test('a value that is no number names its field', () => {
  const wrong = { ...blank(), facts: { balcony_m: 'hẹp' } };
  assert.throws(() => inputsOf(wrong, INPUTS, whereOf('x', null, null), 'vi'), (error: unknown) => error instanceof NotANumber && error.field === 'fact-balcony_m');
});

test('what rules miss is found in the form, or nowhere', () => {
  assert.equal(fieldOf('floor_main_m2', INPUTS), 'floor-main');
  assert.equal(fieldOf('balcony_m', INPUTS), 'fact-balcony_m');
  assert.equal(fieldOf('storeys_counting', INPUTS), 'storeys');
  assert.equal(fieldOf('footprint', INPUTS), 'footprint');
  assert.equal(fieldOf('road_lines', INPUTS), null);
});

test('what becomes of the buildings that stand there is told by their ids; what is left open is not sent', () => {
  const fates = { one: 'kept', two: '', three: 'demolished', four: 'kept' };
  const where = whereOf('x', '2026-03-01', '2026-02-01');
  assert.deepEqual(inputsOf({ ...blank(), fates }, INPUTS, where, 'vi'), {
    parcel: { id: 'x' }, datetime: '2026-03-01', knownAt: '2026-02-01', work: 'NEW', use: 'HOUSE',
    existing: { kept: ['one', 'four'], demolished: ['three'] },
  });
  assert.equal('existing' in inputsOf({ ...blank(), fates: { two: '' } }, INPUTS, where, 'vi'), false);
});

test('what was told of one lot does not go along to the next, the building does', () => {
  const typed = { ...blank(), storeys: 'trệt + 3 lầu', height: '15', facts: { balcony_m: '1' }, footprint: [HERE], fates: { one: 'kept' } };
  assert.deepEqual(elsewhere(typed), { ...blank(), storeys: 'trệt + 3 lầu', height: '15' });
});
