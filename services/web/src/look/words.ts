/** Texts of what shapes the look of the map. */

import type { Language } from '../words';

const vi = {
  ground: 'Đường và mặt nước',
  water: 'Sông, kênh, rạch, hồ',
  road: 'Đường, theo lộ giới',
  outside: (host: string) => `Nền từ ${host}`,
  outsideWarning: (host: string) => `Khi bật, trình duyệt tải hình nền từ ${host}: máy chủ đó biết khu vực bạn đang xem.`,
  fade: (layer: string) => `Độ đậm nhạt của lớp ${layer}`,
  percent: (share: number) => `${share} %`,
  city: 'Toàn thành phố, cả Côn Đảo',
};

type Look = typeof vi;

const en: Look = {
  ground: 'Roads and water',
  water: 'Rivers, canals, lakes',
  road: 'Roads, by right of way',
  outside: (host) => `Base map of ${host}`,
  outsideWarning: (host) => `While this is on, your browser loads pictures from ${host}, which learns what area you look at.`,
  fade: (layer) => `Opacity of the layer ${layer}`,
  percent: (share) => `${share}%`,
  city: 'The whole city with Côn Đảo',
};

export const lookWords: Record<Language, Look> = { vi, en };
