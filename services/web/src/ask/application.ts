/** The application that is typed and drawn: kept while the page is open, and what of it is sent. */

import { get, type Code } from '../api';
import type { Place } from '../shape';
import type { Language } from '../words';
import { readNumber } from './numbers';
import { existingOf } from './standing';

export const STOREY_KINDS = ['ham', 'ban_ham', 'tang', 'lung', 'ap_mai', 'tum'] as const;

/** All values as typed; empty: not stated. */
export interface Application {
  work: string;
  use: string;
  storeys: string;
  height: string;
  buildingClass: string;
  kinds: Record<string, string>;
  floors: Record<string, string>;
  facts: Record<string, string>;
  footprint: readonly Place[] | null;
  /** What becomes of the buildings that stand there, by their ids */
  fates: Record<string, string>;
}

/** The same building on another lot: what was told of the lot does not go along. */
export function elsewhere(application: Application): Application {
  return { ...application, facts: {}, footprint: null, fates: {} };
}

export function blank(): Application {
  return { work: 'NEW', use: 'HOUSE', storeys: '', height: '', buildingClass: '', kinds: {}, floors: {}, facts: {}, footprint: null, fates: {} };
}

/** A schema of one input, or of one member of it. */
export interface InputSchema {
  readonly title?: string;
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly maxLength?: number;
  readonly properties?: Readonly<Record<string, InputSchema>>;
}

export interface Inputs {
  readonly works: readonly string[];
  readonly uses: readonly string[];
  readonly classes: readonly string[];
  readonly floors: readonly string[];
  readonly facts: Readonly<Record<string, InputSchema>>;
}

/** What the process asks, as it describes itself. */
export async function fetchInputs(language: Language, signal: AbortSignal): Promise<Inputs> {
  const { body } = await get<{ inputs: Readonly<Record<string, { schema: InputSchema }>> }>('processes/permit-check?f=json', language, { signal });
  const schema = (name: string) => body.inputs[name]?.schema ?? {};
  return {
    works: schema('work').enum ?? [],
    uses: schema('use').enum ?? [],
    classes: schema('cap_cong_trinh').enum ?? [],
    floors: Object.keys(schema('floor_areas').properties ?? {}),
    facts: schema('facts').properties ?? {},
  };
}

interface Listed {
  readonly code: string;
  readonly title: Readonly<Record<Language, string>>;
  /** It stands for several others: nothing on a map has it */
  readonly group?: boolean;
}

/** The codes of the facts that have some, with their names. `at`: local legal day on which they hold, null for now. */
export async function fetchCodes(at: string | null, language: Language, signal: AbortSignal): Promise<Readonly<Record<string, readonly Code[]>>> {
  const day = at ? `&datetime=${at}` : '';
  const [rules, land] = await Promise.all([
    get<{ codes: Readonly<Record<string, readonly Code[]>> }>('rules?f=json', language, { signal }),
    get<{ codes: readonly Listed[] }>(`codelists/land_use?f=json${day}`, language, { signal }),
  ]);
  const uses = land.body.codes.filter(({ group }) => !group).map(({ code, title }) => ({ const: code, title: title[language] }));
  return { ...rules.body.codes, land_use: uses };
}

/** A typed value that is no number. `field`: as in `fieldOf`. */
export class NotANumber extends Error {
  readonly field: string;

  constructor(field: string) {
    super(field);
    this.field = field;
  }
}

/** The lot that a check is asked of, and when. `at`: local legal day, null for now; `known`: as known on that day, null for all that is known. */
export function whereOf(parcel: string, at: string | null, known: string | null): Record<string, unknown> {
  return { parcel: { id: parcel }, ...(at ? { datetime: at } : {}), ...(known ? { knownAt: known } : {}) };
}

/** The inputs of an execution on the lot that `where` names. NotANumber where a number is none. */
export function inputsOf(application: Application, inputs: Inputs, where: Readonly<Record<string, unknown>>, language: Language): Record<string, unknown> {
  const number = (text: string, field: string) => {
    const value = readNumber(text, language);
    if (value === null) throw new NotANumber(field);
    return value;
  };
  const numbers = (texts: Readonly<Record<string, string>>, field: string) => Object.fromEntries(
    Object.entries(texts).filter(([, text]) => text.trim()).map(([name, text]) => [name, number(text, `${field}-${name}`)]),
  );
  const { work, use, storeys, height, buildingClass, footprint } = application;
  const kinds = numbers(application.kinds, 'kind');
  const floors = numbers(application.floors, 'floor');
  const facts = Object.fromEntries(Object.entries(application.facts).filter(([, text]) => text.trim()).map(([name, text]) => (
    [name, factOf(inputs.facts[name], text, () => number(text, `fact-${name}`))]
  )));
  const counted = Object.keys(kinds).length > 0 ? kinds : storeys.trim();
  return Object.fromEntries(Object.entries({
    ...where,
    work,
    use,
    storeys: counted,
    height_m: height.trim() ? number(height, 'height') : '',
    cap_cong_trinh: buildingClass,
    floor_areas: floors,
    facts,
    footprint: footprint ? polygonOf(footprint) : '',
    existing: existingOf(application.fates) ?? '',
  }).filter(([, value]) => value !== '' && (typeof value !== 'object' || Object.keys(value).length > 0)));
}

function factOf(schema: InputSchema | undefined, text: string, number: () => number): unknown {
  if (schema?.type === 'boolean') return text === 'true';
  return schema?.type === 'number' ? number() : text.trim();
}

export function polygonOf(ring: readonly Place[]): { type: 'Polygon'; coordinates: number[][][] } {
  const path = ring.map(({ lon, lat }) => [Number(lon.toFixed(9)), Number(lat.toFixed(9))]);
  return { type: 'Polygon', coordinates: [[...path, path[0] ?? []]] };
}

/** The field where what is called so among the inputs or in the rules can be stated; null where it cannot. */
export function fieldOf(name: string, inputs: Inputs): string | null {
  const floor = /^floor_(\w+)_m2$/.exec(name)?.[1];
  if (floor && inputs.floors.includes(floor)) return `floor-${floor}`;
  if (name === 'floor_areas') return inputs.floors[0] === undefined ? null : `floor-${inputs.floors[0]}`;
  if (name.startsWith('storeys')) return 'storeys';
  const own: Readonly<Record<string, string>> = { works: 'work', work: 'work', use: 'use', height_m: 'height', footprint: 'footprint', cap_cong_trinh: 'class', existing: 'standing-0' };
  return own[name] ?? (name in inputs.facts ? `fact-${name}` : null);
}
