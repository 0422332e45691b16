/** What those who keep the data ask of the service. */

import type { Geometry } from 'geojson';
import { get } from '../api';
import type { Language } from '../words';

export interface Link {
  readonly rel: string;
  readonly href: string;
}

export interface Waiting {
  readonly name: string;
  readonly layer: string;
  readonly layerTitle: string;
  readonly title: string;
  readonly actor: string;
  readonly created: string;
  readonly counts: Readonly<Record<string, number>>;
  readonly document: string | null;
  readonly source: string | null;
  readonly links: readonly Link[];
}

type Values = Readonly<Record<string, unknown>>;

export interface Change {
  readonly id: number;
  readonly geometry: Geometry | null;
  readonly geometryBefore: Geometry | null;
  readonly properties: {
    readonly operation: string;
    readonly before: Values | null;
    readonly after: Values | null;
    readonly changed: readonly string[];
    readonly moved: boolean;
  };
}

export interface Finding {
  readonly id: number;
  readonly geometry: Geometry | null;
  readonly properties: { readonly source_row: number | null; readonly severity: 'error' | 'warning'; readonly message: string };
}

export interface Pages<T> {
  readonly features: readonly T[];
  /** Address of the next page */
  readonly next: string | null;
}

export interface Case {
  readonly id: string;
  readonly ma_ho_so: string;
  readonly word: Readonly<Record<Language, string>>;
  readonly parcel: string | null;
  readonly deadline: { readonly due: string | null; readonly left: number | null; readonly ended: string | null; readonly reason: Readonly<Record<Language, string>> | null };
}

const JSON_ONLY = { accept: 'application/json' };

export async function fetchWaiting(language: Language, signal: AbortSignal): Promise<readonly Waiting[]> {
  return (await get<{ staged: readonly Waiting[] }>('changesets?f=json', language, { ...JSON_ONLY, signal })).body.staged;
}

export async function fetchPage<T>(address: string, language: Language, signal: AbortSignal): Promise<Pages<T>> {
  const { body } = await get<{ features: readonly T[]; links: readonly Link[] }>(address, language, { signal });
  return { features: body.features, next: body.links.find(({ rel }) => rel === 'next')?.href ?? null };
}

export async function decide(waiting: Waiting, rel: 'publish' | 'refuse', language: Language): Promise<number | null> {
  const address = linkOf(waiting, rel);
  if (!address) throw new Error(`${waiting.name}: no link ${rel}`);
  return (await get<{ changeset: number | null }>(address, language, { ...JSON_ONLY, json: {} })).body.changeset;
}

export function linkOf({ links }: Waiting, rel: string): string | null {
  return links.find((link) => link.rel === rel)?.href ?? null;
}

export async function fetchCases(language: Language, signal: AbortSignal): Promise<readonly Case[]> {
  return (await get<{ cases: readonly Case[] }>('cases?f=json&limit=1000', language, { ...JSON_ONLY, signal })).body.cases;
}
