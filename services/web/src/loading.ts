/** That the map is loading, and which of its parts could not be loaded. */

import type { Map as MapView, StyleSpecification } from 'maplibre-gl';
import type { Catalog } from './catalog';
import { reloadSource } from './map';
import type { Notices } from './notices';
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
  map.on('dataloading', () => notices.busy('map', true));
  map.on('idle', () => notices.busy('map', false));
  map.on('error', ({ error, ...event }) => {
    const id = 'sourceId' in event && typeof event.sourceId === 'string' ? event.sourceId : null;
    console.error(error);
    void report(watched, id !== null && id in style.sources ? id : null, error);
  });
}

/** One notice for each source, however many of its tiles failed; one alone where the server is away. */
async function report(watched: Watched, source: string | null, error: { message: string }): Promise<void> {
  const { map, notices, store, style } = watched;
  // An HTTP error of MapLibre has a status, an unanswered request has none.
  const away = !('status' in error && Number(error.status) > 0) && /fetch|network/i.test(error.message);
  const names = await sourceNames(watched, source);
  const retried = Object.keys(style.sources).filter((id) => away || id === source);
  notices.show(away ? 'away' : `tile ${source ?? ''}`, {
    kind: 'error',
    text: (language) => (away ? words[language].serverAway : words[language].tileFailed(names[language])),
    action: {
      label: (language) => words[language].retry,
      run: () => retried.forEach((id) => reloadSource(map, style, id, store.state.at)),
    },
  });
}

async function sourceNames({ catalog, style }: Watched, source: string | null): Promise<Record<Language, string>> {
  const drawn = style.layers.filter((layer) => 'source' in layer && layer.source === source).map(dataLayer);
  const ids = [...new Set(drawn.filter((id) => id !== undefined))];
  const name = async (language: Language) => (
    (await Promise.all(ids.map((id) => catalog.title(id, language)))).join(', ') || source || '…'
  );
  try {
    const [vi, en] = await Promise.all([name('vi'), name('en')]);
    return { vi, en };
  } catch {
    // Titles cannot be had either, which is reported where they are asked for.
    return { vi: source ?? '…', en: source ?? '…' };
  }
}
