import assert from 'node:assert/strict';
import test from 'node:test';
import type { Property } from '../src/api';
import { fieldRows, formatValue, isReduced } from '../src/fields';
import { formatDay, formatInstant, formatPosition, formatQuantity } from '../src/format';
import { featureTitle } from '../src/titles';

const plain = (text: string | null) => text?.replace(/\u00a0/g, ' ') ?? null;

test('areas have a decimal comma and one decimal', () => {
  assert.equal(plain(formatQuantity(1234.46, 'm2', 'vi')), '1.234,5 m²');
  assert.equal(plain(formatQuantity(80, 'm2', 'vi')), '80,0 m²');
  assert.equal(plain(formatQuantity(1234.46, 'm2', 'en')), '1,234.5 m²');
});

test('units that are words of the title are left out', () => {
  assert.equal(plain(formatQuantity(5, '{storey}', 'vi')), '5');
  assert.equal(plain(formatQuantity(60, '%', 'vi')), '60%');
  assert.equal(plain(formatQuantity(2.05, 'km2', 'vi')), '2,05 km²');
});

test('a legal day begins at midnight in Ho Chi Minh City', () => {
  assert.equal(formatInstant('2024-02-29T17:00:00Z'), '01/03/2024');
  assert.equal(formatInstant('2024-03-01T02:30:00Z'), '01/03/2024 09:30');
  assert.equal(formatDay('2024-03-01'), '01/03/2024');
  assert.equal(formatDay('<b>'), '<b>');
});

test('positions name the hemisphere', () => {
  assert.equal(formatPosition(106.70012, 10.77612, 'vi'), '10,77612° B, 106,70012° Đ');
  assert.equal(formatPosition(-86.8, 36.1, 'en'), '36.10000° N, 86.80000° W');
});

const LAND_USE: Property = { title: 'Loại đất', type: 'string', oneOf: [{ const: 'ODT', title: 'Đất ở tại đô thị' }] };

test('values are written as people read them, and unknown ones are null', () => {
  assert.equal(formatValue('ODT', LAND_USE, 'vi'), 'Đất ở tại đô thị (ODT)');
  assert.equal(formatValue('XYZ', LAND_USE, 'vi'), 'XYZ');
  assert.equal(formatValue('ISSUED', { oneOf: [{ const: 'ISSUED', title: 'Đã cấp' }] }, 'vi'), 'Đã cấp');
  const list: Property = { type: 'array', items: LAND_USE };
  assert.equal(formatValue(['ODT', 'CLN'], list, 'vi'), 'Đất ở tại đô thị (ODT), CLN');
  assert.equal(formatValue([], list, 'vi'), null);
  assert.equal(formatValue(2024, { type: 'integer', minimum: 1600, maximum: 2100 }, 'vi'), '2024');
  assert.equal(formatValue(1996, { type: 'integer', minimum: 0 }, 'vi'), '1.996'); // people, not a year
  assert.equal(formatValue(3880, { type: 'integer' }, 'vi'), '3.880');
  assert.equal(formatValue(false, { type: 'boolean' }, 'vi'), 'Không');
  assert.equal(formatValue(0, { type: 'number', 'x-ogc-unit': 'm2' }, 'en'), '0.0\u00a0m²');
  assert.equal(formatValue('2024-03-01', { type: 'string', format: 'date' }, 'en'), '01/03/2024');
  assert.equal(formatValue(null, LAND_USE, 'vi'), null);
  assert.equal(formatValue('', LAND_USE, 'vi'), null);
});

const SCHEMA = { properties: {
  id: { format: 'uuid' }, geometry: { format: 'geometry-multipolygon' }, sheet: { title: 'Số tờ' }, land_use: LAND_USE, valid_from: { format: 'date-time' },
} };

function item(properties: Record<string, unknown>) {
  return { id: 'x', geometry: null, properties, dataVersion: null };
}

test('rows stand in the order of the schema, without what the card says elsewhere', () => {
  const rows = fieldRows(item({ land_use: 'ODT', sheet: null, valid_from: '2024-02-29T17:00:00Z', changeset: 3 }), SCHEMA, [], 'vi');
  assert.deepEqual(rows, [
    { title: 'Số tờ', value: null, telling: false }, { title: 'Loại đất', value: 'Đất ở tại đô thị (ODT)', telling: false },
  ]);
});

test('the fields that people look for stand first', () => {
  const rows = fieldRows(item({ land_use: null, sheet: '12' }), SCHEMA, ['land_use', 'measured_area'], 'vi');
  assert.deepEqual(rows, [{ title: 'Loại đất', value: null, telling: true }, { title: 'Số tờ', value: '12', telling: false }]);
});

test('a null field is unknown, an absent one is not public', () => {
  assert.equal(isReduced(item({ sheet: null, land_use: null }), SCHEMA), false);
  assert.equal(isReduced(item({ sheet: '12' }), SCHEMA), true);
});

test('features are called by number, name or kind', () => {
  const schema = { properties: { function: { oneOf: [{ const: 'A', title: 'Nhóm nhà ở' }] } } };
  const title = (layer: string, values: Record<string, unknown>) => featureTitle(layer, values, schema, 'Lớp', 'vi');
  assert.equal(title('parcels', { sheet: '12', parcel: '45-1' }), 'Thửa 45-1, tờ 12');
  assert.equal(title('parcels', { parcel: '45' }), 'Thửa 45');
  assert.equal(title('zones', { code: 'II.3', function: 'A' }), 'II.3 – Nhóm nhà ở');
  assert.equal(title('zones', { name: 'Khu nhóm nhà ở 1', function: 'A' }), 'Khu nhóm nhà ở 1');
  const wards = { properties: { kind: { oneOf: [{ const: 'PHUONG', title: 'Phường' }] } } };
  const ward = (name: string) => featureTitle('wards', { name, kind: 'PHUONG' }, wards, 'Lớp', 'vi');
  assert.equal(ward('Phường Thủ Dầu Một'), 'Phường Thủ Dầu Một');
  assert.equal(ward('Thủ Dầu Một'), 'Phường Thủ Dầu Một');
  assert.equal(title('parcels', {}), 'Lớp');
});
