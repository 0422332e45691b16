/** The page without its server: registers the service worker, says honestly how old the data are, remembers the last view. */

import { AWAY, type Notices } from '../notices';
import type { Store } from '../store';
import { frozenAt, keptSince, lackingLayers, noteTold, onKept } from './kept';
import { keepView } from './last';
import { awayText, offlineWords } from './words';

/** After the page has come, ms */
const LATER = 15_000;

/** Of the page itself, not where it stands in a frame of another one. */
export function mountOffline(store: Store, notices: Notices): void {
  const tell = () => {
    const [since, frozen, lacking] = [keptSince(), frozenAt(), lackingLayers()];
    if (since === null && frozen === null) return;
    notices.show(AWAY, {
      kind: 'hint',
      partial: lacking.length > 0,
      text: (language) => awayText(since, frozen, language, lacking),
      action: { label: (language) => offlineWords[language].again, run: () => location.reload() },
    });
  };
  onKept(tell);
  tell();
  if (store.state.view) keepView(store.state);
  store.subscribe((now, before) => {
    if (now.view !== before.view && now.view) keepView(now);
  });
  if (!('serviceWorker' in navigator) || !import.meta.env.PROD) return;
  navigator.serviceWorker.addEventListener('message', ({ data }: MessageEvent<unknown>) => noteTold(data));
  if (document.readyState === 'complete') begin();
  else addEventListener('load', begin);
}

/** What the page needs first has come: now what it needs later. */
function begin(): void {
  void register();
  setTimeout(() => void import('./keeping').then(({ keepQuietly }) => keepQuietly()).catch(console.info), LATER);
}

async function register(): Promise<void> {
  try {
    await navigator.serviceWorker.register(new URL('service-worker.js', document.baseURI));
  } catch (error) {
    console.info(error); // not a secure address, or not allowed: the page works as long as the server does
  }
}
