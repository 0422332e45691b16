/** The extract of a parcel: what everything that is published says of it (`parcels/{id}/extract.json`). */

import { get } from '../api';
import type { Language } from '../words';

export type Standing = 'concerned' | 'not-concerned' | 'partial' | 'no-data';

export interface Titled {
  readonly code: string;
  readonly title: string;
}

export interface Plan {
  readonly code: string | null;
  readonly name?: string | null;
  readonly kind?: Titled | null;
  readonly status?: Titled | null;
  readonly decision?: string | null;
  /** `YYYY-MM-DD` */
  readonly decidedOn?: string | null;
  readonly authority?: string | null;
}

/** A part of the parcel. */
export interface Part {
  readonly area_m2: number;
  readonly percent: number;
}

export interface ZonePart extends Part {
  /** null: the rest that lies in no known zone */
  readonly zone: string | null;
  readonly standing: Standing;
  readonly function?: Titled | null;
  readonly functionAsRecorded?: string | null;
  readonly limits?: Readonly<Record<string, number>>;
  /** false: land of roads, to which no limit applies */
  readonly limitsApply?: boolean;
  readonly plan?: Plan;
}

export interface ThemeFeature extends Part {
  readonly id: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

export interface Theme extends Part {
  readonly layer: string;
  readonly title: string;
  readonly standing: Standing;
  readonly unknown_m2: number;
  readonly numberMatched: number;
  readonly features: readonly ThemeFeature[];
  readonly coverage: readonly { readonly level: string; readonly asOf: string | null; readonly agency: string | null }[];
  /** There are records that this caller may not see */
  readonly publicOnly: boolean;
}

export interface Relation {
  readonly direction: 'parent' | 'child';
  readonly kind: string;
  readonly at: string;
  readonly id: string;
  readonly sheet?: string;
  readonly parcel?: string;
}

export interface Extract {
  /** `communeName`: the ward of today, null where it is not known */
  readonly parcel: { readonly communeName: string | null };
  readonly area: {
    readonly drawn_m2: number;
    readonly conforming_m2: number;
    readonly conformingPercent: number;
    readonly conformingKnown: boolean;
  };
  readonly roadLand: Part & {
    readonly standing: Standing;
    /** Names of the data that are missing for an answer */
    readonly missing: readonly string[];
    readonly fronts: readonly { readonly road: string; readonly frontage_m: number; readonly width_m: number | null }[];
  };
  readonly planning: readonly ZonePart[];
  readonly pendingPlans: readonly (Plan & Part)[];
  readonly themes: readonly Theme[];
  readonly lineage: readonly Relation[];
}

/** Path of the extract in a form. `at`: local legal day, null for now. */
export function extractPath(id: string, form: 'json' | 'html' | 'pdf', at: string | null, language: Language): string {
  return `parcels/${id}/extract.${form}?lang=${language}${at ? `&datetime=${at}` : ''}`;
}

export async function fetchExtract(id: string, at: string | null, language: Language, signal: AbortSignal): Promise<Extract> {
  const { body } = await get<Extract>(extractPath(id, 'json', at, language), language, { accept: 'application/json', signal });
  if (!Array.isArray(body.themes) || !Array.isArray(body.planning)) throw new SyntaxError('extract: no themes');
  return body;
}
