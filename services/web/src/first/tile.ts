/** Reads areas from a Mapbox Vector Tile (version 2.1), no more than a first picture needs: their rings as paths, their properties. */

export type Value = string | number | boolean | null;
export type Properties = ReadonlyMap<string, Value>;

/** What a ring is drawn on, as `Path2D` and a canvas have it */
export interface Pen {
  moveTo(x: number, y: number): void;
  lineTo(x: number, y: number): void;
  closePath(): void;
}

export interface Area {
  readonly properties: Properties;
  /** Draws its rings, in units of the layer's extent. */
  readonly draw: (pen: Pen) => void;
}

export interface Layer {
  readonly name: string;
  /** Units of the tile's side */
  readonly extent: number;
  readonly areas: readonly Area[];
}

const POLYGON = 3;
const [MOVE, LINE, CLOSE] = [1, 2, 7];

/** The tile's layers. RangeError where the bytes are no tile. */
export function readTile(bytes: Uint8Array): Layer[] {
  const layers: Layer[] = [];
  for (const { tag, part } of fields(bytes)) if (tag === 3 && part) layers.push(readLayer(part));
  return layers;
}

function readLayer(bytes: Uint8Array): Layer {
  let [name, extent] = ['', 4096];
  const [features, keys, values]: [Uint8Array[], string[], Value[]] = [[], [], []];
  for (const { tag, part, number } of fields(bytes)) {
    if (tag === 1 && part) name = text(part);
    if (tag === 2 && part) features.push(part);
    if (tag === 3 && part) keys.push(text(part));
    if (tag === 4 && part) values.push(readValue(part));
    if (tag === 5) extent = number;
  }
  return { name, extent, areas: features.flatMap((feature) => readArea(feature, keys, values) ?? []) };
}

function readArea(bytes: Uint8Array, keys: readonly string[], values: readonly Value[]): Area | null {
  let [kind, tags, rings]: [number, Uint8Array | null, Uint8Array | null] = [0, null, null];
  for (const { tag, part, number } of fields(bytes)) {
    if (tag === 2) tags = part;
    if (tag === 3) kind = number;
    if (tag === 4) rings = part;
  }
  if (kind !== POLYGON || !rings) return null;
  const properties = new Map<string, Value>();
  const pairs = tags ? new Reader(tags) : null;
  while (pairs && !pairs.ended) properties.set(keys[pairs.varint()] ?? '', values[pairs.varint()] ?? null);
  const drawn = rings;
  return { properties, draw: (pen) => drawRings(drawn, pen) };
}

function drawRings(bytes: Uint8Array, pen: Pen): void {
  const reader = new Reader(bytes);
  let [x, y] = [0, 0];
  while (!reader.ended) {
    const command = reader.varint();
    const kind = command & 7;
    if (kind === CLOSE) {
      pen.closePath();
      continue;
    }
    if (kind !== MOVE && kind !== LINE) throw new RangeError(`a tile's ring has the unknown command ${kind}`);
    for (let left = command >>> 3; left > 0; left -= 1) {
      x += reader.signed();
      y += reader.signed();
      if (kind === MOVE) pen.moveTo(x, y);
      else pen.lineTo(x, y);
    }
  }
}

function readValue(bytes: Uint8Array): Value {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const { tag, part, number, at } of fields(bytes)) {
    if (tag === 1 && part) return text(part);
    if (tag === 2) return view.getFloat32(at, true);
    if (tag === 3) return view.getFloat64(at, true);
    if (tag === 4 || tag === 5) return number;
    if (tag === 6) return unfold(number);
    if (tag === 7) return number !== 0;
  }
  return null;
}

interface Field {
  readonly tag: number;
  /** What a field of bytes holds */
  readonly part: Uint8Array | null;
  readonly number: number;
  /** Where the field's content begins */
  readonly at: number;
}

/** The fields of a Protocol Buffers message, in their order. */
function* fields(bytes: Uint8Array): Generator<Field> {
  const reader = new Reader(bytes);
  while (!reader.ended) {
    const key = reader.varint();
    const [tag, type, at] = [key >>> 3, key & 7, reader.at];
    if (type === 0) yield { tag, part: null, number: reader.varint(), at };
    else if (type === 2) yield { tag, part: reader.part(reader.varint()), number: 0, at };
    else if (type === 1 || type === 5) {
      reader.part(type === 1 ? 8 : 4);
      yield { tag, part: null, number: 0, at };
    } else throw new RangeError(`a tile has a field of the unknown type ${type}`);
  }
}

class Reader {
  readonly #bytes: Uint8Array;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get ended(): boolean {
    return this.at >= this.#bytes.length;
  }

  varint(): number {
    let [value, weight] = [0, 1];
    for (;;) {
      const byte = this.#bytes[this.at];
      if (byte === undefined) throw new RangeError('a tile ends too soon');
      this.at += 1;
      value += (byte & 127) * weight;
      if (byte < 128) return value;
      weight *= 128;
    }
  }

  signed(): number {
    return unfold(this.varint());
  }

  part(length: number): Uint8Array {
    const end = this.at + length;
    if (end > this.#bytes.length) throw new RangeError('a tile ends too soon');
    const part = this.#bytes.subarray(this.at, end);
    this.at = end;
    return part;
  }
}

/** Zigzag: 0, 1, 2, 3 stand for 0, -1, 1, -2. */
function unfold(number: number): number {
  return number % 2 === 0 ? number / 2 : -(number + 1) / 2;
}

const decoder = new TextDecoder();

function text(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}
