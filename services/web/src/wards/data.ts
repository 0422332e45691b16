/** What the process `indicators` answers, and what is read off it. Pure but for the question. */

import { address, get } from '../api';
import { formatNumber } from '../format';
import type { Language } from '../words';
import type { WardWords } from './words';

export type Group = 'permits' | 'land' | 'buildings' | 'quality';

export const GROUPS: Readonly<Record<Group, readonly string[]>> = {
  permits: ['permits_issued', 'permitted_floor_area'],
  land: ['share_residential', 'share_agricultural', 'share_business', 'share_public'],
  buildings: ['over_density', 'over_far', 'over_storeys', 'over_height', 'over_road_line'],
  quality: ['parcels_without_use', 'parcels_off_area', 'coverage_parcels', 'coverage_zones'],
};
export const FIRST = 'share_residential';
export const SETS = ['NEW', 'OLD'] as const;
export type WardSet = (typeof SETS)[number];
export const REFORM = '2025-07-01';

export interface Cell {
  readonly date: string;
  readonly value: number | null;
  readonly level: number | null;
  readonly state: string;
  readonly basis: string;
  readonly complete: boolean;
}

export interface Ward {
  readonly code: string;
  readonly name: string;
  readonly place: readonly [number, number];
  readonly series: readonly Cell[];
}

export interface Answer {
  readonly indicator: string;
  readonly title: string;
  readonly description: string | null;
  readonly unit: string;
  /** How the unit is written after a number */
  readonly unit_title: string;
  readonly ward_set: WardSet;
  readonly ward_set_title: string;
  readonly dates: readonly string[];
  readonly boundaries_on: string | null;
  readonly thresholds: readonly number[];
  readonly wards: readonly Ward[];
  readonly notes: readonly string[];
  /** How the figures stand; null where nothing was computed yet */
  readonly figures: { readonly data_version: number; readonly computed: string; readonly behind_since: string | null } | null;
}

/** Why a ward has no rank, in the order in which such wards follow those that have one: few are more than none. */
export type Kind = 'ranked' | 'withheld' | 'zero' | 'missing';
const ORDER: readonly Kind[] = ['ranked', 'withheld', 'zero', 'missing'];

export function kindOf(cell: Cell | null): Kind {
  if (cell?.value != null) return cell.value > 0 ? 'ranked' : 'zero';
  return cell?.state === 'SUPPRESSED' ? 'withheld' : 'missing';
}

export interface Ranked extends Ward {
  readonly rank: number | null;
  readonly cell: Cell | null;
  /** Of the value on `earlier`, where both are known */
  readonly change: number | null;
}

/** `on`: the notes are those of that day. */
export async function fetchIndicator(indicator: string, set: WardSet, on: string | null, language: Language, signal: AbortSignal): Promise<Answer> {
  const inputs = { indicator, ward_set: set, ...(on ? { date: on } : {}) };
  const { body } = await get<Answer>('processes/indicators/execution', language, { accept: 'application/json', signal, json: { inputs } });
  if (!Array.isArray(body.wards) || !Array.isArray(body.dates)) throw new SyntaxError('indicators: no wards');
  return body;
}

/** The day that was counted last by `asked`; null where none was. */
export function dayOf(dates: readonly string[], asked: string | null): string | null {
  return dates.findLast((day) => asked === null || day <= asked) ?? dates[0] ?? null;
}

/** The day that was counted last a year before or earlier; null where none was. */
export function yearBefore(dates: readonly string[], on: string): string | null {
  const then = `${Number(on.slice(0, 4)) - 1}${on.slice(4)}`;
  return dates.findLast((day) => day <= then) ?? null;
}

/** The highest first; then, by name, wards that are withheld, those of 0 and those without data: none of them has a rank. */
export function ranked(wards: readonly Ward[], on: string, earlier: string | null, language: Language): readonly Ranked[] {
  const rows = wards.map((ward) => ({ ...ward, cell: ward.series.find(({ date }) => date === on) ?? null }));
  const values = rows.flatMap(({ cell }) => (cell?.value ? [cell.value] : []));
  const told = rows.map((row) => {
    const value = row.cell?.value ?? null;
    const before = row.series.find(({ date }) => date === earlier)?.value ?? null;
    return {
      ...row,
      rank: !value ? null : 1 + values.filter((other) => other > value).length,
      change: value === null || before === null ? null : value - before,
    };
  });
  return told.sort((a, b) => (
    ORDER.indexOf(kindOf(a.cell)) - ORDER.indexOf(kindOf(b.cell)) || (a.rank ?? 0) - (b.rank ?? 0) || a.name.localeCompare(b.name, language)));
}

type Unit = Pick<Answer, 'unit' | 'unit_title'>;

/** `1.234 giấy phép`, `59,1%`, `12.300 m²`. */
export function written(value: number, { unit, unit_title: title }: Unit, language: Language): string {
  return unit === '%' ? `${formatNumber(value, language, 1)}%` : `${formatNumber(value, language, 0)}\u00a0${title}`;
}

export function changed(value: number, unit: string, language: Language): string {
  const sign = value > 0 ? '+' : value < 0 ? '−' : '±';
  return `${sign}${formatNumber(Math.abs(value), language, unit === '%' ? 1 : 0)}`;
}

/** What the levels mean, lowest first. */
export function levelTexts(answer: Unit & Pick<Answer, 'thresholds'>, w: WardWords, language: Language): readonly string[] {
  const texts = answer.thresholds.map((value) => written(value, answer, language));
  const bare = answer.thresholds.map((value) => formatNumber(value, language, 1));
  return [...texts, null].map((end, place) => {
    if (place === 0) return w.under(end ?? '');
    return end === null ? w.from(texts.at(-1) ?? '') : w.between(bare[place - 1] ?? '', end);
  });
}

/** Address of the same numbers as a file; without an indicator of all of them. */
export function csvAddress(set: WardSet, indicator: string | null): string {
  const query = new URLSearchParams({ f: 'csv', ward_set: set, ...(indicator ? { indicator } : {}) });
  return address(`collections/indicators/items?${query}`);
}
