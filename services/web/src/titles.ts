/** What a feature is called, from the fields at hand: all of an item's, or the few of a tile. */

import type { Property, Schema } from './api';
import type { Language } from './words';

type Values = Readonly<Record<string, unknown>>;

/** Fields that name a feature, and fields that say what kind of thing it is; the first that is filled counts. */
const NAMES = ['name', 'number', 'code'];
const KINDS = ['function', 'kind', 'use', 'status'];

/** `Thửa 45, tờ 12`, `Phường Thủ Dầu Một`, `II.3 – Nhóm nhà ở`; the layer's title where nothing better is known. */
export function featureTitle(layer: string, values: Values, schema: Schema, layerTitle: string, language: Language): string {
  if (layer === 'parcels' && filled(values, ['parcel'])) return parcelTitle(values, language);
  if (layer === 'wards') return wardTitle(values, schema, layerTitle, language);
  const name = filled(values, NAMES)?.value;
  const kind = filled(values, KINDS);
  const kindTitle = kind && codeTitle(schema.properties[kind.name], kind.value);
  if (!name) return kindTitle ?? layerTitle;
  const said = !kindTitle || name.toLowerCase().includes(kindTitle.toLowerCase());
  return said ? name : `${name} – ${kindTitle}`;
}

/** The kind stands before the name in Vietnamese, unless the name has it already. */
function wardTitle(values: Values, schema: Schema, layerTitle: string, language: Language): string {
  const name = filled(values, ['name', 'code'])?.value;
  const kind = filled(values, ['kind']);
  const kindTitle = kind ? codeTitle(schema.properties[kind.name], kind.value) : '';
  if (!name) return kindTitle || layerTitle;
  if (!kindTitle || name.toLowerCase().startsWith(kindTitle.toLowerCase())) return name;
  return language === 'vi' ? `${kindTitle} ${name}` : `${name} (${kindTitle})`;
}

/** Title of a code, or the code itself. */
export function codeTitle(property: Property | undefined, code: string): string {
  const codes = property?.oneOf ?? property?.items?.oneOf ?? [];
  return codes.find((row) => row.const === code)?.title ?? code;
}

function parcelTitle({ parcel, sheet }: Values, language: Language): string {
  const [lot, map] = language === 'vi' ? ['Thửa', 'tờ'] : ['Parcel', 'sheet'];
  return sheet ? `${lot} ${String(parcel)}, ${map} ${String(sheet)}` : `${lot} ${String(parcel)}`;
}

function filled(values: Values, names: readonly string[]): { name: string; value: string } | undefined {
  for (const name of names) {
    const value = values[name];
    if ((typeof value === 'string' && value !== '') || typeof value === 'number') return { name, value: String(value) };
  }
  return undefined;
}
