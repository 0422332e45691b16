import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { createExpression, featureFilter, type FillLayerSpecification, type StyleSpecification } from '@maplibre/maplibre-gl-style-spec';
import { homeView, type Frame } from '../src/first/home';
import { column, pictureOf, row, tilesOf } from '../src/first/paint';
import { readTile, type Properties, type Value } from '../src/first/tile';

// --- tiles, written as the standard says ---

const varint = (number: number): number[] => (number < 128 ? [number] : [(number % 128) + 128, ...varint(Math.floor(number / 128))]);
const bytes = (tag: number, content: readonly number[]): number[] => [...varint(tag * 8 + 2), ...varint(content.length), ...content];
const count = (tag: number, number: number): number[] => [...varint(tag * 8), ...varint(number)];
const text = (tag: number, said: string): number[] => bytes(tag, [...new TextEncoder().encode(said)]);
const fold = (number: number): number => (number < 0 ? -2 * number - 1 : 2 * number);

/** Rings of corners, each ring closed by its command. */
function rings(...drawn: readonly (readonly [number, number])[][]): number[] {
  let [x, y] = [0, 0];
  return drawn.flatMap((ring) => ring.flatMap(([to, down], place) => {
    const step = [...(place === 0 ? [9] : place === 1 ? varint((ring.length - 1) * 8 + 2) : []), ...varint(fold(to - x)), ...varint(fold(down - y))];
    [x, y] = [to, down];
    return place === ring.length - 1 ? [...step, 15] : step;
  }));
}

const SQUARE: [number, number][] = [[10, 20], [300, 20], [300, 200], [10, 200]];
const HOLE: [number, number][] = [[20, 30], [20, 40], [30, 40]];
const float = (said: number) => [...new Uint8Array(new Float64Array([said]).buffer)];

function tile(): Uint8Array {
  const area = [...bytes(2, [0, 0, 1, 1, 2, 2]), ...count(3, 3), ...bytes(4, rings(SQUARE, HOLE))];
  const line = [...count(3, 2), ...bytes(4, [9, 2, 2])];
  const layer = [
    ...text(1, 'parcels'), ...bytes(2, area), ...bytes(2, line), ...text(3, 'land_use'), ...text(3, 'covered'), ...text(3, 'gone'),
    ...bytes(4, text(1, 'ODT')), ...bytes(4, [25, ...float(62.5)]), ...bytes(4, count(7, 1)), ...count(5, 8192), ...count(15, 2),
  ];
  return new Uint8Array([...bytes(3, text(1, 'wards')), ...bytes(3, layer)]);
}

test('a tile is read as it was written: its areas with their properties and rings', () => {
  const [wards, parcels] = readTile(tile());
  assert.deepEqual([wards?.name, wards?.extent, wards?.areas.length], ['wards', 4096, 0]);
  assert.deepEqual([parcels?.name, parcels?.extent, parcels?.areas.length], ['parcels', 8192, 1]); // a line is no area
  assert.deepEqual([...parcels?.areas[0]?.properties ?? []], [['land_use', 'ODT'], ['covered', 62.5], ['gone', true]]);
  const drawn: unknown[] = [];
  parcels?.areas[0]?.draw({ moveTo: (x, y) => drawn.push(['M', x, y]), lineTo: (x, y) => drawn.push(['L', x, y]), closePath: () => drawn.push(['Z']) });
  const path = (ring: [number, number][]) => [...ring.map(([x, y], place) => [place === 0 ? 'M' : 'L', x, y]), ['Z']];
  assert.deepEqual(drawn, [...path(SQUARE), ...path(HOLE)]);
});

test('what is cut off or no tile at all ends in an error and never goes on for ever', () => {
  const whole = tile();
  for (let length = 1; length < whole.length; length += 1) {
    try {
      for (const { areas } of readTile(whole.subarray(0, length))) for (const { draw } of areas) draw({ moveTo() {}, lineTo() {}, closePath() {} });
    } catch (error) {
      assert.ok(error instanceof RangeError, String(error));
    }
  }
  assert.throws(() => readTile(new TextEncoder().encode('<!doctype html>')), RangeError);
});

// --- the style of the product ---

const LAYERS = JSON.parse(readFileSync(new URL(`file://${process.cwd()}/../../layers/parcels/style.json`), 'utf8')) as FillLayerSpecification[] | { layers: FillLayerSpecification[] };
const STYLE: StyleSpecification = {
  version: 8,
  sources: { parcels: { type: 'vector', tiles: ['https://a.example/{z}/{y}/{x}'] } },
  layers: [
    { id: 'ground', type: 'background', paint: { 'background-color': '#f4f1ea' } },
    ...(Array.isArray(LAYERS) ? LAYERS : LAYERS.layers).map((layer) => ({ ...layer, source: 'parcels', 'source-layer': 'parcels' })),
  ],
};
const CASES: Record<string, Value>[] = [
  {}, { land_use: 'ODT' }, { land_use: 'CLN', covered: 10 }, { land_use: 'LUC', covered: 20 }, { land_use: 'ONT', covered: 59 }, { land_use: 'SKC', covered: 60 }, { land_use: 'unknown', covered: 99 },
];

test('each area has the colour that the map itself will give it', () => {
  for (const zoom of [9, 12, 15, 17, 19]) {
    const picture = pictureOf(STYLE, { layers: ['parcels'], options: {} }, zoom);
    const fills = STYLE.layers.filter((layer): layer is FillLayerSpecification => layer.type === 'fill' && zoom >= (layer.minzoom ?? 0) && zoom < (layer.maxzoom ?? 24));
    assert.equal(picture?.background, '#f4f1ea');
    assert.ok(fills.length > 0 && picture.coats.length === fills.length, `${zoom}: ${picture.coats.length} of ${fills.length}`);
    for (const [place, fill] of fills.entries()) {
      const made = createExpression(fill.paint?.['fill-color'], 'layers.fill.paint.fill-color', { type: 'color' } as never);
      assert.ok(made.result === 'success');
      for (const said of CASES) {
        const feature = { type: 3 as const, properties: said };
        const kept = fill.filter === undefined || featureFilter(fill.filter, 'layers.fill.filter').filter({ zoom }, feature as never);
        const wanted: string | null = kept ? String(made.value.evaluate({ zoom }, feature as never)) : null;
        const color: string | null = picture.coats[place]?.color(new Map(Object.entries(said)) as Properties) ?? null;
        assert.equal(color === null ? null : rgba(color), wanted, `${fill.id} at ${zoom}: ${JSON.stringify(said)}`);
      }
    }
  }
});

/** A colour in hexadecimal digits as the specification writes it. */
function rgba(hex: string): string {
  const [red, green, blue] = [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
  return `rgba(${red},${green},${blue},1)`;
}

test('a style that says it in an unknown way is left to the map', () => {
  const odd = { ...STYLE, layers: STYLE.layers.map((layer) => (layer.type === 'fill' ? { ...layer, paint: { 'fill-color': ['step', ['zoom'], '#fff', 3, '#000'] } } : layer)) } as StyleSpecification;
  assert.equal(pictureOf(odd, { layers: ['parcels'], options: {} }, 17), null);
  assert.equal(pictureOf(STYLE, { layers: ['permits'], options: {} }, 17), null);
});

// --- where the tiles lie ---

test('the tiles of a view cover it without a gap, those of its middle first', () => {
  for (const zoom of [9, 12.4, 15.9, 17, 19.5]) {
    const [width, height] = [1280, 800];
    const tiles = tilesOf({ zoom, lat: 10.776, lon: 106.7 }, width, height, 16);
    assert.ok(tiles.every(({ z }) => z === Math.min(Math.floor(zoom), 16)));
    const covered = tiles.reduce((sum, { left, top, side }) => (
      sum + Math.max(0, Math.min(left + side, width) - Math.max(left, 0)) * Math.max(0, Math.min(top + side, height) - Math.max(top, 0))
    ), 0);
    assert.ok(Math.abs(covered - width * height) < 1, `${zoom}: ${covered}`);
    const middle = tiles[0];
    assert.ok(middle && middle.left <= width / 2 && middle.left + middle.side >= width / 2 && middle.top <= height / 2 && middle.top + middle.side >= height / 2);
  }
});

const FRAME: Frame = { width: 1280, height: 800, covered: { top: 24, right: 24, bottom: 48, left: 348 } };

test('the first view shows all parcels where they are few, in what nothing covers', () => {
  const box = [106.69, 10.77, 106.71, 10.785] as const;
  const view = homeView({ ...STYLE, center: [106.7, 10.776], zoom: 9 }, { id: 'parcels', title: '', itemCount: 5, extent: { spatial: { bbox: [box] } } }, FRAME);
  const world = 512 * 2 ** view.zoom;
  const x = (lon: number) => FRAME.width / 2 + (column(lon) - column(view.lon)) * world;
  const y = (lat: number) => FRAME.height / 2 + (row(lat) - row(view.lat)) * world;
  assert.ok(x(box[0]) >= 348 - 1 && x(box[2]) <= 1280 - 24 + 1, `${x(box[0])} ${x(box[2])}`);
  assert.ok(y(box[3]) >= 24 - 1 && y(box[1]) <= 800 - 48 + 1, `${y(box[3])} ${y(box[1])}`);
});

test('without parcels it is the place of the style', () => {
  assert.deepEqual(homeView({ ...STYLE, center: [106.7, 10.776], zoom: 9 }, undefined, FRAME), { lon: 106.7, lat: 10.776, zoom: 9 });
});

test('a layer that was made fainter is so from the beginning', () => {
  const drawn = (options: Record<string, string>) => pictureOf(STYLE, { layers: ['parcels'], options }, 17)?.coats.map(({ opacity }) => opacity) ?? [];
  assert.deepEqual(drawn({ 'look.fade': 'parcels:40' }), drawn({}).map((opacity) => opacity * 0.4));
  assert.deepEqual(drawn({ 'look.fade': 'zones:40' }), drawn({}));
});
