/**
 * Hatches: where a norm gives several codes one colour, all but the first are hatched, each in a way of its own. The colours
 * are the norm's; the hatches are this page's.
 */

import type { ExpressionSpecification, LayerSpecification, Map as MapView, StyleSpecification } from 'maplibre-gl';

const NAME = /^hatch-(\d{1,2})$/;
/** Zoom from which a pattern can be read */
const LEAST_ZOOM = 15;
const INK = [22, 38, 43] as const;
const ALPHA = 150;
/** Pixels of a pattern's edge, two to one on the screen */
const EDGE = 24;

type Drawn = (x: number, y: number) => boolean;

const every = (period: number) => (place: number) => ((place % period) + period) % period < 2;
const rising = (period: number): Drawn => (x, y) => every(period)(x + y);
const falling = (period: number): Drawn => (x, y) => every(period)(x - y);
const level = (period: number): Drawn => (_, y) => every(period)(y);
const upright = (period: number): Drawn => (x) => every(period)(x);
const both = (one: Drawn, other: Drawn): Drawn => (x, y) => one(x, y) || other(x, y);
const dots = (period: number): Drawn => (x, y) => ((x % period) - 3) ** 2 + ((y % period) - 3) ** 2 < 6;

const PATTERNS: readonly Drawn[] = [
  rising(12), falling(12), level(12), upright(12), dots(12), both(rising(24), falling(24)), both(level(24), upright(24)),
  rising(6), falling(6), level(6), upright(6), dots(8), both(rising(12), falling(12)), both(level(12), upright(12)),
];

/** Name of the pattern of the code that stands at `place` among those of one colour; null for the first, which is plain. */
export function hatchOf(place: number): string | null {
  return place === 0 ? null : `hatch-${(place - 1) % PATTERNS.length}`;
}

/** The style with a layer of hatches over each fill whose colour stands for several codes. */
export function withHatches(style: StyleSpecification): StyleSpecification {
  return { ...style, layers: style.layers.flatMap((layer) => [layer, ...hatches(layer)]) };
}

function hatches(layer: LayerSpecification): LayerSpecification[] {
  if (layer.type !== 'fill' || layer['source-layer'] !== layer.source) return [];
  const color = layer.paint?.['fill-color'];
  if (!Array.isArray(color) || color[0] !== 'match') return [];
  const [, of, ...arms] = color as [string, ExpressionSpecification, ...unknown[]];
  const named = arms.slice(0, -1).flatMap((codes, index) => (
    index % 2 === 0 && Array.isArray(codes) ? codes.flatMap((code, place) => [[code, hatchOf(place)] as const]) : []
  )).filter(([, name]) => name !== null);
  if (named.length === 0) return [];
  const pattern = ['match', of, ...named.flat(), 'hatch-0'] as unknown as ExpressionSpecification;
  const only = ['in', of, ['literal', named.map(([code]) => code)]] as unknown as ExpressionSpecification;
  return [{
    id: `${layer.id}-hatch`, type: 'fill', source: layer.source, 'source-layer': layer.source, minzoom: Math.max(layer.minzoom ?? 0, LEAST_ZOOM),
    filter: only, paint: { 'fill-pattern': pattern, 'fill-opacity': 0.9 },
  }];
}

/** Gives the map the patterns when it comes to need them. */
export function drawHatches(map: MapView): void {
  map.setMissingStyleImageResolver((id) => {
    if (NAME.test(id) && !map.hasImage(id)) map.addImage(id, { width: EDGE, height: EDGE, data: pixels(id) }, { pixelRatio: 2 });
  });
}

function pixels(name: string): Uint8ClampedArray<ArrayBuffer> {
  const drawn = PATTERNS[Number(NAME.exec(name)?.[1])] ?? rising(12);
  const data = new Uint8ClampedArray(EDGE * EDGE * 4);
  for (let pixel = 0; pixel < EDGE * EDGE; pixel += 1) {
    if (drawn(pixel % EDGE, Math.floor(pixel / EDGE))) data.set([...INK, ALPHA], pixel * 4);
  }
  return data;
}

const pictures = new Map<string, string>();

/** The pattern as the address of a picture, for a legend. */
export function hatchPicture(name: string): string {
  const known = pictures.get(name);
  if (known) return known;
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = EDGE;
  canvas.getContext('2d')?.putImageData(new ImageData(pixels(name), EDGE, EDGE), 0, 0);
  const made = canvas.toDataURL();
  pictures.set(name, made);
  return made;
}
