/**
 * The service worker: keeps the page itself, and the last of what it was answered, so that it opens without the server.
 * What is there is asked for first: kept answers are only given where the server does not answer, and say since when they are kept.
 * Built by vite.config.ts into `service-worker.js`, with the build's files and version written in.
 */

import { openFrozen, wantedTile, type Frozen } from './frozen';
import { KEPT, type Told } from './kept';
import { FROZEN, FROZEN_CACHE, keeps, isAway, type Asked } from './rules';

declare const __VERSION__: string;
declare const __FILES__: readonly string[];

/** What the compiler is not told of service workers, since the page's own types exclude them. */
interface Extendable {
  waitUntil(done: Promise<unknown>): void;
}
interface Fetching extends Extendable {
  readonly request: Request;
  respondWith(answer: Promise<Response>): void;
}
interface Scope {
  readonly registration: { readonly scope: string };
  readonly clients: { claim(): Promise<void>; matchAll(): Promise<readonly { postMessage(message: unknown): void }[]> };
  skipWaiting(): Promise<void>;
  addEventListener(type: 'install' | 'activate', listener: (event: Extendable) => void): void;
  addEventListener(type: 'fetch', listener: (event: Fetching) => void): void;
}
const worker = self as unknown as Scope;

const SHELL = `landmap-shell-${__VERSION__}`;
const DATA = 'landmap-data';
/** Answers that are kept, and what all caches may take, bytes */
const MOST = 2_000;
const MOST_BYTES = 120_000_000;
const LOOK_EVERY = 60;
/** Where there is a kept answer, nobody waits longer than this, ms; and where the last one waited in vain already */
const PATIENCE = 8_000;
const SHORT = 2_000;
let written = 0;
/** The server did not answer for the page: what the browser has in its own cache is then no sign that it is there. */
let away = false;

worker.addEventListener('install', (event) => {
  event.waitUntil(keepShell().then(() => worker.skipWaiting()));
});

worker.addEventListener('activate', (event) => {
  event.waitUntil(forgetOldShells().then(() => worker.clients.claim()));
});

worker.addEventListener('fetch', (event) => {
  const { request } = event;
  const asked = askedOf(request);
  const kind = keeps(asked, worker.registration.scope);
  if (kind === 'shell') event.respondWith(fromShell(request));
  if (kind === 'page') event.respondWith(page(request));
  if (kind === 'data') event.respondWith(data(request, event));
});

function askedOf(request: Request): Asked {
  const { method, url, mode, headers } = request;
  return { method, url, navigates: mode === 'navigate', signedIn: headers.has('Authorization') || headers.has('X-Api-Key'), part: headers.has('Range') };
}

async function keepShell(): Promise<void> {
  const cache = await caches.open(SHELL);
  // The page's address has the API's landing page too: it is asked for as a browser asks.
  const headers = { Accept: 'text/html, */*;q=0.5' };
  await cache.addAll(__FILES__.map((file) => new Request(new URL(file, worker.registration.scope), { cache: 'no-cache', headers })));
}

async function forgetOldShells(): Promise<void> {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith('landmap-') && ![SHELL, DATA, FROZEN_CACHE].includes(name)).map((name) => caches.delete(name)));
}

/** A file of the build has its content in its name: the kept one is the right one. */
async function fromShell(request: Request): Promise<Response> {
  return (await caches.match(request, { ignoreVary: true })) ?? fetch(request);
}

async function page(request: Request): Promise<Response> {
  const kept = await caches.match(worker.registration.scope, { cacheName: SHELL, ignoreVary: true });
  try {
    const answer = await patient(() => fetch(request.url, { headers: { Accept: 'text/html' }, cache: 'no-cache' }), kept !== undefined);
    away = isAway(answer.status);
    if (!away || !kept) return answer;
  } catch (error) {
    away = true;
    if (!kept) throw error;
  }
  return kept;
}

async function data(request: Request, event: Extendable): Promise<Response> {
  const cache = await caches.open(DATA);
  const kept = await cache.match(keyOf(request), { ignoreVary: true });
  const instead = async () => (kept ? told(kept) : fromFrozen(request));
  try {
    const answer = await patient(() => (away ? fetch(request, { cache: 'no-cache' }) : fetch(request)), kept !== undefined || await hasFrozen(request));
    away = isAway(answer.status);
    if (away) return await instead() ?? answer;
    if (answer.status === 200 && isOpen(answer)) event.waitUntil(keep(cache, request, answer.clone()));
    return answer;
  } catch (error) {
    if (request.signal.aborted) throw error; // nobody wants it any more
    away = true;
    const found = await instead();
    if (!found) throw error;
    return found;
  }
}

let frozen: { readonly etag: string | null; readonly city: Promise<Frozen> } | null = null;

function frozenFile(): Promise<Response | undefined> {
  return caches.match(new URL(FROZEN, worker.registration.scope), { cacheName: FROZEN_CACHE, ignoreVary: true });
}

function wantedOf({ url }: Request) {
  const { pathname, search } = new URL(url);
  return wantedTile(pathname.slice(new URL(worker.registration.scope).pathname.length), search);
}

async function hasFrozen(request: Request): Promise<boolean> {
  return wantedOf(request) !== null && await frozenFile() !== undefined;
}

/** A tile of the frozen city, where it is kept; undefined for anything else. */
async function fromFrozen(request: Request): Promise<Response | undefined> {
  const wanted = wantedOf(request);
  const file = wanted && await frozenFile();
  if (!wanted || !file) return undefined;
  const etag = file.headers.get('ETag');
  if (!frozen || frozen.etag !== etag) frozen = { etag, city: file.blob().then(openFrozen) };
  try {
    const { instant, tile, lacks } = await frozen.city;
    const part = await tile(wanted);
    await tell({ frozen: instant, lacks: lacks(wanted) });
    if (part === 'beyond') return new Response(null, { status: 404 });
    return part ? new Response(part.slice().buffer, { headers: { 'Content-Type': 'application/vnd.mapbox-vector-tile' } }) : new Response(null, { status: 204 });
  } catch (error) {
    console.error(error); // a file that cannot be read is as good as none
    return undefined;
  }
}

/** Also the map's tiles, of which the page sees no headers. */
async function told(kept: Response): Promise<Response> {
  await tell({ kept: kept.headers.get(KEPT) });
  return kept;
}

async function tell(message: Told): Promise<void> {
  for (const client of await worker.clients.matchAll()) client.postMessage(message);
}

async function patient(ask: () => Promise<Response>, kept: boolean): Promise<Response> {
  if (!kept) return ask();
  return Promise.race([ask(), new Promise<Response>((_, reject) => setTimeout(() => reject(new Error('no answer')), away ? SHORT : PATIENCE))]);
}

/** Under what an answer is kept: its address and language, which is all that the page varies. */
function keyOf({ url, headers }: Request): string {
  const key = new URL(url);
  key.searchParams.set('kept-in', headers.get('Accept-Language') ?? '');
  return key.href;
}

/** For everybody, and no file to save. */
function isOpen({ headers }: Response): boolean {
  return !/no-store|private/.test(headers.get('Cache-Control') ?? '') && !headers.has('Content-Disposition');
}

async function keep(cache: Cache, request: Request, answer: Response): Promise<void> {
  const headers = new Headers(answer.headers);
  headers.set(KEPT, new Date().toISOString());
  await cache.put(keyOf(request), new Response(await answer.arrayBuffer(), { status: answer.status, headers }));
  written += 1;
  if (written % LOOK_EVERY === 1) await trim(cache);
}

/** The oldest go first: what is written again is the newest. */
async function trim(cache: Cache): Promise<void> {
  const kept = await cache.keys();
  const { usage = 0 } = await navigator.storage.estimate();
  const many = Math.max(kept.length - MOST, usage > MOST_BYTES ? Math.ceil(kept.length / 4) : 0);
  await Promise.all(kept.slice(0, Math.max(many, 0)).map((one) => cache.delete(one)));
}
