import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readMetres, readPlaces } from '../src/find/places';
import { formatPosition } from '../src/format';

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

test('degrees are read with their sign, with minutes and seconds, and with the sides of the sky in both languages', () => {
  const wanted = { lat: 10.7769444, lon: 106.7008333 };
  for (const text of [
    '10°46\'37"N 106°42\'03"E', '10° 46′ 37″ N, 106° 42′ 3″ E', '10°46\'37"B 106°42\'03"Đ', "10°46'37''N, 106°42'3''E", '106°42\'03"E 10°46\'37"N',
    '10°46.61667\' 106°42.05\'', '10.7769444° 106.7008333°', '10.7769444°N, 106.7008333°E', 'N 10.7769444 E 106.7008333', '(10.7769444, 106.7008333)',
    'https://www.google.com/maps/@10.7769444,106.7008333,17z', '10,7769444° B, 106,7008333° Đ',
  ]) {
    const [found, ...more] = readPlaces(text);
    assert.ok(found && more.length === 0 && Math.abs(found.lat - wanted.lat) < 1e-6 && Math.abs(found.lon - wanted.lon) < 1e-6, `${text}: ${JSON.stringify(found)}`);
  }
});

test('what the map shows as a position is read back, on all sides of the sky', () => {
  for (const language of ['vi', 'en'] as const) {
    for (const [lon, lat] of [[106.7009, 10.7769], [-58.38, -34.6], [18.42, -33.92], [-0.12, 51.5]] as const) {
      const text = formatPosition(lon, lat, language);
      assert.deepEqual(readPlaces(text), [{ lat, lon }], text);
    }
  }
});

test('names that only look like it are no place', () => {
  for (const text of ['B1 D2', 'N 10', 'lô B 12, đường D 5', '10°70\'00"N 106°42\'03"E', '10.5°N 20.5°N', 'E 10.5 W 106.7', 'Đ. 3/2']) {
    assert.deepEqual(readPlaces(text), [], text);
  }
});

test('the title of metres in the box is read back', () => {
  assert.deepEqual(readMetres('X (Bắc) 1.191.842,400 · Y (Đông) 603.699,100'), { north: 1191842.4, east: 603699.1 });
});
