/** The addresses under which a view can be had elsewhere. Pure. */

import type { Box } from '../shape';
import { readHash, writeHash, type State } from '../state';

/** The layers that the server draws on paper (services/permits/lot_map.py). */
export const PRINTED = ['parcels', 'buildings', 'permits', 'plans', 'zones', 'road_lines'];
export const SCALES = [200, 500, 1000, 2000] as const;
export const PAPERS = ['a4', 'a3'] as const;
export const LAYOUTS = ['landscape', 'portrait'] as const;

export interface Sheet {
  readonly scale: (typeof SCALES)[number];
  readonly paper: (typeof PAPERS)[number];
  readonly layout: (typeof LAYOUTS)[number];
}

/** Millimetres of the paper, short side first. */
const SIZES = { a4: [210, 297], a3: [297, 420] } as const;
/** What of the paper is no map, millimetres: margins and head, and what stands below without the rows of the legend. */
const BESIDE = { left: 10.3, right: 10.7, top: 39.8, bottom: 28.7 };
/** Of the legend: how wide an entry is, how high a row, and how many entries there are with a layer and in any case, about. */
const LEGEND = { column: 58, row: 4.2, always: 5, entries: { permits: 1, buildings: 1, road_lines: 4, zones: 7 } as Readonly<Record<string, number>> };

/** `page`: the address of the map page without its fragment. No tool is open for who gets the link. */
export function viewAddress(page: string, state: State): string {
  return page + writeHash({ ...state, tool: null, options: kept(state) });
}

/** Options of closed tools are of no use to others; those of none but the look of the map stay. */
function kept({ options, tool }: State): State['options'] {
  return Object.fromEntries(Object.entries(options).filter(([name]) => !name.startsWith('take.') && name.split('.')[0] !== tool));
}

/** The address that may stand in a frame of another page. */
export function embedAddress(page: string, state: State): string {
  const [, hash = ''] = viewAddress('', state).split('#');
  return new URL(`embed#${hash}`, page).href;
}

/** `<iframe …>` for another page; `title` is for screen readers there. */
export function embedCode(address: string, title: string): string {
  const quoted = (text: string) => text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
  return `<iframe src="${quoted(address)}" title="${quoted(title)}" width="100%" height="480" loading="lazy" allowfullscreen></iframe>`;
}

/** From a frame to the whole map, with the same view. */
export function wholeMap(page: string, hash: string, state: State): string {
  return new URL(`./${writeHash({ ...readHash(hash, state), tool: null })}`, page).href;
}

/** Path of the PDF; null where none of the layers is drawn on paper. */
export function sheetPath(sheet: Sheet, center: readonly [lon: number, lat: number], layers: readonly string[], state: State): string | null {
  const drawn = layers.filter((id) => PRINTED.includes(id));
  if (drawn.length === 0) return null;
  const asked = new URLSearchParams({
    center: center.map((part) => part.toFixed(7)).join(','), scale: String(sheet.scale), paper: sheet.paper, layout: sheet.layout,
    layers: drawn.join(','), lang: state.language, ...(state.at ? { datetime: state.at } : {}),
  });
  return `map-sheet.pdf?${asked}`;
}

/** Where the map stands on the paper, millimetres. The legend below it is as high as it needs to be, which is not known before: about. */
export function layoutOf({ paper, layout }: Sheet, layers: readonly string[]): Layout {
  const [short, long] = SIZES[paper];
  const [width, height] = layout === 'landscape' ? [long, short] : [short, long];
  const map = { left: BESIDE.left, top: BESIDE.top, width: width - BESIDE.left - BESIDE.right };
  const entries = layers.reduce((sum, id) => sum + (LEGEND.entries[id] ?? 0), LEGEND.always);
  const rows = Math.ceil(entries / Math.floor(map.width / LEGEND.column));
  return { width, height, map: { ...map, height: height - BESIDE.top - BESIDE.bottom - rows * LEGEND.row } };
}

export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly map: { readonly left: number; readonly top: number; readonly width: number; readonly height: number };
}

/** Half the width and half the height of the ground that a sheet shows, metres. */
export function reachOf(sheet: Sheet, layers: readonly string[]): readonly [east: number, north: number] {
  const { map } = layoutOf(sheet, layers);
  return [(map.width * sheet.scale) / 2000, (map.height * sheet.scale) / 2000];
}

/** The smallest scale (the most ground) at which the sheet's map is no wider and no higher than that ground, in metres; else the largest. */
export function scaleFor(sheet: Sheet, layers: readonly string[], [width, height]: readonly [number, number]): Sheet['scale'] {
  const fitting = SCALES.filter((scale) => {
    const [east, north] = reachOf({ ...sheet, scale }, layers);
    return 2 * east <= width && 2 * north <= height;
  });
  return fitting.at(-1) ?? SCALES[0];
}

/** The address of a download, asked of what lies in the box. `href`: the collection's link to all of it in one format. */
export function boxAddress(href: string, box: Box, state: State): string {
  const url = new URL(href);
  url.searchParams.set('bbox', box.map((part) => part.toFixed(7)).join(','));
  if (state.at) url.searchParams.set('datetime', state.at);
  url.searchParams.set('lang', state.language);
  return url.href;
}
