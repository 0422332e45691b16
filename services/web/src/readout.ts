/** Position under the pointer (or of the map's centre on touch screens) and zoom. */

import type { LngLat, Map as MapView } from 'maplibre-gl';
import { el } from './dom';
import { formatNumber, formatPosition } from './format';
import type { Store } from './store';
import { words } from './words';

export function mountReadout(host: HTMLElement, map: MapView, store: Store): void {
  const position = el('span', { class: 'position' });
  const zoom = el('span', { class: 'zoom' });
  host.append(position, zoom);
  let pointer: LngLat | null = null;

  const render = () => {
    const { language } = store.state;
    const at = pointer ?? map.getCenter();
    position.textContent = formatPosition(at.lng, at.lat, language);
    position.title = words[language].position;
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
    if (now.language !== before.language) render();
  });
  render();
}
