/** Signing in at the issuer of the agency's accounts: OpenID Connect, code flow with PKCE, a public client without a secret. */

import { address } from '../api';
import { begin, forget, signOut, type Returned, type Token } from '../session';

/** Where the operator has people sign in. */
export interface Issuer {
  readonly issuer: string;
  readonly client: string;
}

/** Why nobody is signed in. `away`: the issuer does not answer; `odd`: what it says does not hold. */
export type Reason = 'state' | 'denied' | 'away' | 'odd';

export class SignInError extends Error {
  readonly reason: Reason;

  constructor(reason: Reason, message: string) {
    super(message);
    this.name = 'SignInError';
    this.reason = reason;
  }
}

interface Endpoints {
  readonly authorize: string;
  readonly token: string;
  readonly leave: string | null;
  /** It names itself in what it sends back (RFC 9207) */
  readonly names: boolean;
}

type Claims = Readonly<Record<string, unknown>>;

/** Seconds by which clocks may differ, and that a token lives of which the issuer does not say it */
const LEEWAY = 60;
const SHORT = 300;
const RETRY = 5_000;
/** Of the statuses below 500: it was too slow, or has been asked too often */
const LATER: readonly number[] = [408, 429];

/** null where there is none, or the browser has no means for it: pages that came in the clear. */
export function issuerOfPage(): Issuer | null {
  const named = (name: string) => document.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)?.content;
  const [issuer, client] = [named('oidc-issuer'), named('oidc-client')];
  return issuer && client && window.isSecureContext ? { issuer, client } : null;
}

/** Leaves for the issuer; it leads back to what the page shows now. */
export async function depart(at: Issuer): Promise<void> {
  const { authorize } = await endpoints(at);
  const attempt = { kind: 'in' as const, state: random(), nonce: random(), verifier: random(), hash: location.hash };
  const challenge = base64url(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(attempt.verifier))));
  begin(attempt);
  go(authorize, {
    response_type: 'code', client_id: at.client, redirect_uri: home(), scope: 'openid', state: attempt.state, nonce: attempt.nonce,
    code_challenge: challenge, code_challenge_method: 'S256',
  });
}

/** The token for what came back. SignInError where it does not fit what was asked. */
export async function arrive(at: Issuer, { attempt, params }: Returned): Promise<Token> {
  if (params.get('state') !== attempt.state) throw new SignInError('state', 'another state');
  const found = await endpoints(at);
  const named = params.get('iss');
  if (named === null ? found.names : named !== at.issuer) throw new SignInError('odd', 'another issuer answered');
  const [error, code] = [params.get('error'), params.get('code')];
  if (error !== null || code === null) throw new SignInError('denied', error ?? 'no code');
  const sent = { grant_type: 'authorization_code', code, redirect_uri: home(), client_id: at.client, code_verifier: attempt.verifier };
  const given = await exchange(found.token, sent);
  const claims = claimsOf(given.id_token, at);
  if (claims.nonce !== attempt.nonce) throw new SignInError('odd', 'another nonce');
  return tokenOf(given, claims, null);
}

/** A fresh token; null where the issuer gives none any more. An issuer that does not answer is asked until the token ends. */
async function renew(at: Issuer, old: Token): Promise<Token | null> {
  for (;;) {
    try {
      const { token } = await endpoints(at);
      const given = await exchange(token, { grant_type: 'refresh_token', refresh_token: old.refresh ?? '', client_id: at.client });
      const claims = given.id_token === undefined ? null : claimsOf(given.id_token, at);
      if (claims && claims.sub !== old.subject) throw new SignInError('odd', 'another subject');
      return tokenOf(given, claims, old);
    } catch (error) {
      if (!(error instanceof SignInError)) throw error;
      if (error.reason !== 'away' || Date.now() + RETRY >= old.ends) return null;
      await new Promise((done) => { setTimeout(done, RETRY); });
    }
  }
}

/** Of the page as the operator set it up now. */
export async function renewHere(token: Token): Promise<Token | null> {
  const at = issuerOfPage();
  return at && renew(at, token);
}

/** Signs out here, and at the issuer where it has a way: else who comes next would be let in without a word. */
export async function leave(at: Issuer, token: Token): Promise<void> {
  const found = await endpoints(at).catch(() => null); // who is signed out here is out, whatever the issuer does
  if (!found?.leave) return signOut();
  const attempt = { kind: 'out' as const, state: random(), nonce: '', verifier: '', hash: location.hash };
  forget();
  begin(attempt);
  go(found.leave, { id_token_hint: token.identity, client_id: at.client, post_logout_redirect_uri: home(), state: attempt.state });
}

/** The address of the page, as the issuer knows it. */
function home(): string {
  return address('.').split(/[?#]/)[0] ?? '';
}

function go(endpoint: string, parameters: Readonly<Record<string, string>>): void {
  const url = new URL(endpoint);
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  location.assign(url.href);
}

/** Only what lies on the issuer's own host is believed, as the page's policy has it. */
async function endpoints({ issuer }: Issuer): Promise<Endpoints> {
  const about = await asked(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, {});
  if (about.issuer !== issuer) throw new SignInError('odd', `it says that it is ${String(about.issuer)}`);
  const own = (name: string) => {
    const url = about[name];
    return typeof url === 'string' && URL.canParse(url) && new URL(url).origin === new URL(issuer).origin ? url : null;
  };
  const [authorize, token] = [own('authorization_endpoint'), own('token_endpoint')];
  if (!authorize || !token) throw new SignInError('odd', 'its endpoints lie elsewhere');
  return { authorize, token, leave: own('end_session_endpoint'), names: about.authorization_response_iss_parameter_supported === true };
}

async function exchange(endpoint: string, form: Readonly<Record<string, string>>): Promise<Claims> {
  return asked(endpoint, { method: 'POST', body: new URLSearchParams(form) });
}

async function asked(url: string, init: RequestInit): Promise<Claims> {
  let response: Response;
  try {
    response = await fetch(url, { ...init, headers: { Accept: 'application/json' }, credentials: 'omit', referrerPolicy: 'no-referrer', cache: 'no-store' });
  } catch (error) {
    throw new SignInError('away', String(error));
  }
  if (response.status >= 500 || LATER.includes(response.status)) throw new SignInError('away', `${response.status}`);
  const body: unknown = await response.json().catch(() => null);
  if (typeof body !== 'object' || body === null) throw new SignInError('odd', 'no JSON');
  if (!response.ok) throw new SignInError('denied', String((body as Claims).error ?? response.status));
  return body as Claims;
}

/** What the identity token says. It came from the issuer itself over its own connection, which is as good as its signature
 * (OpenID Connect Core 3.1.3.7); the access token's is checked by the service. */
function claimsOf(text: unknown, { issuer, client }: Issuer): Claims {
  const claims = readClaims(text);
  const audience = Array.isArray(claims.aud) ? claims.aud as unknown[] : [claims.aud];
  if (claims.iss !== issuer) throw new SignInError('odd', 'a token of another issuer');
  if (!audience.includes(client) || (claims.azp !== undefined && claims.azp !== client)) throw new SignInError('odd', 'a token for another client');
  if (typeof claims.exp !== 'number' || claims.exp + LEEWAY < Date.now() / 1000) throw new SignInError('odd', 'a token of another time');
  if (typeof claims.sub !== 'string') throw new SignInError('odd', 'a token about nobody');
  return claims;
}

function readClaims(text: unknown): Claims {
  try {
    const bare = String(text).split('.')[1] ?? '';
    const bytes = Uint8Array.from(atob(bare.replaceAll('-', '+').replaceAll('_', '/')), (one) => one.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(bytes)) as Claims;
  } catch (error) {
    throw new SignInError('odd', `no token: ${String(error)}`);
  }
}

function tokenOf(given: Claims, claims: Claims | null, old: Token | null): Token {
  const { access_token: access, refresh_token: refresh, id_token: identity, expires_in: seconds } = given;
  if (typeof access !== 'string' || String(given.token_type).toLowerCase() !== 'bearer') throw new SignInError('odd', 'no bearer token');
  const names = claims ? [claims.name, claims.preferred_username, claims.email, claims.sub] : [old?.name];
  return {
    access,
    refresh: typeof refresh === 'string' ? refresh : old?.refresh ?? null,
    identity: typeof identity === 'string' ? identity : old?.identity ?? '',
    subject: String(claims?.sub ?? old?.subject),
    name: names.find((name): name is string => typeof name === 'string' && name !== '') ?? '',
    ends: Date.now() + (Number(seconds) || SHORT) * 1000,
  };
}

function random(): string {
  return base64url(crypto.getRandomValues(new Uint8Array(32)));
}

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
