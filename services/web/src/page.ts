/** What a part of the page may count on: handed to each tool and to each addition to the card. */

import type { Map as MapView, StyleSpecification } from 'maplibre-gl';
import type { Catalog } from './catalog';
import type { Notices } from './notices';
import type { Store } from './store';

export interface Page {
  readonly map: MapView;
  readonly style: StyleSpecification;
  readonly store: Store;
  readonly catalog: Catalog;
  readonly notices: Notices;
  /** Tells the user what failed, with a button that tries again. */
  readonly report: (error: unknown, retry: () => void) => void;
  /**
   * A tool takes the map's clicks for itself, as to draw, until the function it gets back is called.
   * One at a time: who takes them later has them.
   */
  readonly takeClicks: (take: (place: { readonly lon: number; readonly lat: number }) => void) => () => void;
}
