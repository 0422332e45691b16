/** Zoom in, zoom out, whole area. */

import type { Map as MapView } from 'maplibre-gl';
import { button, fill, icon } from './dom';
import type { Store } from './store';
import { words } from './words';

const PLUS = 'M12 5v14M5 12h14';
const MINUS = 'M5 12h14';
const HOME = 'M4 11l8-7 8 7M6 9.5V20h12V9.5';

export function mountControls(host: HTMLElement, map: MapView, store: Store, onHome: () => void): void {
  const render = () => {
    const w = words[store.state.language];
    fill(host, [
      button(w.zoomIn, { class: 'round' }, () => map.zoomIn(), icon(PLUS)),
      button(w.zoomOut, { class: 'round' }, () => map.zoomOut(), icon(MINUS)),
      button(w.home, { class: 'round' }, onHome, icon(HOME)),
    ]);
  };
  store.subscribe((now, before) => {
    if (now.language !== before.language) render();
  });
  render();
}
