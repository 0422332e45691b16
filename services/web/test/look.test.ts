import assert from 'node:assert/strict';
import test from 'node:test';
import type { LayerSpecification, Map as MapView, StyleSpecification } from 'maplibre-gl';
import { withGround } from '../src/look/ground';
import { grouped } from '../src/look/groups';
import { hatchOf, withHatches } from '../src/look/hatch';
import { drawAt, readFades, writeFade } from '../src/look/opacity';
import { dataLayer, prepareStyle } from '../src/style';

Object.assign(globalThis, { document: { baseURI: 'https://map.example/' } });

const FILL: LayerSpecification = {
  id: 'parcels-fill', type: 'fill', source: 'parcels', 'source-layer': 'parcels',
  paint: { 'fill-color': ['match', ['get', 'land_use'], ['ODT'], '#ffa0ff', ['TMD', 'SKC', 'SKK'], '#faaaa0', '#e5e7eb'], 'fill-opacity': 0.75 },
};
const STYLE: StyleSpecification = {
  version: 8,
  sources: { parcels: { type: 'vector', tiles: ['/p/{z}/{y}/{x}'] }, road_lines: { type: 'vector', tiles: ['/r/{z}/{y}/{x}'] } },
  layers: [{ id: 'background', type: 'background' }, FILL],
};

test('what a link says of opacity is not trusted', () => {
  assert.deepEqual([...readFades({ 'look.fade': 'parcels:40,zones:05,__proto__:50,x:400,wards:70' })], [['parcels', 40], ['wards', 70]]);
  assert.deepEqual([...readFades({})], []);
});

test('opacity is written in the shortest form', () => {
  assert.equal(writeFade({}, 'zones', 38), 'zones:40');
  assert.equal(writeFade({ 'look.fade': 'zones:40' }, 'parcels', 70), 'parcels:70,zones:40');
  assert.equal(writeFade({ 'look.fade': 'zones:40' }, 'zones', 100), null);
});

test('a fainter layer keeps what its style says of opacity', () => {
  const set: unknown[] = [];
  const map = { setPaintProperty: (_: string, name: string, value: unknown) => set.push([name, value]) } as unknown as MapView;
  const line = { id: 'l', type: 'line', source: 's', paint: { 'line-opacity': ['interpolate', ['linear'], ['zoom'], 10, 0.5, 14, 1] } } as LayerSpecification;
  drawAt(map, FILL, 0.5);
  drawAt(map, line, 0.5);
  drawAt(map, FILL, 1);
  assert.deepEqual(set, [
    ['fill-opacity', 0.375],
    ['line-opacity', ['interpolate', ['linear'], ['zoom'], 10, 0.25, 14, 0.5]],
    ['fill-opacity', 0.75],
  ]);
});

test('of the codes of one colour all but the first are hatched, each in its own way', () => {
  const [, , hatch] = withHatches(STYLE).layers;
  assert.equal(hatch?.id, 'parcels-fill-hatch');
  assert.deepEqual(hatch?.type === 'fill' && hatch.paint?.['fill-pattern'], ['match', ['get', 'land_use'], 'SKC', 'hatch-0', 'SKK', 'hatch-1', 'hatch-0']);
  assert.deepEqual(hatch?.type === 'fill' && hatch.filter, ['in', ['get', 'land_use'], ['literal', ['SKC', 'SKK']]]);
  assert.equal(new Set(Array.from({ length: 15 }, (_, place) => hatchOf(place))).size, 15);
});

test('the ground lies under every area, is switched by its own name and takes only sources that are there', () => {
  const { layers } = prepareStyle(withGround(STYLE), null, 'vi');
  const ids = layers.map(({ id }) => id);
  assert.ok(ids.indexOf('ground-road') < ids.indexOf('parcels-fill') && ids.indexOf('ground-parcels') > ids.indexOf('background'));
  assert.ok(layers.filter(({ id }) => id.startsWith('ground-')).every((layer) => dataLayer(layer) === 'ground'));
  assert.ok(!layers.some((layer) => 'source' in layer && layer.source === 'zones'));
});

test('layers stand in groups, unknown ones last', () => {
  assert.deepEqual(grouped(['ground', 'parcels', 'trees', 'zones']).map(({ title, layers }) => [title.vi, layers]), [
    ['Đất đai', ['parcels']], ['Quy hoạch', ['zones']], ['Bản đồ nền', ['ground']], ['Khác', ['trees']],
  ]);
});
