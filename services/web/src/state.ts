/** What the page shows, and its form in the URL: `#map=16.2/10.776/106.7&sel=parcels/<uuid>&pt=10.776/106.7&layers=parcels,zones&at=2024-03-01&tool=wards&wards.by=permits&lang=en`. */

import type { Place } from './shape';
import type { Speech } from './speech';
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
  /** The language was chosen, by the user or by a link: it stands in the URL. Else it is the browser's. */
  readonly chosen: boolean;
  /** null: the style's own first view */
  readonly view: View | null;
  /** Local legal day, `YYYY-MM-DD`; null: now */
  readonly at: string | null;
  /** Ids of the layers that are on; null: as the style says */
  readonly layers: readonly string[] | null;
  readonly selected: Selected | null;
  /** Where the selected feature was pointed at; null: nowhere, as by a link to the feature alone */
  readonly place: Place | null;
  /** Id of the tool that is open beside the map; null: none */
  readonly tool: string | null;
  /** What parts of the page keep in the URL for themselves, by `part.name`; each reads its own values as what a stranger wrote */
  readonly options: Options;
}

export type Options = Readonly<Record<string, string>>;

export const START: State = { language: 'vi', chosen: false, view: null, at: null, layers: null, selected: null, place: null, tool: null, options: {} };

const LAYER = /^[a-z][a-z0-9_]{0,62}$/;
const TOOL = /^[a-z]{1,20}$/;
const OPTION = /^[a-z]{1,20}\.[a-z]{1,20}$/;
const OPTION_VALUE = /^[\p{L}\p{M}\p{N}_.,:;/ +-]{1,200}$/u;
const MOST_OPTIONS = 24;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * The state a fragment stands for. Parts that do not parse are left at their start value: the URL is not to be trusted.
 * `speech`: the language where the fragment names none.
 */
export function readHash(hash: string, speech: Speech): State {
  const params = new URLSearchParams(hash.replace(/^#/, ''));
  const language = params.get('lang');
  const selected = readSelected(params.get('sel'));
  return {
    ...(language === 'vi' || language === 'en' ? { language, chosen: true } : speech),
    view: readView(params.get('map')),
    at: readDay(params.get('at')),
    layers: readLayers(params.get('layers')),
    selected,
    place: selected && readPlace(params.get('pt')),
    tool: readTool(params.get('tool')),
    options: readOptions(params),
  };
}

/** The fragment of a state, `#` included; shortest form, so that equal states give equal links. */
export function writeHash(state: State): string {
  const parts: string[] = [];
  if (state.view) parts.push(`map=${writeView(state.view)}`);
  if (state.selected) parts.push(`sel=${state.selected.layer}/${state.selected.id}`);
  if (state.selected && state.place) parts.push(`pt=${writePlace(state.place)}`);
  if (state.layers) parts.push(`layers=${state.layers.join(',')}`);
  if (state.at) parts.push(`at=${state.at}`);
  if (state.tool) parts.push(`tool=${state.tool}`);
  for (const name of Object.keys(state.options).sort()) parts.push(`${name}=${encodeURIComponent(state.options[name] ?? '')}`);
  if (state.chosen) parts.push(`lang=${state.language}`);
  return `#${parts.join('&')}`;
}

/** A day of the calendar, or null: `2024-02-30` is none. */
export function readDay(text: string | null): string | null {
  if (!text || !/^\d{4}-\d{2}-\d{2}$/.test(text)) return null;
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text) ? text : null;
}

function readView(text: string | null): View | null {
  const [zoom, ...place] = readNumbers(text, 3) ?? [];
  return zoom !== undefined && zoom >= 0 && zoom <= 24 && onMap(place) ? { zoom, lat: place[0], lon: place[1] } : null;
}

function readPlace(text: string | null): Place | null {
  const place = readNumbers(text, 2);
  return place && onMap(place) ? { lat: place[0], lon: place[1] } : null;
}

function readNumbers(text: string | null, count: number): number[] | null {
  const parts = (text ?? '').split('/');
  return parts.length === count && parts.every((part) => /^-?\d+(\.\d+)?$/.test(part)) ? parts.map(Number) : null;
}

/** Latitude, longitude. */
function onMap(place: readonly number[]): place is [number, number] {
  const [lat = NaN, lon = NaN] = place;
  return Math.abs(lat) <= 85.05 && Math.abs(lon) <= 180;
}

/** Six decimals are a decimetre. */
function writePlace({ lat, lon }: Place): string {
  return [lat, lon].map((part) => String(Number(part.toFixed(6)))).join('/');
}

function writeView({ zoom, lat, lon }: View): string {
  const digits = Math.max(3, Math.ceil(Math.log10((512 * 2 ** zoom) / 360))); // about a pixel
  return [zoom.toFixed(2), lat.toFixed(digits), lon.toFixed(digits)].map((part) => String(Number(part))).join('/');
}

function readLayers(text: string | null): readonly string[] | null {
  if (text === null) return null;
  return [...new Set(text.split(',').filter((id) => LAYER.test(id)))];
}

function readTool(text: string | null): string | null {
  return text && TOOL.test(text) ? text : null;
}

function readOptions(params: URLSearchParams): Options {
  const kept = [...params].filter(([name, value]) => OPTION.test(name) && OPTION_VALUE.test(value));
  return Object.fromEntries(kept.slice(0, MOST_OPTIONS));
}

function readSelected(text: string | null): Selected | null {
  const [layer = '', id = '', ...rest] = (text ?? '').split('/');
  return rest.length === 0 && LAYER.test(layer) && UUID.test(id) ? { layer, id } : null;
}
