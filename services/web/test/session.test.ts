import assert from 'node:assert/strict';
import test from 'node:test';

import { comeBack, credentials, keepSession, signedIn, takeReturned, type Token } from '../src/session';

const KEY = `lmk_${'a'.repeat(20)}`;
const TOKEN: Token = { access: 'a.b.c', refresh: null, identity: 'd.e.f', subject: '1', name: 'can-bo', ends: Date.now() + 60_000 };

function standsIn(top: unknown, kept: Record<string, string>): Map<string, string> {
  const self = {};
  const store = new Map(Object.entries(kept));
  Object.assign(globalThis, {
    self, top: top ?? self,
    sessionStorage: { getItem: (name: string) => store.get(name) ?? null, setItem: (name: string, value: string) => store.set(name, value), removeItem: (name: string) => store.delete(name) },
  });
  return store;
}

test('the key of the tab goes along with what the page asks for', () => {
  standsIn(null, { 'landmap-key': KEY });
  assert.deepEqual(credentials(), { 'X-Api-Key': KEY });
});

test('so does a token, until it ends', () => {
  standsIn(null, { 'landmap-token': JSON.stringify(TOKEN) });
  assert.deepEqual(credentials(), { Authorization: 'Bearer a.b.c' });
  standsIn(null, { 'landmap-token': JSON.stringify({ ...TOKEN, ends: Date.now() - 1 }) });
  assert.equal(signedIn(), false);
});

test('in a frame of another page nobody is signed in', () => {
  standsIn({}, { 'landmap-key': KEY, 'landmap-token': JSON.stringify(TOKEN) });
  assert.equal(signedIn(), false);
  assert.deepEqual(credentials(), {});
});

test('what comes back without a way that began here is not looked at', () => {
  const went: string[] = [];
  Object.assign(globalThis, { location: { search: '?code=x&state=y', pathname: '/' }, history: { replaceState: (_: unknown, __: string, to: string) => went.push(to) } });
  standsIn(null, {});
  comeBack();
  assert.equal(takeReturned(), null);
  const kept = standsIn(null, { 'landmap-attempt': JSON.stringify({ kind: 'in', state: 'y', nonce: 'n', verifier: 'v', hash: '#map=17/1/2' }) });
  comeBack();
  assert.deepEqual(went, ['/#map=17/1/2']);
  assert.equal(kept.has('landmap-attempt'), false);
  assert.equal(takeReturned()?.params.get('code'), 'x');
  assert.equal(takeReturned(), null);
});

test('a token that cannot be renewed ends the session and says so', async () => {
  const kept = standsIn(null, { 'landmap-token': JSON.stringify({ ...TOKEN, ends: Date.now() + 20 }) });
  await new Promise<void>((done) => { keepSession(() => Promise.reject(new Error('not asked')), done); });
  assert.deepEqual([...kept.keys()], ['landmap-ended']);
});
