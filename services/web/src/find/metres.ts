/** Positions in metres of the legal CRS, which the server turns into degrees by the pinned parameters. */

import { get } from '../api';
import type { Place } from '../shape';
import type { Language } from '../words';
import type { Metres } from './places';

/** A place, and the CRS that its metres were read in, as the server calls it. */
export interface Placed extends Place {
  readonly crs: string;
}

interface Transformed {
  readonly coordinates?: readonly (readonly number[])[];
  readonly from: { readonly title: string };
}

/** `crs`: URI of the CRS. ApiError where the position is outside of where that is used. */
export async function placeOfMetres({ north, east }: Metres, crs: string, language: Language, signal: AbortSignal): Promise<Placed> {
  const inputs = { from: crs, to: 'OGC:CRS84', fromAxes: 'north-east', coordinates: [[north, east]] };
  const { body } = await get<Transformed>('processes/transform-coordinates/execution', language, { accept: 'application/json', signal, json: { inputs } });
  const [lon, lat] = body.coordinates?.[0] ?? [];
  if (lon === undefined || lat === undefined) throw new SyntaxError('transform-coordinates: no coordinates');
  return { lon, lat, crs: body.from.title };
}
