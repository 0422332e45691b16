import assert from 'node:assert/strict';
import test from 'node:test';
import { parseDay } from '../src/day';
import { readDay, readHash, START, writeHash, type State } from '../src/state';

const ID = '0b7c9d1e-3a52-4c1f-8d0e-5a4b3c2d1e0f';

test('a state survives the way into the URL and back', () => {
  const state: State = {
    language: 'en', view: { zoom: 16.25, lat: 10.77612, lon: 106.70012 }, at: '2024-03-01',
    layers: ['parcels', 'zones'], selected: { layer: 'parcels', id: ID },
  };
  assert.equal(writeHash(state), `#map=16.25/10.77612/106.70012&sel=parcels/${ID}&layers=parcels,zones&at=2024-03-01&lang=en`);
  assert.deepEqual(readHash(writeHash(state)), state);
});

test('no layer at all is not the same as the layers of the start', () => {
  assert.deepEqual(readHash(writeHash({ ...START, layers: [] })).layers, []);
  assert.equal(readHash(writeHash(START)).layers, null);
});

test('what does not parse is left out, the rest is kept', () => {
  const hostile = '#map=16/abc/1&sel=parcels/../../x&layers=parcels,<b>,PARCELS&at=2024-02-30&lang=xx';
  assert.deepEqual(readHash(hostile), { ...START, layers: ['parcels'] });
  assert.equal(readHash('#map=16/91/10').view, null);
  assert.equal(readHash(`#sel=parcels/${ID}/versions`).selected, null);
});

test('a day is a day of the calendar', () => {
  assert.equal(readDay('2024-02-29'), '2024-02-29');
  assert.equal(readDay('2023-02-29'), null);
  assert.equal(readDay('2024-2-1'), null);
});

test('a typed day is read day first, never month first', () => {
  assert.equal(parseDay('01/03/2024'), '2024-03-01');
  assert.equal(parseDay(' 1-3-2024 '), '2024-03-01');
  assert.equal(parseDay('12/31/2024'), undefined);
  assert.equal(parseDay('hôm qua'), undefined);
  assert.equal(parseDay(''), null);
});
