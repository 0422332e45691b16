/** Which layers matter most to those who open the map. Others follow as the style draws them. */

/** Most people ask about the lot they point at. */
export const PRIMARY = 'parcels';

const ORDER = [PRIMARY, 'zones', 'road_lines', 'permits', 'buildings', 'housing_projects', 'plans', 'wards'];

/** Place of a layer in lists; unknown ones come last. */
export function placeOf(layer: string): number {
  const place = ORDER.indexOf(layer);
  return place < 0 ? ORDER.length : place;
}
