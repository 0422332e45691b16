/** What the server knows of time in a box: when something began or ceased to hold, what differs since a day, which plans wait. */

import { boxPath, get, type Item } from '../api';
import type { Box } from '../shape';
import type { Language } from '../words';

/** The newest steps of a layer that are looked for, and in how many questions at most */
export const MOST_STEPS = 30;
const MOST_QUESTIONS = 3;
const PAGE = 200;
const MOST_CHANGES = 8;

interface Answer {
  readonly features: readonly (Item & { readonly properties: Readonly<Record<string, unknown>> })[];
  readonly links?: readonly { readonly rel: string }[];
}

export interface Asking {
  readonly box: Box;
  readonly language: Language;
  readonly signal: AbortSignal;
}

/** Legal days, newest first, on which versions of a layer in the box began or ceased to hold. */
export async function stepsOf(layer: string, asking: Asking): Promise<readonly string[]> {
  const [begun, ended] = await Promise.all([boundsOf(layer, 'valid_from', asking), boundsOf(layer, 'valid_to', asking)]);
  return [...new Set([...begun, ...ended])].sort().reverse().slice(0, MOST_STEPS);
}

/** From the newest on, page by page: many features may share a day. */
async function boundsOf(layer: string, bound: 'valid_from' | 'valid_to', { box, language, signal }: Asking): Promise<readonly string[]> {
  const days = new Set<string>();
  let before: string | null = null;
  for (let question = 0; question < MOST_QUESTIONS && days.size < MOST_STEPS; question += 1) {
    const filter = before ? `${bound}<TIMESTAMP('${before}')` : `${bound} IS NOT NULL`;
    const query = new URLSearchParams({ f: 'json', datetime: '../..', skipGeometry: 'true', properties: bound, sortby: `-${bound}`, limit: String(PAGE), filter });
    const { body } = await get<Answer>(`${boxPath(layer, box, null)}&${query}`, language, { signal });
    const found = body.features.map(({ properties }) => properties[bound]).filter((value) => typeof value === 'string');
    for (const instant of found) days.add(instant.slice(0, 10));
    const last = found.at(-1);
    if (found.length < PAGE || last === undefined) break;
    before = new Date(last).toISOString().replace('.000Z', 'Z');
  }
  return [...days];
}

export type Kind = 'INSERT' | 'UPDATE' | 'DELETE';

export interface Change {
  readonly id: string;
  readonly kind: Kind;
  /** Of the state now; of one that ceased, as it was on the day compared with */
  readonly properties: Readonly<Record<string, unknown>>;
}

/** What holds differently in the box now than on a day, as both are known today. `version`: the newest data version of the layer. */
export async function changesSince(layer: string, version: number, day: string, { box, language, signal }: Asking): Promise<{ changes: readonly Change[]; more: boolean }> {
  const query = new URLSearchParams({ f: 'json', since: String(version), datetime: `${day}/..`, bbox: box.map((part) => part.toFixed(7)).join(','), skipGeometry: 'true', limit: String(MOST_CHANGES) });
  const { body } = await get<Answer>(`collections/${layer}/changes?${query}`, language, { signal });
  const changes = await Promise.all(body.features.map(async ({ id, properties }) => {
    const kind = properties['__change__'] as Kind;
    return { id, kind, properties: kind === 'DELETE' ? await then({ layer, id, version }, day, language, signal) : properties };
  }));
  return { changes, more: body.links?.some(({ rel }) => rel === 'next') ?? false };
}

/** As it is known today, like the changes themselves. */
async function then({ layer, id, version }: { layer: string; id: string; version: number }, day: string, language: Language, signal: AbortSignal): Promise<Change['properties']> {
  const { body } = await get<Item>(`collections/${layer}/items/${id}?f=json&datetime=${day}&knownAt=${version}&skipGeometry=true`, language, { signal });
  return body.properties;
}

/** Plans in the box that are not simply in force: under consultation, drafted, being revised, or yet to begin. `today`: a legal day. */
export async function pendingPlans(today: string, { box, language, signal }: Asking): Promise<readonly Item[]> {
  const query = new URLSearchParams({ f: 'json', datetime: '../..', skipGeometry: 'true', limit: String(PAGE), sortby: '-valid_from' });
  const { body } = await get<Answer>(`${boxPath('plans', box, null)}&${query}`, language, { signal });
  return body.features.filter(({ properties: { status, valid_from: from, valid_to: to } }) => {
    const over = typeof to === 'string' && to.slice(0, 10) <= today;
    const yet = typeof from === 'string' && from.slice(0, 10) > today;
    return !over && (yet || WAITING.includes(String(status)));
  });
}

const WAITING: readonly string[] = ['DRAFT', 'CONSULTING', 'APPRAISED', 'REVISING'];
