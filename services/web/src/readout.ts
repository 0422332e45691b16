/** Position under the pointer (or of the map's centre on touch screens) and zoom; whose the outside basemap is, while it is on. */

import type { LngLat, Map as MapView, StyleSpecification } from 'maplibre-gl';
import { el } from './dom';
import { formatNumber, formatPosition } from './format';
import { OUTSIDE } from './look/ground';
import type { Store } from './store';
import { words } from './words';

export function mountReadout(host: HTMLElement, map: MapView, style: StyleSpecification, store: Store): void {
  const credit = el('span', { class: 'credit' });
  const position = el('span', { class: 'position' });
  const zoom = el('span', { class: 'zoom' });
  host.append(credit, position, zoom);
  let pointer: LngLat | null = null;

  const render = () => {
    const { language } = store.state;
    const at = pointer ?? map.getCenter();
    position.textContent = formatPosition(at.lng, at.lat, language);
    position.title = words[language].position;
    credit.textContent = store.state.layers?.includes(OUTSIDE) ? creditOf(style) : '';
    zoom.textContent = `${words[language].zoomLevel} ${formatNumber(map.getZoom(), language, 1)}`;
  };
  map.on('mousemove', (event) => {
    pointer = event.lngLat;
    render();
  });
  map.on('mouseout', () => {
    pointer = null;
    render();
  });
  map.on('move', render);
  store.subscribe((now, before) => {
    if (now.language !== before.language || now.layers !== before.layers) render();
  });
  render();
}

/** What the licence of the outside basemap wants said. */
function creditOf({ sources }: StyleSpecification): string {
  const source = sources[OUTSIDE];
  return source?.type === 'raster' ? source.attribution ?? '' : '';
}
