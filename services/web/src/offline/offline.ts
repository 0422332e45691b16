/** The page without its server: registers the service worker, says honestly how old the data are, remembers the last view. */

import type { Notices } from '../notices';
import { formatInstant } from '../format';
import { readHash, writeHash, type State, type View } from '../state';
import type { Store } from '../store';
import type { Language } from '../words';
import { keptSince, noteKept, onKept } from './kept';

const LAST = 'landmap-last';

const WORDS = {
  vi: {
    away: (day: string) => `Không kết nối được máy chủ. Dữ liệu tại ${day}, đã lưu trên thiết bị này.`,
    again: 'Tải lại',
  },
  en: {
    away: (day: string) => `The server cannot be reached. Data as of ${day}, kept on this device.`,
    again: 'Reload',
  },
} satisfies Record<Language, unknown>;

/** Of the page itself, not where it stands in a frame of another one. */
export function mountOffline(store: Store, notices: Notices): void {
  const tell = () => {
    const since = keptSince();
    if (since === null) return;
    notices.show('kept', {
      kind: 'hint',
      text: (language) => WORDS[language].away(formatInstant(since)),
      action: { label: (language) => WORDS[language].again, run: () => location.reload() },
    });
  };
  onKept(tell);
  tell();
  store.subscribe((now, before) => {
    if (now.view !== before.view && now.view) keepView(now);
  });
  if (!('serviceWorker' in navigator) || !import.meta.env.PROD) return;
  navigator.serviceWorker.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
    if (typeof data === 'object' && data !== null && 'kept' in data && typeof data.kept === 'string') noteKept(data.kept);
  });
  addEventListener('load', () => void register());
  if (document.readyState === 'complete') void register();
}

let registered = false;

async function register(): Promise<void> {
  if (registered) return;
  registered = true;
  try {
    await navigator.serviceWorker.register(new URL('service-worker.js', document.baseURI));
  } catch (error) {
    console.info(error); // not a secure address, or not allowed: the page works as long as the server does
  }
}

/** The view of the last time, for a page that is opened without its server and without a place in its address. */
export function lastView(): View | null {
  try {
    return readHash(localStorage.getItem(LAST) ?? '', { language: 'vi', chosen: false }).view;
  } catch {
    return null; // a browser that keeps nothing
  }
}

function keepView(state: State): void {
  try {
    localStorage.setItem(LAST, writeHash({ ...state, selected: null, place: null, tool: null, options: {} }));
  } catch (error) {
    console.info(error); // as above
  }
}
