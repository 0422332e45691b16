import assert from 'node:assert/strict';
import test from 'node:test';
import { faultText, parseDay } from '../src/day';
import { spokenBy } from '../src/speech';
import { readDay, readHash, START, writeHash, type State } from '../src/state';
import { words } from '../src/words';

const ID = '0b7c9d1e-3a52-4c1f-8d0e-5a4b3c2d1e0f';

test('a state survives the way into the URL and back', () => {
  const state: State = {
    language: 'en', chosen: true, view: { zoom: 16.25, lat: 10.77612, lon: 106.70012 }, at: '2024-03-01',
    layers: ['parcels', 'zones'], selected: { layer: 'parcels', id: ID },
    place: { lon: 106.700123, lat: 10.77612 }, tool: 'wards', options: { 'wards.by': 'permits', 'look.opacity': 'zones:0.5' },
  };
  assert.equal(writeHash(state), `#map=16.25/10.77612/106.70012&sel=parcels/${ID}&pt=10.77612/106.700123&layers=parcels,zones&at=2024-03-01&tool=wards&look.opacity=zones%3A0.5&wards.by=permits&lang=en`);
  assert.deepEqual(readHash(writeHash(state), START), state);
});

test('no layer at all is not the same as the layers of the start', () => {
  assert.deepEqual(readHash(writeHash({ ...START, layers: [] }), START).layers, []);
  assert.equal(readHash(writeHash(START), START).layers, null);
});

test('what does not parse is left out, the rest is kept', () => {
  const hostile = '#map=16/abc/1&sel=parcels/../../x&layers=parcels,<b>,PARCELS&at=2024-02-30&lang=xx';
  assert.deepEqual(readHash(hostile, START), { ...START, layers: ['parcels'] });
  assert.equal(readHash('#map=16/91/10', START).view, null);
  assert.equal(readHash(`#sel=parcels/${ID}/versions`, START).selected, null);
});

test('a day is a day of the calendar', () => {
  assert.equal(readDay('2024-02-29'), '2024-02-29');
  assert.equal(readDay('2023-02-29'), null);
  assert.equal(readDay('2024-2-1'), null);
});

test('a typed day is read day first, never month first', () => {
  assert.deepEqual(parseDay('01/03/2024'), { day: '2024-03-01' });
  assert.deepEqual(parseDay(' 1-3-2024 '), { day: '2024-03-01' });
  assert.deepEqual(parseDay('12/31/2024'), { fault: { kind: 'month', month: 31 } });
  assert.deepEqual(parseDay('hôm qua'), { fault: { kind: 'form' } });
  assert.deepEqual(parseDay('1/1/24'), { fault: { kind: 'form' } });
  assert.deepEqual(parseDay(''), { day: null });
});

test('a day that the calendar does not have is explained with the last one that it has', () => {
  const said = (text: string, language: 'vi' | 'en') => {
    const read = parseDay(text);
    return 'fault' in read ? faultText(read.fault, words[language]) : read.day;
  };
  assert.equal(said('31/02/2024', 'vi'), 'Không có ngày 31 trong tháng 2 năm 2024. Ngày cuối tháng này là 29/02/2024.');
  assert.equal(said('29/02/2023', 'en'), 'Month 2 of 2023 has no day 29. Its last day is 28/02/2023.');
  assert.equal(said('29/02/1900', 'en'), 'Month 2 of 1900 has no day 29. Its last day is 28/02/1900.');
  assert.match(said('1/13/2024', 'vi') ?? '', /^Không có tháng 13\./);
});

test('a browser is spoken to in the first of its languages that the page has, else in Vietnamese', () => {
  assert.equal(spokenBy(['en-US', 'en']), 'en');
  assert.equal(spokenBy(['vi-VN', 'en']), 'vi');
  assert.equal(spokenBy(['fr-FR', 'fr', 'en-GB']), 'en');
  assert.equal(spokenBy(['fr', 'de']), 'vi');
  assert.equal(spokenBy([]), 'vi');
});

test('only a language that was chosen stands in the URL', () => {
  assert.equal(writeHash({ ...START, language: 'en' }), '#');
  assert.equal(writeHash({ ...START, chosen: true }), '#lang=vi');
  assert.deepEqual(readHash('#lang=vi', { language: 'en', chosen: false }), { ...START, chosen: true });
  assert.equal(readHash('#lang=xx', { language: 'en', chosen: false }).language, 'en');
});

test('a place belongs to a feature', () => {
  assert.equal(readHash('#pt=10.7/106.7', START).place, null);
  assert.equal(readHash(`#sel=parcels/${ID}&pt=91/106.7`, START).place, null);
  assert.deepEqual(readHash(`#sel=parcels/${ID}&pt=10.7/106.7`, START).place, { lat: 10.7, lon: 106.7 });
});

test('options that a stranger wrote are kept only in their form, and only so many', () => {
  const read = readHash('#a.b=ok&evil=1&a.c=<script>&A.b=1&tool=../x', { language: 'vi', chosen: false });
  assert.deepEqual(read.options, { 'a.b': 'ok' });
  assert.equal(read.tool, null);
  const many = Array.from({ length: 200 }, (_, place) => `x.${'abcdefghij'[place % 10]}${'abcdefghijklmnopqrst'[Math.floor(place / 10)]}=1`).join('&');
  assert.equal(Object.keys(readHash(`#${many}`, { language: 'vi', chosen: false }).options).length, 24);
});
