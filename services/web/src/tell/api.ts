/** Reports over Open311 GeoReport v2, as any other program sends and reads them. */

import { address, ApiError, isAbort } from '../api';
import type { Box, Place } from '../shape';
import type { Language } from '../words';

const ROOT = 'open311/v2';
export const MOST = 500;

export interface Service {
  readonly service_code: string;
  readonly service_name: string;
  readonly description: string;
  /** The agency that answers */
  readonly group: string;
}

/** What everybody may see of a report. */
export interface Report {
  readonly service_request_id: string;
  readonly status: 'open' | 'closed';
  readonly status_notes: string | null;
  readonly service_name: string;
  readonly service_code: string;
  readonly agency_responsible: string;
  readonly requested_datetime: string;
  readonly updated_datetime: string;
  readonly lat: number;
  readonly long: number;
  readonly media_url: string | null;
  readonly extended_attributes: { readonly state: string; readonly state_name: string };
}

export interface Draft {
  readonly category: string;
  readonly place: Place;
  readonly text: string;
  readonly photo: Blob | null;
  readonly name: string;
  readonly phone: string;
  readonly email: string;
}

export async function fetchServices(language: Language, signal: AbortSignal): Promise<readonly Service[]> {
  return list<Service>(await asked(`${ROOT}/services.json`, language, { signal }));
}

/** The newest reports of a box, at most `MOST`. */
export async function fetchReports(box: Box, language: Language, signal: AbortSignal): Promise<readonly Report[]> {
  const bbox = box.map((part) => part.toFixed(6)).join(',');
  return list<Report>(await asked(`${ROOT}/requests.json?bbox=${bbox}&limit=${MOST}`, language, { signal }));
}

/** ApiError with status 404 where there is none. */
export async function fetchReport(number: string, language: Language, signal: AbortSignal): Promise<Report> {
  const [found] = list<Report>(await asked(`${ROOT}/requests/${encodeURIComponent(number)}.json`, language, { signal }));
  if (!found) throw new SyntaxError('report: nothing');
  return found;
}

/** Sends it; its number. Who repeats it with the same key gets the first answer. */
export async function sendReport(draft: Draft, key: string, language: Language): Promise<string> {
  const form = new FormData();
  const fields = {
    service_code: draft.category, lat: draft.place.lat.toFixed(6), long: draft.place.lon.toFixed(6),
    description: draft.text, first_name: draft.name, phone: draft.phone, email: draft.email,
  };
  for (const [name, value] of Object.entries(fields)) if (value) form.append(name, value);
  if (draft.photo) form.append('media', draft.photo, 'photo.jpg');
  const [sent] = list<{ service_request_id: string }>(
    await asked(`${ROOT}/requests.json`, language, { method: 'POST', body: form, headers: { 'Idempotency-Key': key } }),
  );
  if (!sent) throw new SyntaxError('report: no number');
  return sent.service_request_id;
}

async function asked(path: string, language: Language, init: RequestInit): Promise<unknown> {
  const headers = { ...init.headers, Accept: 'application/json', 'Accept-Language': language };
  let response: Response;
  try {
    response = await fetch(address(path), { ...init, headers });
  } catch (error) {
    if (isAbort(error)) throw error;
    throw new ApiError(`${path}: ${String(error)}`, 0);
  }
  const body: unknown = await response.json().catch(() => null);
  if (response.ok) return body;
  const [first] = Array.isArray(body) ? body as { description?: unknown }[] : [];
  const detail = typeof first?.description === 'string' ? { detail: first.description } : {};
  throw new ApiError(`${path}: ${response.status}`, response.status, detail);
}

function list<T>(body: unknown): readonly T[] {
  if (!Array.isArray(body)) throw new SyntaxError('open311: no list');
  return body as T[];
}
