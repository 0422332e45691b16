/** What the page says where it has no server. */

import { formatInstant } from '../format';
import type { Language } from '../words';
import type { Named } from './kept';

export const offlineWords = {
  vi: {
    away: 'Không kết nối được máy chủ.',
    kept: (day: string) => `Dữ liệu tại ${day}, đã lưu trên thiết bị này.`,
    frozen: (day: string) => `Bản đồ đóng băng, dữ liệu đến ngày ${day}.`,
    both: (kept: string, frozen: string) => `Nơi đã xem: dữ liệu tại ${kept}, đã lưu trên thiết bị này. Nơi khác: bản đồ đóng băng, dữ liệu đến ngày ${frozen}.`,
    lacking: (layers: string) => ` Không có trong bản ngoại tuyến: ${layers}.`,
    again: 'Tải lại',
  },
  en: {
    away: 'The server cannot be reached.',
    kept: (day: string) => `Data as of ${day}, kept on this device.`,
    frozen: (day: string) => `Frozen map, data up to ${day}.`,
    both: (kept: string, frozen: string) => `Where you have looked: data as of ${kept}, kept on this device. Elsewhere: frozen map, data up to ${frozen}.`,
    lacking: (layers: string) => ` Not in the offline copy: ${layers}.`,
    again: 'Reload',
  },
} satisfies Record<Language, unknown>;

/** What is shown, and of when it is: what was seen before, the frozen city, or each in its place; and what that one has not. */
export function awayText(kept: string | null, frozen: string | null, language: Language, lacking: readonly Named[] = []): string {
  const w = offlineWords[language];
  const day = frozen && formatInstant(frozen).slice(0, 'dd/mm/yyyy'.length);
  const not = lacking.length > 0 ? w.lacking(lacking.map((one) => one[language]).join(', ')) : '';
  if (kept && day) return `${w.away} ${w.both(formatInstant(kept), day)}${not}`;
  return `${w.away} ${day ? w.frozen(day) : w.kept(formatInstant(kept ?? ''))}${not}`;
}
