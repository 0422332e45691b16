/** The page inside a frame of another one: map and card, a small head, and a way to the whole map. */

import './embed.css';
import { address } from '../api';
import { el } from '../dom';
import type { Store } from '../store';
import { wholeMap } from './addresses';

/** The service lets only this address stand in a frame. */
export const EMBEDDED = location.pathname.endsWith('/embed');

const OPEN = { vi: 'Mở bản đồ', en: 'Open the map' };

/** `side`: the element with the page's head. */
export function mountEmbed(side: HTMLElement, store: Store): void {
  document.body.classList.add('embedded');
  const link = el('a', { class: 'whole-map', target: '_blank', rel: 'noopener' });
  const render = () => {
    link.textContent = OPEN[store.state.language];
    link.href = wholeMap(address('./'), location.hash, store.state);
  };
  store.subscribe(render);
  render();
  side.append(link);
}
