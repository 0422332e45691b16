import assert from 'node:assert/strict';
import test from 'node:test';

import { partOf, wantedTile } from '../src/offline/frozen';
import { isAway, keeps, mayFetchQuietly, type Asked } from '../src/offline/rules';
import { awayText } from '../src/offline/words';

const SCOPE = 'https://land.test/map/';
const ID = '46e4deb6-5327-4af9-aab0-17e007e5a0a0';

function asked(path: string, more: Partial<Asked> = {}): Asked {
  return { method: 'GET', url: SCOPE + path, navigates: false, signedIn: false, part: false, ...more };
}

test('files of the build, the page and what the map shows are kept', () => {
  assert.equal(keeps(asked('assets/index-abc.js'), SCOPE), 'shell');
  assert.equal(keeps(asked('', { navigates: true }), SCOPE), 'page');
  for (const path of ['map/style.json', 'collections?f=json', `collections/parcels/items/${ID}?f=json`, 'collections/parcels/schema',
    'collections/parcels/tiles/WebMercatorQuad/16/30000/52000?datetime=2024-03-01', 'coverage?point=106.7,10.7']) {
    assert.equal(keeps(asked(path), SCOPE), 'data', path);
  }
});

test('what says who asks, is written, is a part, a file or elsewhere is not kept', () => {
  const tile = 'collections/parcels/tiles/WebMercatorQuad/16/30000/52000';
  assert.equal(keeps(asked(tile, { signedIn: true }), SCOPE), null);
  assert.equal(keeps(asked('collections/parcels/items', { method: 'POST' }), SCOPE), null);
  assert.equal(keeps(asked('assets/x.woff2', { part: true }), SCOPE), null);
  for (const path of ['collections/parcels/items?f=gpkg', 'map-sheet.pdf?center=1,2', `thua/${ID}`, 'audit', 'cases', `collections/parcels/items/${ID}/restricted`, 'healthz']) {
    assert.equal(keeps(asked(path), SCOPE), null, path);
  }
  assert.equal(keeps({ ...asked(''), url: 'https://other.test/map/assets/x.js' }, SCOPE), null);
});

test('the landing page of the API is not the map page', () => {
  assert.equal(keeps(asked('?f=html', { navigates: true }), SCOPE), null);
  assert.equal(keeps(asked('collections?f=html', { navigates: true }), SCOPE), null);
});

test('only what stands for an absent server counts as away', () => {
  assert.deepEqual([502, 503, 504, 500, 404, 429].map(isAway), [true, true, true, false, false, false]);
});

test('the frozen city is fetched without a word only where nobody pays for it', () => {
  assert.equal(mayFetchQuietly({}, false), true, 'a computer');
  assert.equal(mayFetchQuietly({}, true), false, 'a phone that does not say');
  assert.equal(mayFetchQuietly({ type: 'wifi' }, true), true);
  for (const one of [{ type: 'cellular' }, { type: 'wifi', saveData: true }, { saveData: true }, { type: 'none' }, { type: 'bluetooth' }]) {
    assert.equal(mayFetchQuietly(one, false), false, JSON.stringify(one));
  }
});

test('of a tile that everybody sees now the frozen city has a part', () => {
  assert.deepEqual(wantedTile('collections/parcels/tiles/WebMercatorQuad/16/30000/52000', ''), { layer: 'parcels', z: 16, y: 30000, x: 52000 });
  assert.equal(wantedTile('collections/parcels/tiles/WebMercatorQuad/16/30000/52000', '?datetime=2024-03-01'), null, 'another day');
  assert.equal(wantedTile('collections/parcels/items', ''), null);
});

/** A layer of a tile as tiles of PostGIS begin: its name; then its extent and version, as numbers. */
function layerNamed(name: string): number[] {
  const body = [0x0a, name.length, ...new TextEncoder().encode(name), 0x28, 0x80, 0x20, 0x78, 2];
  return [0x1a, body.length, ...body];
}

test('of the layers of a tile those of one data layer are taken, and of no other whose name begins so', () => {
  const tile = Uint8Array.from(['plans', 'parcels', 'parcels_label', 'parcels_x', 'parcels_cell'].flatMap(layerNamed));
  const wanted = Uint8Array.from(['parcels', 'parcels_label', 'parcels_cell'].flatMap(layerNamed));
  assert.deepEqual(partOf(tile, 'parcels'), wanted);
  assert.equal(partOf(tile, 'zones').length, 0);
  assert.throws(() => partOf(Uint8Array.from([0x1a, 200]), 'parcels'), SyntaxError);
});

test('the banner says what is shown and of when', () => {
  const [kept, frozen] = ['2026-11-22T14:40:00Z', '2026-11-21T18:00:00Z'];
  assert.match(awayText(kept, null, 'vi'), /Không kết nối được máy chủ\. Dữ liệu tại 22\/11\/2026 21:40/);
  assert.match(awayText(null, frozen, 'vi'), /Bản đồ đóng băng, dữ liệu đến ngày 22\/11\/2026\./);
  assert.match(awayText(kept, frozen, 'vi'), /Nơi đã xem: dữ liệu tại 22\/11\/2026 21:40.*Nơi khác: bản đồ đóng băng, dữ liệu đến ngày 22\/11\/2026\./);
});
