/** Texts of the comparison of two maps. */

import type { Language } from '../words';

const vi = {
  about: 'Bản đồ chính vẽ các lớp và ngày chọn ở bảng bên. Hãy chọn những gì bản đồ thứ hai vẽ.',
  how: 'Cách đặt',
  swipe: 'Kéo rèm',
  sides: 'Hai bản đồ',
  what: 'Bản đồ thứ hai',
  present: 'Hiện trạng: thửa đất, công trình',
  plan: 'Quy hoạch: ô quy hoạch, lộ giới',
  same: 'Các lớp của bản đồ chính',
  day: 'Ngày của bản đồ thứ hai',
  dayHint: 'Để trống: cùng ngày với bản đồ chính',
  curtain: 'Vị trí rèm. Phím mũi tên trái, phải để kéo',
  second: 'Bản đồ thứ hai, di chuyển cùng bản đồ chính',
  now: 'hiện nay',
  short: { present: 'Hiện trạng', plan: 'Quy hoạch' },
  legal: 'Chỉ để so sánh bằng mắt: hai bản đồ có thể lệch nhau do nguồn đo vẽ khác nhau.',
};

type Compare = typeof vi;

const en: Compare = {
  about: 'The main map draws the layers and the day of the panel. Choose what the second map draws.',
  how: 'Arrangement',
  swipe: 'Curtain',
  sides: 'Two maps',
  what: 'Second map',
  present: 'Present: parcels, buildings',
  plan: 'Plan: zones, road lines',
  same: 'The layers of the main map',
  day: 'Day of the second map',
  dayHint: 'Empty: the day of the main map',
  curtain: 'Position of the curtain. Left and right arrows move it',
  second: 'Second map, moves with the main map',
  now: 'now',
  short: { present: 'Present', plan: 'Plan' },
  legal: 'To be compared by eye only: the two may be apart where their sources were measured differently.',
};

export const compareWords: Record<Language, Compare> = { vi, en };
