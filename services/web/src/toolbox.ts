/** Every tool of the page, in the order of their buttons. */

import type { Tool } from './tools';

export const TOOLS: readonly Tool[] = [
  { id: 'wards', title: { vi: 'Phường, xã', en: 'Wards' }, icon: 'M4 20V10M10 20V4M16 20v-8M21 20H3', listed: true, wide: true, load: () => import('./wards/wards') },
  {
    id: 'compare', title: { vi: 'So sánh', en: 'Compare' }, icon: 'M4 5h16v14H4zM12 3v18M7 9h2M7 13h2M15 9h2M15 13h2', listed: true,
    load: () => import('./look/compare'),
  },
  {
    id: 'time', title: { vi: 'Thời gian', en: 'Time' }, icon: 'M12 3.5a8.5 8.5 0 1 0 0 17a8.5 8.5 0 0 0 0-17zM12 7.5V12l3 2', listed: true,
    load: () => import('./time/time'),
  },
  {
    id: 'solid', title: { vi: 'Nhà 3D', en: '3D' }, icon: 'M12 3l8 4.5v9L12 21l-8-4.5v-9zM4 7.5l8 4.5 8-4.5M12 12v9', listed: true,
    load: () => import('./look/solid'),
  },
  { id: 'measure', title: { vi: 'Đo đạc', en: 'Measure' }, icon: 'M3 16L16 3l5 5L8 21zM7 12l2 2M10 9l3 3M13 6l2 2', listed: true, load: () => import('./ask/measure') },
  { id: 'check', title: { vi: 'Kiểm tra phương án xây dựng', en: 'Check a building' }, icon: 'M9 11l3 3 8-9', listed: false, load: () => import('./ask/check') },
  {
    id: 'report', title: { vi: 'Phản ánh', en: 'Report' }, icon: 'M4 5h16v11h-9l-4 4v-4H4zM12 8v3.5M12 13.6v.1', listed: true,
    load: () => import('./tell/tell'),
  },
  {
    id: 'take', title: { vi: 'Chia sẻ, in, tải', en: 'Share, print' }, icon: 'M12 15V4M8 7.5L12 3.5l4 4M5 12v8h14v-8', listed: true,
    load: () => import('./take/take'),
  },
  {
    id: 'officer', title: { vi: 'Cán bộ', en: 'Officers' }, icon: 'M12 4a4 4 0 1 0 0 8a4 4 0 0 0 0-8zM4.5 20.5a7.5 7.5 0 0 1 15 0', listed: true,
    load: () => import('./officer/officer'),
  },
];
