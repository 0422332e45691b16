/** Groups of layers, in the order of the panel. */

import type { Language } from '../words';
import { GROUND, OUTSIDE } from './ground';

export interface Group {
  readonly title: Readonly<Record<Language, string>>;
  readonly layers: readonly string[];
}

const GROUPS: readonly Group[] = [
  { title: { vi: 'Đất đai', en: 'Land' }, layers: ['parcels'] },
  { title: { vi: 'Quy hoạch', en: 'Planning' }, layers: ['zones', 'road_lines', 'plans'] },
  { title: { vi: 'Xây dựng', en: 'Building' }, layers: ['permits', 'buildings', 'housing_projects'] },
  { title: { vi: 'Bảo vệ, an toàn', en: 'Protection and safety' }, layers: ['corridors', 'heritage', 'flood'] },
  { title: { vi: 'Bản đồ nền', en: 'Base map' }, layers: ['wards', GROUND, OUTSIDE] },
];
const OTHER: Group['title'] = { vi: 'Khác', en: 'Other' };

/** The groups that have layers, each with its own in the order given; what is in none comes last. */
export function grouped(ids: readonly string[]): readonly Group[] {
  const rest = ids.filter((id) => !GROUPS.some(({ layers }) => layers.includes(id)));
  return [...GROUPS, { title: OTHER, layers: rest }]
    .map(({ title, layers }) => ({ title, layers: ids.filter((id) => layers.includes(id)) }))
    .filter(({ layers }) => layers.length > 0);
}
