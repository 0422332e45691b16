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

/** What the session waits for, instead of waiting; `now` is when the next one is due. */
function clock(): { waits: number[]; now: () => void; restore: () => void } {
  const real = globalThis.setTimeout;
  const [waits, due]: [number[], (() => void)[]] = [[], []];
  Object.assign(globalThis, { setTimeout: (run: () => void, wait: number) => { waits.push(wait); due.push(run); } });
  return { waits, now: () => due.shift()?.(), restore: () => { globalThis.setTimeout = real; } };
}

const turns = () => new Promise<void>((done) => { setImmediate(done); });
const living = (seconds: number, access = 'a.b.c'): Token => ({ ...TOKEN, access, refresh: 'r', ends: Date.now() + seconds * 1000 });

test('a token that lives a minute is renewed in the middle of it, one of seconds not at once', () => {
  const { waits, restore } = clock();
  try {
    for (const seconds of [60, 1, 600]) {
      standsIn(null, { 'landmap-token': JSON.stringify(living(seconds)) });
      keepSession(() => Promise.resolve(null), () => undefined);
    }
  } finally {
    restore();
  }
  const [minute = 0, second = 0, long = 0] = waits;
  assert.ok(minute > 25_000 && minute <= 30_000, `${minute}`);
  assert.equal(second, 3_000);
  assert.ok(long > 535_000 && long <= 540_000, `${long}`);
});

test('a token that ended while the page was closed is renewed at once, one that has just ended is not', () => {
  const { waits, restore } = clock();
  try {
    for (const seconds of [-600, -1]) {
      standsIn(null, { 'landmap-token': JSON.stringify(living(seconds)) });
      keepSession(() => Promise.resolve(null), () => undefined);
    }
  } finally {
    restore();
  }
  assert.deepEqual(waits, [0, 3_000]);
});

test('a renewal that ends after signing out neither signs in again nor forgets a key entered meanwhile', async () => {
  for (const answer of [living(60, 'x.y.z'), null]) {
    const kept = standsIn(null, { 'landmap-token': JSON.stringify(living(60)) });
    const { now, restore } = clock();
    try {
      keepSession(() => {
        kept.clear();
        kept.set('landmap-key', KEY);
        return Promise.resolve(answer);
      }, () => assert.fail('nothing has ended'));
      now();
      await turns();
    } finally {
      restore();
    }
    assert.deepEqual([...kept], [['landmap-key', KEY]]);
  }
});

test('who comes back from signing out is signed out', () => {
  Object.assign(globalThis, { location: { search: '?state=y', pathname: '/' }, history: { replaceState: () => undefined } });
  const kept = standsIn(null, { 'landmap-token': JSON.stringify(TOKEN), 'landmap-attempt': JSON.stringify({ kind: 'out', state: 'y', nonce: '', verifier: '', hash: '' }) });
  comeBack();
  assert.equal(kept.size, 0);
});
