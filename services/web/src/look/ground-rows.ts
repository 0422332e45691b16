/** Rows of the panel for what is no collection: the ground, and a basemap of another host. */

import type { StyleSpecification } from 'maplibre-gl';
import type { Collection } from '../api';
import { el } from '../dom';
import type { Language } from '../words';
import { GROUND, OUTSIDE } from './ground';
import { lookWords } from './words';

export function groundCollections(style: StyleSpecification, language: Language): readonly Collection[] {
  const w = lookWords[language];
  return [{ id: GROUND, title: w.ground }, { id: OUTSIDE, title: w.outside(outsideHost(style)) }];
}

/** What a row of the ground says below its title. */
export function groundRemark(id: string, on: boolean, style: StyleSpecification, language: Language): HTMLElement | null {
  const w = lookWords[language];
  if (id === OUTSIDE) return el('p', { class: 'far warning' }, w.outsideWarning(outsideHost(style)));
  if (id !== GROUND || !on) return null;
  const row = (kind: string, text: string) => el('li', {}, el('span', { class: `swatch ${kind}`, 'aria-hidden': 'true' }), el('span', {}, text));
  return el('ul', { class: 'legend' }, row('road', w.road), row('water', w.water));
}

/** The host of the outside basemap; empty where there is none. */
function outsideHost({ sources }: StyleSpecification): string {
  const source = sources[OUTSIDE];
  const [tiles = ''] = source?.type === 'raster' ? source.tiles ?? [] : [];
  return /^https?:\/\/([^/]+)\//.exec(tiles)?.[1] ?? '';
}
