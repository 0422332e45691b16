/** The frozen city: one PMTiles file of what the map draws, read tile by tile where there is no server to ask. */

import { PMTiles, type RangeResponse, type Source } from 'pmtiles';
import type { Named } from './kept';
import { FROZEN } from './rules';

/** A tile's place, and the data layer whose part of it is wanted. */
export interface Wanted {
  readonly layer: string;
  readonly z: number;
  readonly y: number;
  readonly x: number;
}

export interface Frozen {
  /** When what it shows held, RFC 3339 */
  readonly instant: string;
  /**
   * The part of the layer: `null` where the tile has nothing of it, `beyond` where the file has no such zoom of the layer, so
   * that the map enlarges a coarser tile.
   */
  readonly tile: (wanted: Wanted) => Promise<Uint8Array | null | 'beyond'>;
  /** The name of the layer where the map draws it and the file has nothing of it at that zoom */
  readonly lacks: (wanted: Wanted) => Named | undefined;
}

interface Metadata {
  readonly 'landmap:instant'?: unknown;
  readonly 'landmap:left_out'?: readonly { readonly id: string; readonly title: Named; readonly minzoom: number }[];
  readonly vector_layers?: readonly { readonly id: string; readonly minzoom: number; readonly maxzoom: number }[];
}

const TILE = /^collections\/([a-z0-9_]+)\/tiles\/WebMercatorQuad\/(\d{1,2})\/(\d{1,9})\/(\d{1,9})$/;

/** The tile that an address below the page's own asks for, as everybody sees it now; null for any other. */
export function wantedTile(path: string, query: string): Wanted | null {
  const [, layer, z, y, x] = TILE.exec(path) ?? [];
  if (layer === undefined || query !== '') return null;
  return { layer, z: Number(z), y: Number(y), x: Number(x) };
}

/** SyntaxError where the file is none of ours. */
export async function openFrozen(file: Blob): Promise<Frozen> {
  const archive = new PMTiles(new Kept(file));
  const { 'landmap:instant': instant, 'landmap:left_out': leftOut = [], vector_layers: layers = [] } = await archive.getMetadata() as Metadata;
  if (typeof instant !== 'string' || Number.isNaN(Date.parse(instant))) throw new SyntaxError('no frozen city');
  const zooms = new Map(layers.map(({ id, minzoom, maxzoom }) => [id, { minzoom, maxzoom }]));
  return {
    instant,
    lacks: ({ layer, z }) => leftOut.find(({ id, minzoom }) => id === layer && z >= minzoom)?.title,
    tile: async ({ layer, z, y, x }) => {
      const has = zooms.get(layer);
      if (!has) return null;
      if (z > has.maxzoom) return 'beyond';
      const found = z < has.minzoom ? undefined : await archive.getZxy(z, x, y);
      const part = found && partOf(new Uint8Array(found.data), layer);
      return part && part.length > 0 ? part : null;
    },
  };
}

class Kept implements Source {
  readonly #file: Blob;

  constructor(file: Blob) {
    this.#file = file;
  }

  getKey(): string {
    return FROZEN;
  }

  async getBytes(offset: number, length: number): Promise<RangeResponse> {
    return { data: await this.#file.slice(offset, offset + length).arrayBuffer() };
  }
}

const LAYER_TAG = 0x1a; // field 3 of a tile: a layer
const NAME_TAG = 0x0a; // field 1 of a layer: its name, which stands first

/** What a data layer has in a tile: itself, its names and the cells that stand for it from afar (Mapbox Vector Tile 2.1, 4.1). */
export function partOf(tile: Uint8Array, layer: string): Uint8Array {
  const names = new Set([layer, `${layer}_label`, `${layer}_cell`]);
  const kept: Uint8Array[] = [];
  let at = 0;
  while (at < tile.length) {
    const { value: size, next } = varint(tile, at + 1);
    const end = next + size;
    if (tile[at] !== LAYER_TAG || end > tile.length) throw new SyntaxError('no vector tile');
    if (names.has(nameOf(tile.subarray(next, end)))) kept.push(tile.subarray(at, end));
    at = end;
  }
  return joined(kept);
}

/** Empty where the layer does not begin with it. Other fields may stand before it (the version, in tiles of PostGIS). */
function nameOf(layer: Uint8Array): string {
  let at = 0;
  while (at < layer.length) {
    const tag = layer[at];
    const { value, next } = varint(layer, at + 1);
    if (tag === NAME_TAG) return new TextDecoder().decode(layer.subarray(next, next + value));
    at = (tag ?? 0) % 8 === 2 ? next + value : next; // length-delimited, else a number
  }
  return '';
}

function varint(bytes: Uint8Array, from: number): { value: number; next: number } {
  let value = 0;
  for (let at = from, scale = 1; at < bytes.length; at += 1, scale *= 128) {
    const byte = bytes[at] ?? 0;
    value += (byte % 128) * scale;
    if (byte < 128) return { value, next: at + 1 };
  }
  throw new SyntaxError('no vector tile');
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
