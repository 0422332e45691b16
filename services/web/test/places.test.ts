import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readPlaces } from '../src/places';

test('two numbers are a place, whichever stands first and however their decimals are written', () => {
  const centre = [{ lat: 10.776, lon: 106.7 }];
  for (const text of ['10.776, 106.7', '106.7 10.776', '10,776 106,7', '10,776; 106,7', '10.776,106.7', '  106.70   10.776 ']) {
    assert.deepEqual(readPlaces(text), centre, text);
  }
});

test('where both orders are on the globe, both are offered', () => {
  assert.deepEqual(readPlaces('10 20'), [{ lat: 10, lon: 20 }, { lat: 20, lon: 10 }]);
  assert.deepEqual(readPlaces('10 10'), [{ lat: 10, lon: 10 }]);
});

test('other texts are no place', () => {
  for (const text of ['', '10', '106,7', '1191842 603699', '123/45 Nguyễn Trãi', 'thửa 1 2', '1 2 3', '200.5, 300.5']) {
    assert.deepEqual(readPlaces(text), [], text);
  }
});
