/** The rows of a feature card: every field of the schema that the item has, in the schema's order, as people read it. */

import type { Item, Property, Schema } from './api';
import { formatDay, formatInstant, formatNumber, formatQuantity } from './format';
import { codeTitle } from './titles';
import { words, type Language } from './words';

export interface Row {
  readonly title: string;
  /** null: nothing is known, and the card says so */
  readonly value: string | null;
  /** Worth a row of its own also where nothing is known */
  readonly telling?: boolean;
}

/** Told in a part of their own, or of no use to people. */
const APART = new Set(['id', 'fid', 'geometry', 'valid_from', 'valid_to', 'valid_from_known', 'changeset']);

/** `first`: fields that stand before the others. */
export function fieldRows(item: Item, schema: Schema, first: readonly string[], language: Language): Row[] {
  const place = (name: string) => (first.includes(name) ? first.indexOf(name) : first.length);
  return shownFields(schema)
    .filter(([name]) => name in item.properties)
    .sort(([a], [b]) => place(a) - place(b))
    .map(([name, property]) => ({
      title: property.title ?? name,
      value: formatValue(item.properties[name], property, language),
      telling: first.includes(name),
    }));
}

/** Whether the public sees only a part of this feature's fields. */
export function isReduced(item: Item, schema: Schema): boolean {
  return shownFields(schema).some(([name]) => !(name in item.properties));
}

function shownFields(schema: Schema): [string, Property][] {
  return Object.entries(schema.properties)
    .filter(([name, property]) => !APART.has(name) && !property.format?.startsWith('geometry'));
}

/** A value in words; null for what is not known. */
export function formatValue(value: unknown, property: Property, language: Language): string | null {
  if (value === null || value === undefined || value === '') return null;
  if (Array.isArray(value)) {
    const parts = value.map((part) => formatValue(part, property, language)).filter((part) => part !== null);
    return parts.length > 0 ? parts.join(', ') : null;
  }
  if (typeof value === 'boolean') return value ? words[language].yes : words[language].no;
  if (typeof value === 'number') return formatAmount(value, property, language);
  if (typeof value !== 'string') return JSON.stringify(value);
  if (property.oneOf ?? property.items?.oneOf) return withCode(codeTitle(property, value), value);
  if (property.format === 'date') return formatDay(value);
  if (property.format === 'date-time') return formatInstant(value);
  return value;
}

/** Short codes are what professionals say (ODT, QPK); long ones are only names inside the data. */
function withCode(title: string, code: string): string {
  return title !== code && !title.endsWith(')') && /^\p{Lu}{2,4}$/u.test(code) ? `${title} (${code})` : title;
}

/** A number that its schema keeps among the years is one, and has no thousands separator: 1996 people are 1.996. */
function formatAmount(value: number, property: Property, language: Language): string {
  const unit = property['x-ogc-unit'];
  if (unit) return formatQuantity(value, unit, language);
  const { minimum = 0, maximum = Infinity } = property;
  const year = minimum >= 1000 && maximum < 3000;
  return year ? String(value) : formatNumber(value, language);
}
