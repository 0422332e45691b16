import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileName } from '../src/answers';

test('a file has the name that the service gives it, else that of its address', () => {
  assert.equal(fileName('attachment; filename="thua-dat.pdf"', 'http://a/b.pdf'), 'thua-dat.pdf');
  assert.equal(fileName(null, 'http://a/parcels/1/extract.pdf?lang=vi'), 'extract.pdf');
  assert.equal(fileName('attachment; filename="../../x"', 'http://a/b.pdf'), 'b.pdf');
});
