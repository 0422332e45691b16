/** What the service worker keeps of what the page asks for. Pure. */

/** The frozen city: of the service, below the page's own address */
export const FROZEN = 'map/city.pmtiles';

/** Where the browser keeps it. */
export const FROZEN_CACHE = 'landmap-frozen';

export interface Asked {
  readonly method: string;
  readonly url: string;
  /** The browser opens a page */
  readonly navigates: boolean;
  /** The request says who asks: its answer is for nobody else, and is not kept. */
  readonly signedIn: boolean;
  /** It asks for a part of a file. */
  readonly part: boolean;
}

/** `shell`: a file of the build; `page`: the map page; `data`: what the map shows. null: nothing of ours. */
export type Kind = 'shell' | 'page' | 'data' | null;

const DATA = [
  /^map\/style\.json$/, /^collections$/, /^collections\/[a-z0-9_]+$/, /^collections\/[a-z0-9_]+\/(schema|items|items\/[0-9a-f-]{36})$/,
  /^collections\/[a-z0-9_]+\/tiles\/WebMercatorQuad\/\d+\/\d+\/\d+$/, /^coverage$/, /^codelists(\/[a-z0-9_]+)?$/,
  /^parcels\/[0-9a-f-]{36}\/extract\.json$/,
];
/** A download in a format is a file for somebody, not what the map shows. */
const SHOWN = [null, 'json'];

export function keeps({ method, url, navigates, signedIn, part }: Asked, scope: string): Kind {
  if (method !== 'GET' || signedIn || part || !url.startsWith(scope)) return null;
  const { pathname, searchParams } = new URL(url);
  const path = pathname.slice(new URL(scope).pathname.length);
  if (navigates) return path === '' && !searchParams.has('f') ? 'page' : null;
  if (path.startsWith('assets/')) return 'shell';
  return DATA.some((one) => one.test(path)) && SHOWN.includes(searchParams.get('f')) ? 'data' : null;
}

/** The server, or the way to it, does not answer. */
export function isAway(status: number): boolean {
  return status === 502 || status === 503 || status === 504;
}

/** What the browser tells of its connection; not all tell it, and what kind it is mostly phones. */
export interface Connection {
  readonly saveData?: boolean;
  readonly type?: string;
}

/** Whether some megabytes may be fetched without a word: never where data are saved or paid for, nor on a phone that does not say. */
export function mayFetchQuietly({ saveData = false, type }: Connection, phone: boolean): boolean {
  if (saveData) return false;
  return type === undefined || type === 'unknown' ? !phone : type === 'wifi' || type === 'ethernet';
}
