/** Parts of the card that are loaded when a feature is shown: the card's own facts stand there before. */

import type { Item } from './api';
import type { Page } from './page';
import type { Selected, State } from './state';

export interface Subject {
  readonly selected: Selected;
  readonly item: Item;
  readonly state: State;
  /** Aborted when the card shows something else, or closes: requests end, and what was drawn is taken off the map. */
  readonly signal: AbortSignal;
}

export interface Addition {
  /** Layers whose features have it; null: all */
  readonly layers: readonly string[] | null;
  readonly load: () => Promise<{ readonly add: (page: Page, subject: Subject) => HTMLElement }>;
}

/** In the order in which they stand in the card, below its first facts. */
export const ADDITIONS: readonly Addition[] = [
  { layers: ['parcels'], load: () => import('./ask/situation') },
];
