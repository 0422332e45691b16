/** Texts about where the reader is. */

import type { Language } from '../words';
import type { NoFix } from './fix';

interface WhereWords extends Readonly<Record<NoFix, string>> {
  readonly asking: string;
  readonly outside: string;
  readonly found: (metres: string) => string;
}

const vi: WhereWords = {
  asking: 'Đang tìm vị trí của bạn…',
  refused: 'Trình duyệt không cho biết vị trí. Hãy cho phép trang này dùng vị trí trong cài đặt của trình duyệt, hoặc gõ địa chỉ vào ô tìm.',
  unavailable: 'Thiết bị không xác định được vị trí. Hãy bật định vị, hoặc gõ địa chỉ vào ô tìm.',
  late: 'Chưa xác định được vị trí sau 15 giây. Hãy thử lại ở nơi thoáng hơn, hoặc gõ địa chỉ vào ô tìm.',
  outside: 'Bạn đang ở ngoài phạm vi của bản đồ này.',
  found: (metres) => `Bạn ở trong vòng tròn này (sai số khoảng ${metres} m).`,
};

const en: WhereWords = {
  asking: 'Looking for where you are…',
  refused: 'The browser does not tell your position. Allow it for this page in the browser’s settings, or type an address into the search box.',
  unavailable: 'The device cannot tell where it is. Switch location on, or type an address into the search box.',
  late: 'No position after 15 seconds. Try again where the sky is open, or type an address into the search box.',
  outside: 'You are outside of what this map covers.',
  found: (metres) => `You are within this circle (accurate to about ${metres} m).`,
};

export const whereWords: Record<Language, WhereWords> = { vi, en };
