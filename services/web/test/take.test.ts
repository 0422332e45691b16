import assert from 'node:assert/strict';
import test from 'node:test';

import { readHash, START } from '../src/state';
import { boxAddress, embedAddress, embedCode, layoutOf, reachOf, scaleFor, sheetPath, viewAddress, wholeMap } from '../src/take/addresses';

const PAGE = 'https://land.test/map/';
const STATE = {
  ...START, view: { zoom: 18, lat: 10.775, lon: 106.7 }, at: '2024-03-01', layers: ['parcels', 'zones'], tool: 'take',
  options: { 'take.x': '1', 'look.fade': 'parcels:50' },
};

test('a link opens the view without the tool that made it', () => {
  const link = viewAddress(PAGE, STATE);
  assert.equal(link, 'https://land.test/map/#map=18/10.775/106.7&layers=parcels,zones&at=2024-03-01&look.fade=parcels%3A50');
  const { tool, view, at, layers } = readHash(new URL(link).hash, { language: 'vi', chosen: false });
  assert.deepEqual({ tool, view, at, layers }, { tool: null, view: STATE.view, at: STATE.at, layers: STATE.layers });
});

test('what is embedded stands at its own address, and leads back to the whole map', () => {
  const address = embedAddress(PAGE, STATE);
  assert.ok(address.startsWith('https://land.test/map/embed#map=18/10.775/106.7'));
  assert.equal(wholeMap(PAGE, new URL(address).hash, START), viewAddress(PAGE, STATE));
});

test('the code to embed has its texts quoted', () => {
  const code = embedCode('https://land.test/embed#a=1&b="2"', '<Bản đồ>');
  assert.ok(code.includes('src="https://land.test/embed#a=1&amp;b=&quot;2&quot;"') && code.includes('title="&lt;Bản đồ>"'));
  assert.ok(!/style=|onload=/.test(code));
});

test('a sheet is asked for with the layers that paper has, and with none not at all', () => {
  const sheet = { scale: 1000, paper: 'a3', layout: 'portrait' } as const;
  const path = sheetPath(sheet, [106.7, 10.775], ['wards', 'zones', 'parcels'], STATE);
  const asked = new URL(String(path), PAGE).searchParams;
  assert.deepEqual(Object.fromEntries(asked), {
    center: '106.7000000,10.7750000', scale: '1000', paper: 'a3', layout: 'portrait', layers: 'zones,parcels', lang: 'vi', datetime: '2024-03-01',
  });
  assert.equal(sheetPath(sheet, [106.7, 10.775], ['wards'], STATE), null);
});

test('the frame on the map has the breadth of the paper at its scale', () => {
  const sheet = { scale: 500, paper: 'a4', layout: 'landscape' } as const;
  const [east, north] = reachOf(sheet, ['parcels']);
  assert.ok(Math.abs(east - 69) < 1e-9); // 276 mm at 1:500 are 138 m
  assert.ok(north > 25 && north < 40);
  assert.ok(reachOf(sheet, ['parcels', 'zones'])[1] < north, 'zones have a longer legend');
  const { map, width, height } = layoutOf(sheet, ['parcels']);
  assert.ok(map.left + map.width < width && map.top + map.height < height);
});

test('the scale is the smallest whose map has room in the view, else the largest there is', () => {
  const sheet = { scale: 500, paper: 'a4', layout: 'landscape' } as const;
  const scale = (width: number, height: number) => scaleFor(sheet, ['parcels'], [width, height]);
  assert.deepEqual([scale(140, 80), scale(140, 50), scale(300, 300), scale(9000, 9000), scale(10, 10)], [500, 200, 1000, 2000, 200]);
});

test('a download asks the box, the day and the language of the view, and keeps its format', () => {
  const url = new URL(boxAddress('https://land.test/collections/parcels/items?f=gpkg', [106.6, 10.7, 106.7, 10.8], STATE));
  assert.deepEqual(Object.fromEntries(url.searchParams), { f: 'gpkg', bbox: '106.6000000,10.7000000,106.7000000,10.8000000', datetime: '2024-03-01', lang: 'vi' });
});
