/** Colours of a data layer, read from its style: one row per code where the style tells codes apart. */

import type { LayerSpecification } from 'maplibre-gl';
import { hatchOf } from './look/hatch';

export type Mark = 'fill' | 'line' | 'circle';

export interface Look {
  readonly mark: Mark;
  readonly color: string;
  /** Of the fill, 0 to 1 */
  readonly opacity: number;
  /** Colour of a fill's border; null: none is drawn */
  readonly outline: string | null;
  /** Line or border is broken */
  readonly dashed: boolean;
}

export interface Entry extends Look {
  /** Name of the hatch over the colour; null: plain */
  readonly hatch: string | null;
  /** Codes drawn in this colour */
  readonly codes: readonly string[];
}

export interface Legend {
  /** The property whose codes the colours stand for; null: one look for all */
  readonly property: string | null;
  readonly entries: readonly Entry[];
  /** Look of all other codes; null where they are not drawn */
  readonly other: Look | null;
}

const COLOR_OF: Record<Mark, string> = { fill: 'fill-color', circle: 'circle-color', line: 'line-color' };
const MARKS: readonly Mark[] = ['fill', 'circle', 'line'];

/** `layers`: the style layers of one data layer, in drawing order. */
export function readLegend(layers: readonly LayerSpecification[]): Legend {
  const mark = MARKS.find((candidate) => layers.some((layer) => layer.type === candidate));
  if (!mark) return { property: null, entries: [], other: null };
  const marks = layers.filter((layer) => layer.type === mark);
  const line = mark === 'fill' ? layers.find((layer) => layer.type === 'line') : undefined;
  return byColor(marks, mark, line) ?? byFilter(marks, mark) ?? {
    property: null, entries: [], other: look(marks[0], mark, firstColor(color(marks[0], mark)), line),
  };
}

/** One style layer, its colour a `match` over codes. */
function byColor(marks: readonly LayerSpecification[], mark: Mark, line: LayerSpecification | undefined): Legend | null {
  for (const layer of marks) {
    const match = readMatch(color(layer, mark));
    if (match) {
      return {
        property: match.property,
        entries: match.entries.flatMap(({ codes, color: of }) => separate(layer, codes).map((some, place) => (
          { ...look(layer, mark, of, line), codes: some, hatch: hatchOf(place) }
        ))),
        other: match.other ? look(layer, mark, match.other, line) : null,
      };
    }
  }
  return null;
}

/** Codes of one colour are told apart where hatches are drawn over it. */
function separate({ type }: LayerSpecification, codes: readonly string[]): readonly (readonly string[])[] {
  return type === 'fill' ? codes.map((code) => [code]) : [codes];
}

/** Several style layers, each for one code by its filter. */
function byFilter(marks: readonly LayerSpecification[], mark: Mark): Legend | null {
  const parts = marks.flatMap((layer) => {
    const equal = readEqual('filter' in layer ? layer.filter : undefined);
    return equal ? [{ ...equal, layer }] : [];
  });
  const [first] = parts;
  if (!first || parts.some(({ property }) => property !== first.property)) return null;
  const entries = parts.reverse().map(({ layer, code }) => ({ ...look(layer, mark, firstColor(color(layer, mark))), codes: [code], hatch: null }));
  return { property: first.property, entries, other: null };
}

const NEUTRAL = '#8a949c';

function look(layer: LayerSpecification | undefined, mark: Mark, of: string | undefined, line?: LayerSpecification): Look {
  const opacity = layer && paint(layer, `${mark}-opacity`);
  const border = line && (readMatch(paint(line, 'line-color')) ? of : firstColor(paint(line, 'line-color')));
  const broken = mark === 'fill' ? line : layer;
  return {
    mark,
    color: of ?? NEUTRAL,
    opacity: typeof opacity === 'number' ? opacity : 1,
    outline: border ?? null,
    dashed: broken !== undefined && paint(broken, 'line-dasharray') !== undefined,
  };
}

function color(layer: LayerSpecification | undefined, mark: Mark): unknown {
  return layer && paint(layer, COLOR_OF[mark]);
}

function paint(layer: LayerSpecification, name: string): unknown {
  return (layer.paint as Record<string, unknown> | undefined)?.[name];
}

interface Match {
  readonly property: string;
  readonly entries: readonly { readonly codes: readonly string[]; readonly color: string }[];
  readonly other: string | undefined;
}

/** The first `["match", ["get", property], codes, colour, …, other]` inside an expression. */
function readMatch(expression: unknown): Match | null {
  if (!Array.isArray(expression)) return null;
  if (expression[0] !== 'match') return firstOf(expression.slice(1), readMatch);
  const property = readProperty(expression[1]);
  if (!property) return null;
  const arms: unknown[] = expression.slice(2, -1);
  const entries = arms.flatMap((codes, index) => {
    const of = firstColor(arms[index + 1]);
    return index % 2 === 0 && of ? [{ codes: (Array.isArray(codes) ? codes : [codes]).map(String), color: of }] : [];
  });
  return { property, entries, other: firstColor(expression.at(-1)) };
}

/** `["==", ["get", property], code]`, or the same in the older form of filters: `["==", property, code]`. */
function readEqual(filter: unknown): { property: string; code: string } | null {
  if (!Array.isArray(filter) || filter[0] !== '==' || typeof filter[2] !== 'string') return null;
  const property = typeof filter[1] === 'string' && !filter[1].startsWith('$') ? filter[1] : readProperty(filter[1]);
  return property ? { property, code: filter[2] } : null;
}

/** `["get", name]`, also inside `["coalesce", …]` and the like. */
function readProperty(expression: unknown): string | null {
  if (!Array.isArray(expression)) return null;
  if (expression[0] === 'get' && typeof expression[1] === 'string') return expression[1];
  return firstOf(expression.slice(1), readProperty);
}

/** The first constant colour inside an expression. */
function firstColor(expression: unknown): string | undefined {
  if (typeof expression === 'string') return isColor(expression) ? expression : undefined;
  if (!Array.isArray(expression)) return undefined;
  return firstOf(expression.slice(1), (part) => firstColor(part) ?? null) ?? undefined;
}

function isColor(text: string): boolean {
  return /^#[0-9a-f]{3,8}$/i.test(text) || /^(rgb|hsl)a?\(/i.test(text);
}

function firstOf<T>(parts: readonly unknown[], read: (part: unknown) => T | null): T | null {
  for (const part of parts) {
    const found = read(part);
    if (found !== null) return found;
  }
  return null;
}
