/** Values as people of the language write them: `1.234,5 m²`, dd/mm/yyyy. */

import type { Language } from './words';
import { words } from './words';

/** Legal days begin here. */
const TIME_ZONE = 'Asia/Ho_Chi_Minh';

const LOCALES: Record<Language, string> = { vi: 'vi-VN', en: 'en-GB' };

/** UCUM code to what is written; annotations such as `{storey}` are words of the field's title already. */
const UNITS: Record<string, string> = {
  m: 'm', m2: 'm²', m3: 'm³', km: 'km', km2: 'km²', har: 'ha', ha: 'ha', '%': '%', '1': '', deg: '°', cm: 'cm',
};

export function unitLabel(unit: string): string {
  return UNITS[unit] ?? (/^\{.*\}$/.test(unit) ? '' : unit);
}

/** `digits`: most decimals shown. Thousands are grouped. */
export function formatNumber(value: number, language: Language, digits = 2): string {
  return new Intl.NumberFormat(LOCALES[language], { maximumFractionDigits: digits }).format(value);
}

/** A measured value; an area keeps one decimal, as on a cadastral sheet. */
export function formatQuantity(value: number, unit: string, language: Language): string {
  const area = unit === 'm2';
  const number = new Intl.NumberFormat(LOCALES[language], {
    minimumFractionDigits: area ? 1 : 0,
    maximumFractionDigits: area ? 1 : 2,
  }).format(value);
  const label = unitLabel(unit);
  if (!label) return number;
  return label === '%' || label === '°' ? `${number}${label}` : `${number}\u00a0${label}`;
}

/** `YYYY-MM-DD` as dd/mm/yyyy, in either language: month first would be read wrongly here. */
export function formatDay(day: string): string {
  const [, year, month, date] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(day) ?? [];
  return year ? `${date}/${month}/${year}` : day;
}

/** The local legal day, `YYYY-MM-DD`, in which an RFC 3339 instant lies. */
export function legalDay(instant: string): string {
  return new Intl.DateTimeFormat('en-CA', { timeZone: TIME_ZONE, year: 'numeric', month: '2-digit', day: '2-digit' }).format(new Date(instant));
}

/** An RFC 3339 instant as the local legal day, with the time only where it is not midnight. */
export function formatInstant(instant: string): string {
  const date = new Date(instant);
  if (Number.isNaN(date.getTime())) return instant;
  const part = new Intl.DateTimeFormat('en-GB', {
    timeZone: TIME_ZONE, day: '2-digit', month: '2-digit', year: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23',
  }).format(date); // dd/mm/yyyy, hh:mm
  const [day = '', time = ''] = part.split(', ');
  return time === '00:00' ? day : `${day} ${time}`;
}

/** `10,77612° B, 106,70012° Đ`. Five decimals are about a metre. */
export function formatPosition(lon: number, lat: number, language: Language): string {
  const w = words[language];
  const degrees = (value: number) => new Intl.NumberFormat(LOCALES[language], {
    minimumFractionDigits: 5, maximumFractionDigits: 5,
  }).format(Math.abs(value));
  return `${degrees(lat)}° ${lat < 0 ? w.south : w.north}, ${degrees(lon)}° ${lon < 0 ? w.west : w.east}`;
}
