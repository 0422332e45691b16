/** The buildings that stand on the lot of a check, and what becomes of each. */

import { request } from '../api';
import { el, type Child } from '../dom';
import { formatQuantity } from '../format';
import type { Language } from '../words';
import { choiceField } from './field';
import { askWords } from './words';

export const FATES = ['kept', 'demolished', 'included'] as const;

/** A building as the check tells of it */
export interface Standing {
  readonly id: string;
  readonly code?: string;
  readonly name?: string;
  readonly storeys?: number;
  /** Its part on the lot, m² */
  readonly on_lot_m2: number;
}

/** What the check will judge with: null where there is no such layer. */
export async function fetchStanding(where: Readonly<Record<string, unknown>>, language: Language, signal: AbortSignal): Promise<readonly Standing[] | null> {
  const response = await request('processes/permit-check/execution', language, { accept: 'application/json', signal, json: { inputs: where, outputs: { answer: {} } } });
  const { place } = await response.json() as { place?: { buildings?: readonly Standing[] } };
  return place?.buildings ?? null;
}

/** `existing` of the check: the ids by what becomes of them; null where nothing is told. */
export function existingOf(fates: Readonly<Record<string, string>>): Record<string, string[]> | null {
  const told = FATES.map((fate) => [fate, Object.keys(fates).filter((id) => fates[id] === fate)] as const).filter(([, ids]) => ids.length > 0);
  return told.length > 0 ? Object.fromEntries(told) : null;
}

/** One choice a building; `changed` is told its id and fate. Nothing where no such layer is there. */
export function standingFields(buildings: readonly Standing[] | null, fates: Readonly<Record<string, string>>, language: Language, changed: (id: string, fate: string) => void): Child {
  if (buildings === null) return null;
  const a = askWords[language];
  const choices = [['', a.notStated], ...FATES.map((fate): [string, string] => [fate, a.fates[fate]])] as const;
  return el('fieldset', { class: 'ask-standing' },
    el('legend', {}, a.existing),
    el('p', { class: 'help' }, buildings.length > 0 ? a.standingHelp : a.noneStanding),
    ...buildings.map((one, place) => choiceField(
      { id: `standing-${place}`, title: titleOf(one, place, language), value: fates[one.id] ?? '', changed: (fate) => changed(one.id, fate) },
      choices,
    )));
}

function titleOf({ code, name, storeys, on_lot_m2: area }: Standing, place: number, language: Language): string {
  const a = askWords[language];
  const told = [name ?? code ?? a.standingNumber(place + 1), storeys === undefined ? a.storeysUnknown : a.storeysTold(storeys), formatQuantity(area, 'm2', language)];
  return told.join(', ');
}
