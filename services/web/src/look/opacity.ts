/** How strongly a data layer is drawn: per cent by layer in the URL, `look.fade=parcels:40,zones:70`. */

import type { ExpressionSpecification, LayerSpecification, Map as MapView } from 'maplibre-gl';
import type { Options } from '../state';

export const FADE = 'look.fade';
export const FAINTEST = 10;
const STEP = 10;

/** Per cent by data layer; those drawn in full are left out. */
export function readFades(options: Options): ReadonlyMap<string, number> {
  const parts = (options[FADE] ?? '').split(',').map((part) => /^([a-z][a-z0-9_]{0,62}):(\d{2})$/.exec(part));
  return new Map(parts.flatMap((part) => {
    const share = Number(part?.[2]);
    return part?.[1] && share >= FAINTEST ? [[part[1], share] as const] : [];
  }));
}

/** The option of those fades with one changed; null where all are drawn in full. */
export function writeFade(options: Options, layer: string, share: number): string | null {
  const fades = new Map(readFades(options)).set(layer, Math.round(share / STEP) * STEP);
  const kept = [...fades].filter(([, one]) => one >= FAINTEST && one < 100).sort(([a], [b]) => (a < b ? -1 : 1));
  return kept.length > 0 ? kept.map(([id, one]) => `${id}:${one}`).join(',') : null;
}

type Opacity = number | ExpressionSpecification;

type Property = 'fill-opacity' | 'line-opacity' | 'circle-opacity' | 'circle-stroke-opacity' | 'text-opacity' | 'icon-opacity' | 'raster-opacity';

const PROPERTIES: Readonly<Record<string, readonly Property[]>> = {
  fill: ['fill-opacity'],
  line: ['line-opacity'],
  circle: ['circle-opacity', 'circle-stroke-opacity'],
  symbol: ['text-opacity', 'icon-opacity'],
  raster: ['raster-opacity'],
};

/** Draws a style layer at a share (0 to 1) of the opacity that its style says. */
export function drawAt(map: MapView, layer: LayerSpecification, share: number): void {
  const paint = layer.paint as Readonly<Record<string, Opacity>> | undefined;
  for (const property of PROPERTIES[layer.type] ?? []) {
    map.setPaintProperty(layer.id, property, share === 1 ? paint?.[property] : times(paint?.[property] ?? 1, share));
  }
}

/** An expression by zoom has to stand outermost: then the product is made in each of its stops. */
function times(opacity: Opacity, share: number): Opacity {
  if (typeof opacity === 'number') return opacity * share;
  const [name] = opacity;
  if (name !== 'interpolate' && name !== 'step') return ['*', opacity, share] as ExpressionSpecification;
  const first = name === 'interpolate' ? 4 : 2; // interpolate, kind, input, stop, output, …; step, input, output, stop, output, …
  const scaled = (opacity as readonly unknown[]).map((part, index) => (
    index >= first && index % 2 === 0 ? times(part as Opacity, share) : part
  ));
  return scaled as unknown as ExpressionSpecification;
}
