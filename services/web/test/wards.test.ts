import assert from 'node:assert/strict';
import { test } from 'node:test';
import { niceTop } from '../src/wards/chart';
import { changed, dayOf, kindOf, levelTexts, ranked, written, yearBefore, type Cell, type Ward } from '../src/wards/data';
import { wardWords } from '../src/wards/words';

const DATES = ['2024-01-01', '2024-10-01', '2025-01-01', '2025-11-01'];
const w = wardWords.vi;

function cell(date: string, value: number | null): Cell {
  return { date, value, level: value === null ? null : 1, state: value === null ? 'SUPPRESSED' : 'SHOWN', basis: 'COUNTED', complete: true };
}

function ward(code: string, name: string, ...series: Cell[]): Ward {
  return { code, name, place: [106, 10], series };
}

test('the day is the one counted last by then, else the first that there is', () => {
  assert.equal(dayOf(DATES, null), '2025-11-01');
  assert.equal(dayOf(DATES, '2025-06-30'), '2025-01-01');
  assert.equal(dayOf(DATES, '2020-01-01'), '2024-01-01');
  assert.equal(dayOf([], null), null);
});

test('a value is compared with the one counted last a year before', () => {
  assert.equal(yearBefore(DATES, '2025-11-01'), '2024-10-01');
  assert.equal(yearBefore(DATES, '2024-10-01'), null);
});

test('wards without a rank come after all others: few before none before unknown, and equals share a rank', () => {
  const on = '2025-01-01';
  const missing = { ...cell(on, null), state: 'NO_DATA' };
  const rows = ranked([
    ward('1', 'Đông', cell(on, 5)), ward('2', 'Tây', cell(on, null)), ward('3', 'Bắc', cell('2024-01-01', 4), cell(on, 9)), ward('4', 'An', cell(on, 5)),
    ward('5', 'Chưa'), ward('6', 'Bình', cell(on, 0)), ward('7', 'Ẩn', missing),
  ], on, '2024-01-01', 'vi');
  assert.deepEqual(rows.map(({ code, rank }) => [code, rank]), [['3', 1], ['4', 2], ['1', 2], ['2', null], ['6', null], ['7', null], ['5', null]]);
  assert.equal(rows[0]?.change, 5);
  assert.equal(rows[1]?.change, null);
});

test('nothing, what is withheld and what is unknown are three things', () => {
  const on = '2025-01-01';
  assert.deepEqual([cell(on, 3), cell(on, 0), cell(on, null), { ...cell(on, null), state: 'NO_DATA' }, null].map(kindOf), ['ranked', 'zero', 'withheld', 'missing', 'missing']);
});

const SHARE = { unit: '%', unit_title: '%' };
const PERMITS = { unit: '{permit}', unit_title: 'giấy phép' };

test('levels say where they begin and end', () => {
  assert.deepEqual(levelTexts({ thresholds: [10, 25], ...SHARE }, w, 'vi'), ['dưới 10%', '10 – dưới 25%', 'từ 25%']);
  assert.deepEqual(levelTexts({ thresholds: [25], ...PERMITS }, w, 'vi'), ['dưới 25\u00a0giấy phép', 'từ 25\u00a0giấy phép']);
});

test('values are written as people of the language write them', () => {
  assert.equal(written(12345, PERMITS, 'vi'), '12.345\u00a0giấy phép');
  assert.equal(written(12300, { unit: 'm2', unit_title: 'm²' }, 'vi'), '12.300\u00a0m²');
  assert.equal(written(59.1, SHARE, 'vi'), '59,1%');
  assert.equal(changed(-0.25, '%', 'vi'), '−0,3');
  assert.equal(changed(1200, 'm2', 'vi'), '+1.200');
});

test('the axis ends at a round number not below the greatest', () => {
  assert.deepEqual([0, 0.7, 12, 59.1, 100, 4_300].map(niceTop), [1, 1, 20, 100, 100, 5_000]);
});
