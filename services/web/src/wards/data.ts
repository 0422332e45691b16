/** What the process `indicators` answers, and what is read off it. Pure but for the question. */

import { address, get } from '../api';
import { formatNumber, formatQuantity } from '../format';
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
  readonly ward_set: WardSet;
  readonly ward_set_title: string;
  readonly dates: readonly string[];
  readonly boundaries_on: string | null;
  readonly thresholds: readonly number[];
  readonly wards: readonly Ward[];
  readonly notes: readonly string[];
  readonly data_version: number;
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

/** The highest first; wards without a value after all others, by name. */
export function ranked(wards: readonly Ward[], on: string, earlier: string | null, language: Language): readonly Ranked[] {
  const rows = wards.map((ward) => ({ ...ward, cell: ward.series.find(({ date }) => date === on) ?? null }));
  const values = rows.flatMap(({ cell }) => (cell?.value == null ? [] : [cell.value]));
  const told = rows.map((row) => {
    const value = row.cell?.value ?? null;
    const before = row.series.find(({ date }) => date === earlier)?.value ?? null;
    return {
      ...row,
      rank: value === null ? null : 1 + values.filter((other) => other > value).length,
      change: value === null || before === null ? null : value - before,
    };
  });
  return told.sort((a, b) => (a.rank ?? Infinity) - (b.rank ?? Infinity) || a.name.localeCompare(b.name, language));
}

/** `1.234 giấy phép`, `59,1%`, `12.300 m²`. */
export function written(value: number, unit: string, w: WardWords, language: Language): string {
  const own = w.units[unit];
  if (own) return `${formatNumber(value, language, 0)}\u00a0${own}`;
  return unit === 'm2' ? `${formatNumber(value, language, 0)}\u00a0m²` : formatQuantity(value, unit, language);
}

export function changed(value: number, unit: string, language: Language): string {
  const sign = value > 0 ? '+' : value < 0 ? '−' : '±';
  return `${sign}${formatNumber(Math.abs(value), language, unit === '%' ? 1 : 0)}`;
}

/** What the levels mean, lowest first. */
export function levelTexts({ thresholds, unit }: Pick<Answer, 'thresholds' | 'unit'>, w: WardWords, language: Language): readonly string[] {
  const texts = thresholds.map((value) => written(value, unit, w, language));
  if (texts.length === 0) return [w.all];
  return [...texts, null].map((end, place) => {
    const start = texts[place - 1];
    if (start === undefined) return w.under(end ?? '');
    return end === null ? w.from(start) : w.between(start, end);
  });
}

/** Address of the same numbers as a file; without an indicator of all of them. */
export function csvAddress(set: WardSet, indicator: string | null): string {
  const query = new URLSearchParams({ f: 'csv', ward_set: set, ...(indicator ? { indicator } : {}) });
  return address(`collections/indicators/items?${query}`);
}
