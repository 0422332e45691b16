/** Zoom in, zoom out, where the data are, the whole city, where the reader is. */

import type { Map as MapView, StyleSpecification } from 'maplibre-gl';
import { button, fill, icon } from './dom';
import type { Store } from './store';
import { lookWords } from './look/words';
import { goToCity } from './map';
import type { Notices } from './notices';
import { canLocate } from './where/fix';
import { words } from './words';

const PLUS = 'M12 5v14M5 12h14';
const MINUS = 'M5 12h14';
const HOME = 'M4 11l8-7 8 7M6 9.5V20h12V9.5';
const CITY = 'M4 20V9l5-3v14M9 20V4l6 3v13M15 20v-9l5 2v7M3 20h18';

const WHERE = 'M12 3v4M12 17v4M3 12h4M17 12h4M12 8a4 4 0 1 0 0 8a4 4 0 1 0 0-8';

interface Ports {
  readonly map: MapView;
  readonly style: StyleSpecification;
  readonly store: Store;
  readonly notices: Notices;
  /** Says what went wrong, with a way to try again */
  readonly report: (error: unknown, retry: () => void) => void;
}

export function mountControls(host: HTMLElement, { map, style, store, notices, report }: Ports, onHome: () => void): void {
  const where = () => {
    import('./where/where').then(({ goWhereIAm }) => goWhereIAm(map, style, notices, () => store.state.language))
      .catch((error: unknown) => report(error, where));
  };
  const render = () => {
    const w = words[store.state.language];
    fill(host, [
      button(w.zoomIn, { class: 'round' }, () => map.zoomIn(), icon(PLUS)),
      button(w.zoomOut, { class: 'round' }, () => map.zoomOut(), icon(MINUS)),
      button(w.home, { class: 'round' }, onHome, icon(HOME)),
      button(lookWords[store.state.language].city, { class: 'round', id: 'city' }, () => goToCity(map, style), icon(CITY)),
      ...(canLocate() ? [button(w.where, { class: 'round', id: 'where' }, where, icon(WHERE))] : []),
    ]);
  };
  store.subscribe((now, before) => {
    if (now.language !== before.language) render();
  });
  render();
}
