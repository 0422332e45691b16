import assert from 'node:assert/strict';
import test from 'node:test';
import { colorOf } from '../src/tell/shown';
import { readNumber } from '../src/tell/number';

test('a number is read however it is typed', () => {
  for (const text of ['PA-01ABCDEF', ' pa-o1abcdef ', 'PA 0IABCDEF', '0labcdef', 'Pa-0lABCDEF']) assert.equal(readNumber(text), 'PA-01ABCDEF');
});

test('what is no number is none', () => {
  for (const text of ['', 'PA-', 'PA-123', 'PA-123456789', 'PA-1234567U', '<script>', 'PA-12345 78']) assert.equal(readNumber(text), null);
});

test('each category has a colour of its own, and one that is not known has one too', () => {
  const codes = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
  assert.equal(new Set(codes.map((code) => colorOf(codes, code))).size, codes.length);
  assert.match(colorOf(codes, 'gone'), /^#[0-9a-f]{6}$/);
});
