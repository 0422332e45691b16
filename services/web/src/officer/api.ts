/** What those who keep the data ask of the service. */

import type { Geometry } from 'geojson';
import { get, request } from '../api';
import type { Place } from '../shape';
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

/** A report of a citizen as its agency reads it; `description` and `address` are told to no other. */
export interface Told {
  readonly number: string;
  readonly categoryTitle: string;
  readonly agencyTitle: string;
  readonly state: ReportState;
  readonly stateName: string;
  readonly following: readonly ReportState[];
  readonly requested: string;
  readonly updated: string;
  readonly answer: string | null;
  readonly place: Place;
  readonly photo: 'released' | 'withheld' | null;
  readonly description?: string | null;
  readonly address?: string | null;
}

export type ReportState = 'received' | 'in_progress' | 'answered' | 'declined';

export interface Whole extends Told {
  readonly contact?: { readonly name: string | null; readonly phone: string | null; readonly email: string | null } | null;
  /** Agencies to which it can be forwarded */
  readonly others?: readonly { readonly id: string; readonly title: string }[];
  readonly events: readonly ReportEvent[];
}

export interface ReportEvent {
  readonly at: string;
  readonly kind: 'received' | 'state' | 'forwarded' | 'photo' | 'erased';
  readonly actor: string;
  readonly state: ReportState;
  readonly reason: string | null;
  readonly answer: string | null;
}

/** A report, and what says which version of it was seen. */
export interface Seen {
  readonly report: Whole;
  readonly tag: string;
}

export interface Queue {
  readonly reports: readonly Told[];
  readonly next: string | null;
}

/** The oldest first: they have waited longest. */
export function queuePath(states: readonly ReportState[]): string {
  return `reports?f=json&order=oldest&limit=100&state=${states.join(',')}`;
}

export async function fetchQueue(path: string, language: Language, signal: AbortSignal): Promise<Queue> {
  const { body } = await get<{ reports: readonly Told[]; links: readonly Link[] }>(path, language, { ...JSON_ONLY, signal });
  return { reports: body.reports, next: body.links.find(({ rel }) => rel === 'next')?.href ?? null };
}

export async function fetchReport(number: string, language: Language, signal: AbortSignal): Promise<Seen> {
  const { body, headers } = await get<Whole>(`reports/${encodeURIComponent(number)}?f=json`, language, { ...JSON_ONLY, signal });
  return { report: body, tag: headers.get('ETag') ?? '' };
}

/** What happens to it next, of the version that was seen; ApiError with status 412 where another came meanwhile. */
export async function addEvent({ report, tag }: Seen, event: Readonly<Record<string, string>>, language: Language): Promise<Seen> {
  const sent = await get<Whole>(`reports/${encodeURIComponent(report.number)}/events?f=json`, language, { ...JSON_ONLY, ifMatch: tag, json: event });
  return { report: sent.body, tag: sent.headers.get('ETag') ?? '' };
}

export async function fetchPhoto(number: string, language: Language, signal: AbortSignal): Promise<Blob> {
  return (await request(`reports/${encodeURIComponent(number)}/photo`, language, { accept: 'image/jpeg', signal })).blob();
}

/** What is not right with a record of data that were published. */
export interface Doubt {
  readonly id: number;
  readonly geometry: Geometry | null;
  readonly properties: {
    readonly layer: string;
    readonly layerTitle: string;
    readonly changeset: number | null;
    readonly source: string | null;
    readonly supplier: string | null;
    readonly source_row: number | null;
    readonly severity: Severity;
    readonly message: string;
    readonly responsible: 'source' | 'steward' | 'owner';
    readonly record: readonly { readonly title: string; readonly column: string; readonly value: unknown }[];
    readonly columnsWithheld: number;
  };
}

export type Severity = 'error' | 'warning';

export interface Doubts {
  readonly features: readonly Doubt[];
  readonly counts: readonly { readonly layer: string; readonly layerTitle: string; readonly severity: Severity; readonly count: number }[];
  readonly next: string | null;
}

export function doubtsPath(severity: Severity | null): string {
  return `quarantine?limit=100${severity ? `&severity=${severity}` : ''}`;
}

export async function fetchDoubts(path: string, language: Language, signal: AbortSignal): Promise<Doubts> {
  const { body } = await get<Omit<Doubts, 'next'> & { readonly links: readonly Link[] }>(path, language, { signal });
  return { features: body.features, counts: body.counts, next: body.links.find(({ rel }) => rel === 'next')?.href ?? null };
}
