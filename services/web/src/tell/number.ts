/** Numbers of reports as people type and read them out. */

const DIGITS = /^[0-9A-HJKMNP-TV-Z]{8}$/;

/** `pa-o12…` as `PA-012…`; null where it is none. */
export function readNumber(text: string): string | null {
  const bare = text.trim().toUpperCase().replace(/^PA[- ]*/, '').replaceAll('O', '0').replace(/[IL]/g, '1');
  return DIGITS.test(bare) ? `PA-${bare}` : null;
}
