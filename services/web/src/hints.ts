/** Why there may be nothing to see: an empty database, an empty view, or too small a scale. A blank map says nothing. */

import type { LngLatBoundsLike, Map as MapView, StyleSpecification } from 'maplibre-gl';
import type { Collection } from './api';
import type { Catalog } from './catalog';
import { formatDay } from './format';
import type { Notices } from './notices';
import { PRIMARY } from './order';
import type { Store } from './store';
import { dataLayer, minimumZoom } from './style';
import { words } from './words';

export interface Hinting {
  readonly map: MapView;
  readonly style: StyleSpecification;
  readonly store: Store;
  readonly catalog: Catalog;
  readonly notices: Notices;
  /** Ids of the layers that are on */
  readonly shown: () => readonly string[];
}

/** Looks each time the map comes to rest. */
export function watchEmptiness(hinting: Hinting): void {
  hinting.map.on('idle', () => void hint(hinting));
}

async function hint({ map, style, store, catalog, notices, shown }: Hinting): Promise<void> {
  const on = shown();
  const ids = style.layers.filter((layer) => on.includes(dataLayer(layer) ?? '')).map(({ id }) => id);
  if (on.length === 0 || anythingDrawn(map, ids)) {
    notices.clear('view');
    return;
  }
  const collections = await catalog.collections(store.state.language);
  const filled = collections.filter(({ itemCount }) => itemCount !== 0);
  if (filled.length === 0) {
    notices.show('view', { kind: 'hint', absence: true, text: (language) => words[language].emptyDatabase });
    return;
  }
  const { at } = store.state;
  const near = on.some((id) => map.getZoom() < minimumZoom(style, id) && overlaps(map, collections.find((one) => one.id === id)));
  const target = boundsOfData(filled);
  notices.show('view', {
    kind: 'hint',
    absence: true,
    text: (language) => {
      const w = words[language];
      if (near) return w.zoomForView;
      return at ? w.emptyViewAt(formatDay(at)) : w.emptyView;
    },
    ...(!at && target ? {
      action: { label: (language) => words[language].goToData, run: () => map.fitBounds(target, { padding: 40, maxZoom: 16 }) },
    } : {}),
  });
}

const CELLS = 4;

/** Whether anything of these style layers is seen. Looks cell by cell and ends at the first hit: all features of a dense view would take long to collect. */
export function anythingDrawn(map: MapView, layers: string[]): boolean {
  const { clientWidth, clientHeight } = map.getContainer();
  const [width, height] = [clientWidth / CELLS, clientHeight / CELLS];
  for (let cell = 0; cell < CELLS * CELLS; cell += 1) {
    const [x, y] = [(cell % CELLS) * width, Math.floor(cell / CELLS) * height];
    if (map.queryRenderedFeatures([[x, y], [x + width, y + height]], { layers }).length > 0) return true;
  }
  return false;
}

type Box = readonly [west: number, south: number, east: number, north: number];

function boxOf(collection: Collection | undefined): Box | null {
  const [west, south, east, north] = collection?.extent?.spatial?.bbox?.[0] ?? [];
  return west === undefined || south === undefined || east === undefined || north === undefined ? null : [west, south, east, north];
}

function overlaps(map: MapView, collection: Collection | undefined): boolean {
  const box = boxOf(collection);
  if (!box || collection?.itemCount === 0) return false;
  const view = map.getBounds();
  return box[0] <= view.getEast() && box[2] >= view.getWest() && box[1] <= view.getNorth() && box[3] >= view.getSouth();
}

/** Where the parcels are, else the first layer with features. */
function boundsOfData(filled: readonly Collection[]): LngLatBoundsLike | null {
  const box = boxOf(filled.find(({ id }) => id === PRIMARY) ?? filled[0]);
  return box && [[box[0], box[1]], [box[2], box[3]]];
}
