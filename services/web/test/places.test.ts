import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readMetres, readPlaces } from '../src/find/places';

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

test('metres are read in either order, with or without their names and points between thousands', () => {
  const position = { north: 1191842.4, east: 603699.1 };
  for (const text of ['1191842.4 603699.1', '603699,1 1191842,4', 'X=1191842.4 Y=603699.1', 'Y: 603.699,1; X: 1.191.842,4', '1 191 842,4; 603 699,1', '1191842.4m, 603699.1m']) {
    assert.deepEqual(readMetres(text), position, text);
  }
});

test('what is no position of Việt Nam in metres is none', () => {
  for (const text of ['', '10.776 106.7', '1191842', '1191842 1191842', '603699 603699', '5191842 603699', '1191842 3699', 'thửa 1191842 603699']) {
    assert.equal(readMetres(text), null, text);
  }
});
