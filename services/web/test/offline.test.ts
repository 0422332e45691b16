import assert from 'node:assert/strict';
import test from 'node:test';

import { openFrozen, partOf, wantedTile } from '../src/offline/frozen';
import { lackingLayers, noteTold, onKept } from '../src/offline/kept';
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

test('the banner names the layers that were asked for and are not in the offline copy', () => {
  const frozen = '2026-11-21T18:00:00Z';
  const lacking = [{ vi: 'Công trình', en: 'Buildings' }, { vi: 'Dự án nhà ở', en: 'Housing projects' }];
  assert.match(awayText(null, frozen, 'vi', lacking), /22\/11\/2026\. Không có trong bản ngoại tuyến: Công trình, Dự án nhà ở\.$/);
  assert.match(awayText('2026-11-22T14:40:00Z', frozen, 'en', lacking), /Not in the offline copy: Buildings, Housing projects\.$/);
  assert.doesNotMatch(awayText(null, frozen, 'en'), /offline copy/);
});

test('each layer that the map asks for in vain is told once', () => {
  let calls = 0;
  onKept(() => { calls += 1; });
  const lacks = { vi: 'Công trình', en: 'Buildings' };
  for (const one of [{ frozen: '2026-11-21T18:00:00Z' }, { frozen: '2026-11-21T18:00:00Z', lacks }, { lacks }, { frozen: '2026-11-21T18:00:00Z', lacks: undefined }]) noteTold(one);
  assert.deepEqual(lackingLayers(), [lacks]);
  assert.equal(calls, 2);
});

/** An archive of PMTiles 3 without tiles: its header, an empty directory and the metadata. */
function archive(metadata: unknown): Blob {
  const told = new TextEncoder().encode(JSON.stringify(metadata));
  const header = new DataView(new ArrayBuffer(127));
  new TextEncoder().encode('PMTiles').forEach((byte, at) => header.setUint8(at, byte));
  header.setUint8(7, 3);
  const parts: [number, number][] = [[8, 127], [16, 1], [24, 128], [32, told.length], [40, 128 + told.length], [56, 128 + told.length]];
  for (const [at, value] of parts) header.setBigUint64(at, BigInt(value), true);
  header.setUint8(97, 1); // nothing inside is packed
  header.setUint8(98, 1);
  header.setUint8(99, 1);
  return new Blob([header.buffer, Uint8Array.from([0]), told]);
}

test('a frozen city says which layers it has not; one of before says none', async () => {
  const title = { vi: 'Công trình', en: 'Buildings' };
  const instant = '2026-11-21T18:00:00Z';
  const city = await openFrozen(archive({ 'landmap:instant': instant, 'landmap:left_out': [{ id: 'buildings', title, reason: 'too-large', minzoom: 16 }] }));
  assert.deepEqual(city.lacks({ layer: 'buildings', z: 16, y: 30000, x: 52000 }), title);
  assert.equal(city.lacks({ layer: 'buildings', z: 15, y: 15000, x: 26000 }), undefined, 'cells are there');
  assert.equal(city.lacks({ layer: 'parcels', z: 16, y: 30000, x: 52000 }), undefined);
  assert.equal(await city.tile({ layer: 'buildings', z: 16, y: 30000, x: 52000 }), null);
  const old = await openFrozen(archive({ 'landmap:instant': instant }));
  assert.equal(old.lacks({ layer: 'buildings', z: 16, y: 30000, x: 52000 }), undefined);
});

test('the banner says what is shown and of when', () => {
  const [kept, frozen] = ['2026-11-22T14:40:00Z', '2026-11-21T18:00:00Z'];
  assert.match(awayText(kept, null, 'vi'), /Không kết nối được máy chủ\. Dữ liệu tại 22\/11\/2026 21:40/);
  assert.match(awayText(null, frozen, 'vi'), /Bản đồ đóng băng, dữ liệu đến ngày 22\/11\/2026\./);
  assert.match(awayText(kept, frozen, 'vi'), /Nơi đã xem: dữ liệu tại 22\/11\/2026 21:40.*Nơi khác: bản đồ đóng băng, dữ liệu đến ngày 22\/11\/2026\./);
});
