/** “As known on”: officers may see what was recorded up to a day, in everything that the page asks for. The public may not. */

import { signedIn } from './session';
import { readDay } from './state';

/** In the URL; to who is not signed in it is passed over. */
export const KNOWN = 'time.known';

/** Addresses whose answer depends on what is known: features, lists of them, tiles, extracts, printed maps, codes and rules */
const DEPENDS = /\/?(collections\/[a-z0-9_]+\/(items(\/[0-9a-f-]{36})?|tiles\/.+)|parcels\/[0-9a-f-]{36}\/extract\.(json|pdf)|map-sheet\.pdf|codelists\/[a-z0-9_]+|rules)$/;

/** The local legal day up to whose end what was recorded counts; null: all of it. It changes only with a fresh start of the page. */
export const knownDay: string | null = readKnown();

function readKnown(): string | null {
  if (typeof location === 'undefined' || !signedIn()) return null;
  return readDay(new URLSearchParams(location.hash.replace(/^#/, '')).get(KNOWN));
}

/** The address with that day in it, where it has a say and does not name another already. */
export function asKnown(url: string): string {
  const [path = '', query = ''] = url.split('?');
  if (!knownDay || !DEPENDS.test(path) || query.includes('knownAt=')) return url;
  return `${path}?${[query, `knownAt=${knownDay}`].filter(Boolean).join('&')}`;
}
