/** Numbers as people type them. */

import type { Language } from '../words';

/** `12,5`, `12.5`, and in Vietnamese `1.500` for a thousand and a half; null for what is no number or below 0. */
export function readNumber(text: string, language: Language): number | null {
  const typed = text.trim().replace(/\s/g, '');
  const grouped = language === 'vi' ? /^\d{1,3}(\.\d{3})+(,\d+)?$/ : /^\d{1,3}(,\d{3})+(\.\d+)?$/;
  const [group, point] = language === 'vi' ? ['.', ','] : [',', '.'];
  const plain = grouped.test(typed) ? typed.replaceAll(group, '').replace(point, '.') : typed.replace(',', '.');
  return /^\d+(\.\d+)?$/.test(plain) ? Number(plain) : null;
}
