/** What a first picture takes of the map's style: the fills of the layer that colours the ground, each area's colour by its properties. Pure. */

import type { StyleSpecification } from 'maplibre-gl';
import { readFades } from '../look/opacity';
import { fillingLayer } from '../order';
import type { State, View } from '../state';
import { dataLayer, shownAtFirst } from '../style';
import type { Properties, Value } from './tile';

/** A style layer of areas that lie in `layer` of the tiles of `source`. */
export interface Coat {
  readonly layer: string;
  readonly color: (properties: Properties) => string | null;
  readonly opacity: number;
}

export interface Picture {
  /** Source of the style, and data layer */
  readonly source: string;
  readonly background: string;
  /** In the order of drawing */
  readonly coats: readonly Coat[];
}

/** null: nothing colours the ground at this zoom. What the style says in a way that is not known here is left out. */
export function pictureOf(style: StyleSpecification, { layers, options }: Pick<State, 'layers' | 'options'>, zoom: number): Picture | null {
  const source = fillingLayer(layers ?? shownAtFirst(style));
  if (source === undefined) return null;
  const share = (readFades(options).get(source) ?? 100) / 100;
  const coats = style.layers.flatMap((layer) => {
    if (layer.type !== 'fill' || dataLayer(layer) !== source || zoom < (layer.minzoom ?? 0) || zoom >= (layer.maxzoom ?? 24)) return [];
    const { 'fill-color': color, 'fill-opacity': opacity = 1 } = layer.paint ?? {};
    try {
      const [painted, kept] = [expression(color), layer.filter === undefined ? () => true : expression(layer.filter, true)];
      const strength = share * (typeof opacity === 'number' ? opacity : 1);
      return [{
        layer: layer['source-layer'] ?? source, opacity: strength,
        color: (properties: Properties) => (kept(properties) ? String(painted(properties)) : null),
      }];
    } catch (error) {
      if (error instanceof UnknownExpression) return [];
      throw error;
    }
  });
  const ground = style.layers.find(({ type }) => type === 'background');
  const background = ground?.type === 'background' ? ground.paint?.['background-color'] : undefined;
  return coats.length > 0 ? { source, background: typeof background === 'string' ? background : '#fff', coats } : null;
}

class UnknownExpression extends Error {}

type Read = (properties: Properties) => Value;

/** `bare`: a filter of the older form, in which the name of a property stands where an expression would read it. */
function expression(said: unknown, bare = false): Read {
  if (!Array.isArray(said)) {
    if (typeof said === 'string' || typeof said === 'number' || typeof said === 'boolean') return () => said;
    throw new UnknownExpression();
  }
  const [name, ...parts] = said as [unknown, ...unknown[]];
  if (name === 'all') return every(parts.map((part) => expression(part, bare)));
  if (name === 'match') return match(parts);
  if (name === 'get' && typeof parts[0] === 'string') return reading(parts[0]);
  if (name === 'has' && typeof parts[0] === 'string') return has(parts[0]);
  const compare = typeof name === 'string' ? COMPARISONS[name] : undefined;
  if (!compare) throw new UnknownExpression();
  const [one, other] = parts;
  const left = bare && typeof one === 'string' && one !== '$type' ? reading(one) : expression(one);
  const right = expression(other);
  return (properties) => compare(left(properties), right(properties));
}

const COMPARISONS: Readonly<Record<string, (one: Value, other: Value) => boolean>> = {
  '==': (one, other) => one === other,
  '!=': (one, other) => one !== other,
  '<': (one, other) => both(one, other) && Number(one) < Number(other),
  '>=': (one, other) => both(one, other) && Number(one) >= Number(other),
};

function both(one: Value, other: Value): boolean {
  return typeof one === 'number' && typeof other === 'number';
}

function reading(name: string): Read {
  return (properties) => properties.get(name) ?? null;
}

function has(name: string): Read {
  return (properties) => properties.has(name);
}

function every(parts: readonly Read[]): Read {
  return (properties) => parts.every((part) => part(properties) === true);
}

function match([of, ...arms]: unknown[]): Read {
  const input = expression(of);
  const table = new Map<Value, Value>();
  const fallback = arms.pop();
  for (let place = 0; place + 1 < arms.length; place += 2) {
    const result = arms[place + 1];
    if (Array.isArray(result)) throw new UnknownExpression();
    for (const label of [arms[place]].flat()) table.set(label as Value, result as Value);
  }
  if (Array.isArray(fallback) || fallback === undefined) throw new UnknownExpression();
  return (properties) => {
    const found = table.get(input(properties));
    return found === undefined ? fallback as Value : found;
  };
}

/** Pixels of a tile's side at its own zoom */
const TILE = 512;

export interface Placed {
  readonly z: number;
  readonly x: number;
  readonly y: number;
  /** Where the tile's north-west corner lies, and its side, in pixels */
  readonly left: number;
  readonly top: number;
  readonly side: number;
}

/** The tiles of a view, those of its middle first. `most`: the highest zoom of the tiles. */
export function tilesOf({ zoom, lat, lon }: View, width: number, height: number, most: number): Placed[] {
  const z = Math.min(Math.floor(zoom), most);
  const side = TILE * 2 ** (zoom - z);
  const [east, south] = [column(lon) * 2 ** z, row(lat) * 2 ** z];
  const found: Placed[] = [];
  for (let y = Math.floor(south - height / 2 / side); y < south + height / 2 / side; y += 1) {
    for (let x = Math.floor(east - width / 2 / side); x < east + width / 2 / side; x += 1) {
      found.push({ z, x, y, left: width / 2 + (x - east) * side, top: height / 2 + (y - south) * side, side });
    }
  }
  const far = ({ x, y }: Placed) => (x + 0.5 - east) ** 2 + (y + 0.5 - south) ** 2;
  return found.sort((one, other) => far(one) - far(other));
}

/** Web Mercator: shares of the world's width from the west, and of its height from the north. */
export function column(lon: number): number {
  return (lon + 180) / 360;
}

export function row(lat: number): number {
  return (1 - Math.asinh(Math.tan((lat * Math.PI) / 180)) / Math.PI) / 2;
}
