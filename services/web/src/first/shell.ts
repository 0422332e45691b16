/** What the page begins with, while the script of the map is still on its way: its frame, and what every visit asks for. */

import type { StyleSpecification } from 'maplibre-gl';
import { Catalog } from '../catalog';
import { el } from '../dom';
import { mountHeader } from '../header';
import { Notices } from '../notices';
import { keptSince } from '../offline/kept';
import { lastView } from '../offline/last';
import { PRIMARY } from '../order';
import { comeBack } from '../session';
import { Store } from '../store';
import { EMBEDDED, mountEmbed } from '../take/embed';
import { homeView, type Frame } from './home';

comeBack();
export const store = new Store();
export const catalog = new Catalog();
export const notices = new Notices(store.state.language);
export const mapHost = el('div', { class: 'map' });
export const panelHost = el('div', { class: 'panel', id: 'panel' });
export const side = el('aside', { class: 'side' }, panelHost);

const MARGIN = 24;

document.body.append(mapHost, side, notices.element);
mountHeader(side, store);
if (EMBEDDED) mountEmbed(side, store);
store.subscribe((now) => notices.speak(now.language));

/** The style, once there is a view in the state for it, or something that is gone to. */
export async function begin(): Promise<StyleSpecification> {
  const { language } = store.state;
  const [style, parcels] = await Promise.all([catalog.style(), catalog.collection(PRIMARY, language)]);
  const { view, selected } = store.state;
  if (!view && !selected) store.set({ view: (keptSince() ? lastView() : null) ?? homeView(style, parcels, frameOf(mapHost)) });
  return style;
}

/** The map's pixels, and what the panel leaves of them. */
export function frameOf({ clientWidth: width, clientHeight: height }: HTMLElement): Frame {
  const panel = side.getBoundingClientRect();
  const beside = panel.width < width / 2;
  return {
    width, height,
    covered: { top: beside ? MARGIN : panel.bottom + MARGIN, right: MARGIN, bottom: 2 * MARGIN, left: beside ? panel.right + MARGIN : MARGIN },
  };
}
