/**
 * Who is signed in on this tab: by a key of an agency or a token of its issuer, kept until the tab closes and sent to this
 * service alone.
 */

const KEY = 'landmap-key';
const TOKEN = 'landmap-token';
const ATTEMPT = 'landmap-attempt';
const ENDED = 'landmap-ended';
const FORM = /^lmk_[A-Za-z0-9_-]{10,200}$/;
/** A token is renewed so long before it ends, ms */
const AHEAD = 60_000;
/** and no sooner than this after the last time, ms: an issuer may let them live for seconds */
const LEAST = 3_000;
/** Browsers wait no longer for anything */
const LONGEST_WAIT = 2 ** 31 - 1;

/** What the issuer gave to whom. Times in ms since 1970. */
export interface Token {
  readonly access: string;
  readonly refresh: string | null;
  /** Tells the issuer at the end who signs out */
  readonly identity: string;
  readonly subject: string;
  readonly name: string;
  readonly ends: number;
}

/** The way to the issuer and back: what came back must fit it. `hash`: what the page showed. */
export interface Attempt {
  readonly kind: 'in' | 'out';
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
  readonly hash: string;
}

export interface Returned {
  readonly attempt: Attempt;
  readonly params: URLSearchParams;
}

let returned: Returned | null = null;

/** In a frame nobody is: the page around it could lead an officer's clicks. */
function framed(): boolean {
  return globalThis.top !== globalThis.self;
}

function kept(name: string): string | null {
  try {
    return sessionStorage.getItem(name);
  } catch {
    return null; // a browser that keeps nothing
  }
}

function keptAs<T>(name: string): T | null {
  const text = framed() ? null : kept(name);
  return text === null ? null : JSON.parse(text) as T; // what this page wrote itself
}

/** Also one that has ended. */
export function tokenOfSession(): Token | null {
  return keptAs<Token>(TOKEN);
}

export function isKey(text: string): boolean {
  return FORM.test(text);
}

export function signedIn(): boolean {
  return Object.keys(credentials()).length > 0;
}

/** Headers of requests to this service. */
export function credentials(): Record<string, string> {
  const token = tokenOfSession();
  if (token && token.ends > Date.now()) return withToken(token);
  const key = framed() ? null : kept(KEY);
  return key ? withKey(key) : {};
}

export function withKey(key: string): Record<string, string> {
  return { 'X-Api-Key': key };
}

export function withToken({ access }: Token): Record<string, string> {
  return { Authorization: `Bearer ${access}` };
}

/** Every part of the page starts again with what the key or token opens. */
export function signIn(by: string | Token): void {
  forget();
  if (typeof by === 'string') sessionStorage.setItem(KEY, by);
  else renewed(by);
  location.reload();
}

export function signOut(): void {
  forget();
  location.reload();
}

/** Nobody is signed in any more, though nobody asked for it; the page says so when it starts again. */
export function endSession(): void {
  for (const name of [KEY, TOKEN]) sessionStorage.removeItem(name); // who is on the way to the issuer goes on
  sessionStorage.setItem(ENDED, '1');
}

/** Whether the session has ended by itself; told once. */
export function endedByItself(): boolean {
  const ended = kept(ENDED) !== null;
  if (ended) sessionStorage.removeItem(ENDED);
  return ended;
}

export function renewed(token: Token): void {
  sessionStorage.setItem(TOKEN, JSON.stringify(token));
}

/** Nobody is signed in on this tab. */
export function forget(): void {
  for (const name of [KEY, TOKEN, ATTEMPT, ENDED]) sessionStorage.removeItem(name);
}

export function begin(attempt: Attempt): void {
  sessionStorage.setItem(ATTEMPT, JSON.stringify(attempt));
}

/** Takes what the issuer sends along out of the URL, and puts back what the page showed. Before anything reads the URL. */
export function comeBack(): void {
  const params = new URLSearchParams(location.search);
  const attempt = params.has('state') ? keptAs<Attempt>(ATTEMPT) : null;
  if (!attempt) return;
  sessionStorage.removeItem(ATTEMPT);
  history.replaceState(null, '', location.pathname + attempt.hash);
  if (attempt.kind === 'in') returned = { attempt, params };
  else forget();
}

/** What came back from the issuer; told once. */
export function takeReturned(): Returned | null {
  const found = returned;
  returned = null;
  return found;
}

/** Renews the token ahead of its end, as long as the issuer lets; `ended` is called when nobody is signed in any more. */
export function keepSession(renew: (token: Token) => Promise<Token | null>, ended: () => void): void {
  const token = tokenOfSession();
  if (!token) return;
  const left = token.ends - Date.now();
  const over = () => {
    endSession();
    ended();
  };
  const isStill = () => tokenOfSession()?.access === token.access; // else signed out meanwhile, or in as somebody else
  const next = async () => {
    if (!isStill()) return;
    const fresh = token.refresh === null ? null : await renew(token);
    if (!isStill()) return;
    if (!fresh) return over();
    renewed(fresh);
    if (left <= 0) location.reload(); // the page began as everybody sees it
    else keepSession(renew, ended);
  };
  const ahead = token.refresh === null ? left : Math.max(left - Math.min(AHEAD, left / 2), LEAST);
  const wait = left < -LEAST ? 0 : ahead; // one that ended while the page was closed: at once, for nobody is signed in until then
  setTimeout(() => void next(), Math.min(wait, LONGEST_WAIT));
}
