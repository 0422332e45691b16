/** Texts of the buildings in three dimensions. */

import type { Language } from '../words';

const vi = {
  tilt: 'Độ nghiêng',
  turn: 'Hướng nhìn',
  degrees: (value: number) => `${value}°`,
  measured: 'Cao theo số đo',
  counted: (metres: string) => `Cao theo số tầng × ${metres} m (chỉ là sơ đồ)`,
  remark: 'Khối nhà dựng thẳng từ chân công trình, không có mái và cao độ nền. Nhà không rõ số tầng và chiều cao thì không dựng.',
  far: 'Phóng to để thấy khối nhà.',
};

type Solid = typeof vi;

const en: Solid = {
  tilt: 'Tilt',
  turn: 'Direction',
  degrees: (value) => `${value}°`,
  measured: 'Height as measured',
  counted: (metres) => `Height by storeys × ${metres} m (schematic)`,
  remark: 'Blocks rise straight from the footprint, without roofs and terrain. Buildings of which neither storeys nor height are known are not raised.',
  far: 'Zoom in to see the blocks.',
};

export const solidWords: Record<Language, Solid> = { vi, en };
