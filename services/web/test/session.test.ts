import assert from 'node:assert/strict';
import test from 'node:test';

import { credentials, keyOfSession } from '../src/session';

const KEY = `lmk_${'a'.repeat(20)}`;

function standsIn(top: unknown): void {
  const self = {};
  Object.assign(globalThis, { self, top: top ?? self, sessionStorage: { getItem: () => KEY } });
}

test('the key of the tab goes along with what the page asks for', () => {
  standsIn(null);
  assert.deepEqual(credentials(), { 'X-Api-Key': KEY });
});

test('in a frame of another page nobody is signed in', () => {
  standsIn({});
  assert.equal(keyOfSession(), null);
  assert.deepEqual(credentials(), {});
});
