/** What the page asks of the server, and what can go wrong with it. */

import { asKnown } from './known';
import { credentials, endSession, signedIn } from './session';
import type { Geometry } from 'geojson';
import type { StyleSpecification } from 'maplibre-gl';
import { noteAge } from './offline/kept';
import type { Box } from './shape';
import type { Selected } from './state';
import type { Language, Words } from './words';

export interface Collection {
  readonly id: string;
  readonly title: string;
  readonly description?: string;
  /** The agency that answers for the data */
  readonly attribution?: string;
  /** Features that the public sees; left out where the server does not count */
  readonly itemCount?: number;
  /** Its features are figures about places, not things that lie there */
  readonly figures?: boolean;
  /** There are features that this reader may not see: nothing found does not mean nothing there */
  readonly rowsWithheld?: boolean;
  /** The CRS that the data are kept in, the legal one */
  readonly storageCrs?: string;
  /** The newest changeset in it that the public knows of */
  readonly dataVersion?: number;
  /** `feature` where it has items */
  readonly itemType?: string;
  readonly extent?: {
    readonly spatial?: { readonly bbox?: readonly (readonly number[])[] };
    /** RFC 3339 instants between which anything of it holds */
    readonly temporal?: { readonly interval?: readonly (readonly (string | null)[])[] };
  };
}

export interface Code {
  readonly const: string;
  readonly title?: string;
}

export interface Property {
  readonly title?: string;
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly 'x-ogc-unit'?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly oneOf?: readonly Code[];
  readonly items?: { readonly oneOf?: readonly Code[] };
}

/** JSON Schema of a collection, titles in the language asked for. */
export interface Schema {
  readonly properties: Readonly<Record<string, Property>>;
}

export interface Item {
  readonly id: string;
  readonly geometry: Geometry | null;
  readonly properties: Readonly<Record<string, unknown>>;
  /** The changeset that the whole answer is as of; null where the server does not say */
  readonly dataVersion: string | null;
  /** When this version was written; not told of features that the public sees in part, nor in lists */
  readonly recordedAt?: string | null;
}

/** What a problem document says, in the language asked for. */
export interface Problem {
  readonly detail?: string;
  /** The input that is wrong */
  readonly where?: string;
}

/** The request was not answered as asked. `status` 0: no answer at all. `problem`: what the server says of it. */
export class ApiError extends Error {
  readonly status: number;
  readonly problem: Problem;

  constructor(message: string, status: number, problem: Problem = {}) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.problem = problem;
  }
}

/** One sentence for the user. */
export function explain(error: unknown, w: Words): string {
  if (!(error instanceof ApiError)) return w.unexpected;
  if (error.status === 0) return w.serverAway;
  return error.status === 404 ? w.gone : w.failed(error.status);
}

export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError';
}

/** Absolute address of a path of the service, also where a proxy puts it below a path. */
export function address(path: string): string {
  return new URL(path, document.baseURI).href;
}

export function itemPath({ layer, id }: Selected): string {
  return `collections/${layer}/items/${id}`;
}

export async function fetchCollections(language: Language): Promise<readonly Collection[]> {
  const { body } = await get<{ collections: readonly Collection[] }>('collections?f=json', language);
  if (!Array.isArray(body.collections)) throw new SyntaxError('collections: no list');
  return body.collections;
}

export async function fetchSchema(layer: string, language: Language): Promise<Schema> {
  const { body } = await get<Schema>(`collections/${layer}/schema`, language, { accept: 'application/schema+json, application/json' });
  return { properties: body.properties ?? {} };
}

export async function fetchStyle(): Promise<StyleSpecification> {
  return (await get<StyleSpecification>('map/style.json', 'vi')).body;
}

/** `at`: local legal day, null for now. */
export async function fetchItem(selected: Selected, at: string | null, language: Language, signal: AbortSignal): Promise<Item> {
  const query = at ? `?f=json&datetime=${at}` : '?f=json';
  const { body, headers } = await get<Item>(itemPath(selected) + query, language, { signal });
  if (typeof body.properties !== 'object' || body.properties === null) throw new SyntaxError('item: no properties');
  return { id: body.id, geometry: body.geometry, properties: body.properties, dataVersion: headers.get(DATA_VERSION), recordedAt: body.recordedAt ?? null };
}

export interface Page {
  readonly features: readonly Item[];
  /** There are more than these */
  readonly more: boolean;
}

/** Address of what a layer has in a box. `at`: local legal day, null for now. */
export function boxPath(layer: string, box: Box, at: string | null): string {
  return `collections/${layer}/items?bbox=${box.map((part) => part.toFixed(7)).join(',')}${at ? `&datetime=${at}` : ''}`;
}

/** The first features of a layer that touch a box. */
export async function fetchInBox(layer: string, box: Box, at: string | null, language: Language, signal: AbortSignal): Promise<Page> {
  const path = `${boxPath(layer, box, at)}&f=json&limit=${MOST_IN_BOX}`;
  const { body } = await get<{ features: readonly Omit<Item, 'dataVersion'>[]; links?: readonly { rel: string }[] }>(path, language, { signal });
  if (!Array.isArray(body.features)) throw new SyntaxError('items: no features');
  const features = body.features.map(({ id, geometry, properties }) => ({ id, geometry, properties, dataVersion: null }));
  return { features, more: body.links?.some(({ rel }) => rel === 'next') ?? false };
}

/** What agencies declare about the data of each layer at a place: only where they are complete does nothing mean nothing. */
export async function fetchCoverage({ lon, lat }: { readonly lon: number; readonly lat: number }, language: Language, signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
  const { body } = await get<{ coverage: readonly { layer: string; level: string }[] }>(`/coverage?point=${lon},${lat}`, language, { signal });
  return new Map(body.coverage.map(({ layer, level }) => [layer, level]));
}

export interface Found extends Selected {
  readonly properties: Readonly<Record<string, unknown>>;
}

/** What a search finds; `readAs` where the text was understood as something else than its words. */
export interface Findings {
  readonly features: readonly Found[];
  readonly readAs?: { readonly note: string };
}

/** What is called so, or holds these words, best first. A comma would mean "or". */
export async function fetchFound(text: string, at: string | null, language: Language, signal: AbortSignal): Promise<Findings> {
  const query = new URLSearchParams({ q: text.replaceAll(',', ' '), limit: String(MOST_FOUND), skipGeometry: 'true', ...(at ? { datetime: at } : {}) });
  const { body } = await get<{ features: readonly { id: string; collection: string; properties: Found['properties'] }[]; readAs?: { note: string } }>(`search?${query}`, language, { signal });
  if (!Array.isArray(body.features)) throw new SyntaxError('search: no features');
  const features = body.features.map(({ id, collection, properties }) => ({ layer: collection, id, properties }));
  return body.readAs ? { features, readAs: body.readAs } : { features };
}

export const MOST_FOUND = 8;
const MOST_IN_BOX = 20;
const DATA_VERSION = 'Landmap-Data-Version';

interface Options {
  readonly accept?: string;
  readonly signal?: AbortSignal;
  /** Posted as JSON; without it the request is a GET. */
  readonly json?: unknown;
  /** Instead of the credentials of the session */
  readonly headers?: Record<string, string>;
  /** The version that the request is about: 412 where there is another by now */
  readonly ifMatch?: string;
}

export async function get<T>(path: string, language: Language, options: Options = {}): Promise<{ body: T; headers: Headers }> {
  const response = await request(path, language, options);
  return { body: await response.json() as T, headers: response.headers };
}

/** The answer of the service; ApiError where it is none. */
export async function request(path: string, language: Language, { accept, signal, json, headers: own, ifMatch }: Options = {}): Promise<Response> {
  const headers = { Accept: accept ?? 'application/geo+json, application/json', 'Accept-Language': language, ...own ?? credentials(), ...(ifMatch === undefined ? {} : { 'If-Match': ifMatch }) };
  const posted = json === undefined ? { headers } : { headers: { ...headers, 'Content-Type': 'application/json' }, method: 'POST', body: JSON.stringify(json) };
  const response = await reach(asKnown(address(path)), signal ? { ...posted, signal } : posted);
  noteAge(response);
  if (response.status === 401 && !own && signedIn()) {
    endSession(); // revoked, or ended before its time: the page starts again as everybody sees it
    location.reload();
  }
  if (!response.ok) throw new ApiError(`${path}: ${response.status}`, response.status, await problemOf(response));
  return response;
}

/** Empty where it is none, as from a proxy in between. */
async function problemOf(response: Response): Promise<Problem> {
  if (!response.headers.get('Content-Type')?.includes('json')) return {};
  try {
    const { detail, where } = await response.json() as Record<string, unknown>;
    return { ...(typeof detail === 'string' ? { detail } : {}), ...(typeof where === 'string' ? { where } : {}) };
  } catch (error) {
    if (isAbort(error)) throw error;
    return {};
  }
}

async function reach(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    if (isAbort(error)) throw error;
    throw new ApiError(`${url}: ${String(error)}`, 0);
  }
}
