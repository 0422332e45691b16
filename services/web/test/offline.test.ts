import assert from 'node:assert/strict';
import test from 'node:test';

import { isAway, keeps, type Asked } from '../src/offline/rules';

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
