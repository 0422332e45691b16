/** What the page shows, and its form in the URL: `#map=16.2/10.776/106.7&sel=parcels/<uuid>&layers=parcels,zones&at=2024-03-01&lang=en`. */

import type { Language } from './words';

export interface View {
  readonly zoom: number;
  readonly lat: number;
  readonly lon: number;
}

export interface Selected {
  readonly layer: string;
  readonly id: string;
}

export interface State {
  readonly language: Language;
  /** null: the style's own first view */
  readonly view: View | null;
  /** Local legal day, `YYYY-MM-DD`; null: now */
  readonly at: string | null;
  /** Ids of the layers that are on; null: as the style says */
  readonly layers: readonly string[] | null;
  readonly selected: Selected | null;
}

export const START: State = { language: 'vi', view: null, at: null, layers: null, selected: null };

const LAYER = /^[a-z][a-z0-9_]{0,62}$/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The state a fragment stands for. Parts that do not parse are left at their start value: the URL is not to be trusted. */
export function readHash(hash: string): State {
  const params = new URLSearchParams(hash.replace(/^#/, ''));
  return {
    language: params.get('lang') === 'en' ? 'en' : 'vi',
    view: readView(params.get('map')),
    at: readDay(params.get('at')),
    layers: readLayers(params.get('layers')),
    selected: readSelected(params.get('sel')),
  };
}

/** The fragment of a state, `#` included; shortest form, so that equal states give equal links. */
export function writeHash(state: State): string {
  const parts: string[] = [];
  if (state.view) parts.push(`map=${writeView(state.view)}`);
  if (state.selected) parts.push(`sel=${state.selected.layer}/${state.selected.id}`);
  if (state.layers) parts.push(`layers=${state.layers.join(',')}`);
  if (state.at) parts.push(`at=${state.at}`);
  if (state.language !== 'vi') parts.push(`lang=${state.language}`);
  return `#${parts.join('&')}`;
}

/** A day of the calendar, or null: `2024-02-30` is none. */
export function readDay(text: string | null): string | null {
  if (!text || !/^\d{4}-\d{2}-\d{2}$/.test(text)) return null;
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text) ? text : null;
}

function readView(text: string | null): View | null {
  const parts = (text ?? '').split('/');
  if (parts.length !== 3 || parts.some((part) => !/^-?\d+(\.\d+)?$/.test(part))) return null;
  const [zoom = 0, lat = 0, lon = 0] = parts.map(Number);
  const inside = zoom >= 0 && zoom <= 24 && Math.abs(lat) <= 85.05 && Math.abs(lon) <= 180;
  return inside ? { zoom, lat, lon } : null;
}

function writeView({ zoom, lat, lon }: View): string {
  const digits = Math.max(3, Math.ceil(Math.log10((512 * 2 ** zoom) / 360))); // about a pixel
  return [zoom.toFixed(2), lat.toFixed(digits), lon.toFixed(digits)].map((part) => String(Number(part))).join('/');
}

function readLayers(text: string | null): readonly string[] | null {
  if (text === null) return null;
  return [...new Set(text.split(',').filter((id) => LAYER.test(id)))];
}

function readSelected(text: string | null): Selected | null {
  const [layer = '', id = '', ...rest] = (text ?? '').split('/');
  return rest.length === 0 && LAYER.test(layer) && UUID.test(id) ? { layer, id } : null;
}
