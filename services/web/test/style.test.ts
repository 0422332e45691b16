import assert from 'node:assert/strict';
import test from 'node:test';
import { createExpression } from '@maplibre/maplibre-gl-style-spec';
import type { LayerSpecification, StyleSpecification, VectorSourceSpecification } from 'maplibre-gl';
import { readLegend } from '../src/legend';
import { dataLayers, featureZoom, minimumZoom, prepareStyle, shownAtFirst, textOf, tilesOn } from '../src/style';

// The one thing of a browser that these modules use.
Object.assign(globalThis, { document: { baseURI: 'https://map.example/city/' } });

const source = (tiles: string): VectorSourceSpecification => ({ type: 'vector', tiles: [tiles], minzoom: 14 });
const TEMPLATE = 'collections/parcels/tiles/WebMercatorQuad/{z}/{y}/{x}?f=mvt';

const STYLE: StyleSpecification = {
  version: 8,
  glyphs: 'https://elsewhere.example/{fontstack}/{range}.pbf',
  sources: { parcels: source(`/${TEMPLATE}`) },
  layers: [
    { id: 'ground', type: 'background' },
    {
      id: 'fill', type: 'fill', source: 'parcels', 'source-layer': 'parcels', minzoom: 13,
      paint: { 'fill-color': ['match', ['coalesce', ['get', 'land_use'], ''], ['ODT', 'ONT'], '#ffa0ff', 'CLN', '#ffd2a0', '#e5e7eb'], 'fill-opacity': 0.5 },
    },
    { id: 'line', type: 'line', source: 'parcels', 'source-layer': 'parcels', minzoom: 15, paint: { 'line-color': '#4b5563', 'line-dasharray': [2, 1] } },
    {
      id: 'name', type: 'symbol', source: 'parcels', 'source-layer': 'parcels', layout: { 'text-field': 'a', 'text-font': ['Noto Sans Bold'], visibility: 'none' },
    },
  ],
};

test('tile addresses keep their braces, become absolute and carry the day', () => {
  assert.deepEqual(tilesOn(source(`/${TEMPLATE}`), null), [`https://map.example/city/${TEMPLATE}`]);
  assert.deepEqual(tilesOn(source(`https://b.example/${TEMPLATE}`), '2024-03-01'), [`https://b.example/${TEMPLATE}&datetime=2024-03-01`]);
  assert.deepEqual(tilesOn(source('/t/{z}/{y}/{x}?datetime=2020-01-01'), null), ['https://map.example/city/t/{z}/{y}/{x}']);
});

test('labels come from the fonts of the page, never from another host', () => {
  const prepared = prepareStyle(STYLE, null, 'vi');
  assert.equal(prepared.glyphs, undefined);
  const name = prepared.layers.find(({ id }) => id === 'name');
  assert.deepEqual(name?.layout, { 'text-field': 'a', 'text-font': ['Be Vietnam Pro SemiBold', 'sans-serif'], visibility: 'none' });
  const faces = Object.values(prepared['font-faces'] ?? {}).flat();
  assert.equal(faces.length, 6);
  for (const face of faces) assert.match(typeof face === 'string' ? face : face.url, /^https:\/\/map\.example\/city\//);
});

test('names of places lie over the names of all layers', () => {
  const places: LayerSpecification = { id: 'place-names-sea', type: 'symbol', source: 'place-names' };
  const unknown: LayerSpecification = { id: 'noise-name', type: 'symbol', source: 'noise', 'source-layer': 'noise' };
  const prepared = prepareStyle({ ...STYLE, layers: [places, ...STYLE.layers, unknown] }, null, 'vi');
  assert.deepEqual(prepared.layers.map(({ id }) => id), ['ground', 'fill', 'line', 'name', 'noise-name', 'place-names-sea']);
});

test('a label is in the language of the page, and so is the mark of its numbers', () => {
  const texts = { vi: '{code}\nHSSDĐ {far_max}', en: '{code}\nFAR {far_max}' };
  const label: LayerSpecification = {
    id: 'limits', type: 'symbol', source: 'zones', 'source-layer': 'zones_label', layout: { 'text-field': texts.vi }, metadata: { 'landmap:texts': texts },
  };
  const shown = (language: 'vi' | 'en', properties: Record<string, unknown>) => {
    const made = createExpression(textOf(label, language), 'text-field');
    assert.equal(made.result, 'success');
    return made.result === 'success' ? String(made.value.evaluate({ zoom: 16 }, { type: 1, properties })) : '';
  };
  assert.equal(shown('vi', { code: 'O-1', far_max: 3.5 }), 'O-1\nHSSDĐ 3,5');
  assert.equal(shown('en', { code: 'O-1', far_max: 3.5 }), 'O-1\nFAR 3.5');
  assert.equal(shown('en', { far_max: 2 }), '\nFAR 2');
  const plain = STYLE.layers.find(({ id }) => id === 'name');
  assert.equal(plain && textOf(plain, 'en'), 'a');
  assert.equal(textOf(STYLE.layers[0]!, 'vi'), undefined);
});

test('data layers, their visibility and their zoom are read from the style', () => {
  assert.deepEqual(dataLayers(STYLE), ['parcels']);
  assert.deepEqual(shownAtFirst(STYLE), ['parcels']);
  assert.equal(minimumZoom(STYLE, 'parcels'), 14); // the style begins at 13, but there are no tiles
});

test('names and cells of a layer belong to it, but are not its features', () => {
  const common = { type: 'fill', source: 'parcels' } as const;
  const style: StyleSpecification = { ...STYLE, sources: { parcels: { ...source('/x'), minzoom: 8 } }, layers: [
    { id: 'cells', ...common, 'source-layer': 'parcels_cell', minzoom: 9, maxzoom: 15 },
    { id: 'fill', ...common, 'source-layer': 'parcels', minzoom: 8 },
    { id: 'name', type: 'symbol', source: 'parcels', 'source-layer': 'parcels_label', minzoom: 12 },
  ] };
  assert.deepEqual(dataLayers(style), ['parcels']);
  assert.equal(minimumZoom(style, 'parcels'), 8);
  assert.equal(featureZoom(style, 'parcels'), 15);
});

test('a legend is read from a match over codes', () => {
  const drawn = STYLE.layers.filter(({ type }) => type !== 'background');
  const common = { mark: 'fill', opacity: 0.5, outline: '#4b5563', dashed: true };
  assert.deepEqual(readLegend(drawn), {
    property: 'land_use',
    entries: [
      { ...common, color: '#ffa0ff', codes: ['ODT'], hatch: null },
      { ...common, color: '#ffa0ff', codes: ['ONT'], hatch: 'hatch-0' }, // of the same colour
      { ...common, color: '#ffd2a0', codes: ['CLN'], hatch: null },
    ],
    other: { ...common, color: '#e5e7eb' },
  });
});

test('a legend is read from layers that filter one code each', () => {
  const line = (code: string, color: string): LayerSpecification => ({
    id: code, type: 'line', source: 'roads', filter: ['==', ['get', 'kind'], code], paint: { 'line-color': color },
  });
  const legend = readLegend([line('CENTRE', '#666666'), line('RED', '#e3000f')]);
  assert.equal(legend.property, 'kind');
  assert.deepEqual(legend.entries.map(({ codes, color, mark }) => [codes[0], color, mark]), [['RED', '#e3000f', 'line'], ['CENTRE', '#666666', 'line']]);
  assert.equal(legend.other, null);
  const older = readLegend([{ id: 'a', type: 'line', source: 'roads', filter: ['==', 'kind', 'RED'], paint: { 'line-color': '#e3000f' } }]);
  assert.deepEqual([older.property, older.entries[0]?.codes], ['kind', ['RED']]);
  const shape = readLegend([{ id: 'a', type: 'line', source: 'roads', filter: ['==', '$type', 'LineString'], paint: { 'line-color': '#e3000f' } }]);
  assert.equal(shape.property, null); // a kind of shape is no code
});

test('one colour for all makes a legend of one', () => {
  const legend = readLegend([{ id: 'a', type: 'circle', source: 'a', paint: { 'circle-color': ['case', ['has', 'x'], '#112233', '#445566'] } }]);
  assert.deepEqual([legend.property, legend.entries.length, legend.other?.color, legend.other?.mark], [null, 0, '#112233', 'circle']);
});
