/** That the map is loading, and which of its parts could not be loaded. */

import type { Map as MapView, MapSourceDataEvent, StyleSpecification } from 'maplibre-gl';
import type { Catalog } from './catalog';
import { endPicture } from './first/picture';
import { anythingDrawn } from './hints';
import { reloadSource } from './map';
import type { Notices } from './notices';
import { FILLS_GROUND } from './order';
import type { Store } from './store';
import { dataLayer } from './style';
import { words, type Language } from './words';

export interface Watched {
  readonly map: MapView;
  readonly style: StyleSpecification;
  readonly store: Store;
  readonly catalog: Catalog;
  readonly notices: Notices;
}

export function watchLoading(watched: Watched): void {
  const { map, notices, style } = watched;
  markGround(map, style);
  const failed = new Set<string>();
  let looking: ReturnType<typeof setInterval> | undefined;
  // What began to load ends in data, given up, failed, or (404: there is no such tile) without a word. Of these only data draw
  // a frame, and only after a frame the map is idle: while the bar is on, frames are drawn.
  const begin = () => {
    notices.busy('map', true);
    looking ??= setInterval(() => map.triggerRepaint(), LOOK_EVERY);
  };
  begin(); // a new map has everything before it, also before its first event
  map.on('dataloading', begin);
  map.on('idle', () => {
    notices.busy('map', false);
    endPicture(); // nothing that colours the ground is here
    clearInterval(looking);
    looking = undefined;
  });
  map.on('dataabort', () => map.triggerRepaint());
  map.on('error', ({ error, ...event }) => {
    const id = 'sourceId' in event && typeof event.sourceId === 'string' ? event.sourceId : null;
    console.error(error);
    map.triggerRepaint();
    failed.add(id !== null && id in style.sources ? id : UNNAMED);
    void report(watched, failed, error);
  });
}

/** In the browser's timeline (User Timing): the ground's first parcels or zones stand on the map. */
const GROUND_DRAWN = 'landmap-ground';

function markGround(map: MapView, style: StyleSpecification): void {
  const ground = style.layers.filter((layer) => FILLS_GROUND.includes(dataLayer(layer) ?? '')).map(({ id }) => id);
  const look = () => {
    if (!anythingDrawn(map, ground)) return;
    performance.mark(GROUND_DRAWN);
    endPicture();
    map.off('sourcedata', came);
  };
  const came = ({ sourceId, tile }: MapSourceDataEvent) => {
    if (tile && FILLS_GROUND.includes(sourceId)) void map.once('render', look);
  };
  map.on('sourcedata', came);
}

const UNNAMED = '…';
/** ms */
const LOOK_EVERY = 500;

/** One notice, however many tiles of however many layers failed. */
async function report(watched: Watched, failed: Set<string>, error: { message: string }): Promise<void> {
  const { map, notices, store, style } = watched;
  // An HTTP error of MapLibre has a status, an unanswered request has none.
  const away = !('status' in error && Number(error.status) > 0) && /fetch|network/i.test(error.message);
  const names = await titles(watched, failed);
  if (failed.size === 0) return; // tried again meanwhile
  notices.show(away ? 'away' : 'tiles', {
    kind: 'error',
    away,
    text: (language) => (away ? words[language].serverAway : words[language].tileFailed(names[language])),
    action: {
      label: (language) => words[language].retry,
      run: () => {
        const retried = Object.keys(style.sources).filter((id) => away || failed.has(id));
        failed.clear();
        notices.clear('view'); // looked at again when they are there
        retried.forEach((id) => reloadSource(map, style, id, store.state.at));
      },
    },
  });
}

async function titles({ catalog }: Watched, failed: ReadonlySet<string>): Promise<Record<Language, string>> {
  const ids = [...failed];
  const name = async (language: Language) => (await Promise.all(ids.map((id) => catalog.title(id, language)))).join(', ');
  try {
    const [vi, en] = await Promise.all([name('vi'), name('en')]);
    return { vi, en };
  } catch {
    // Titles cannot be had either, which is reported where they are asked for.
    return { vi: ids.join(', '), en: ids.join(', ') };
  }
}
