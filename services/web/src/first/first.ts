/** The page's first script, small: it asks for what every visit needs and shows the city; the map's own script comes beside it. */

import 'maplibre-gl/dist/maplibre-gl.css';
import '../page.css';
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url';
import { words } from '../words';
import { paintPicture } from './picture';
import { begin, mapHost, notices, store } from './shell';

/** ms */
const PATIENCE = 1_500;

notices.busy('start', true); // until the map is there
const pictured = begin().then((style) => paintPicture(mapHost, style, store.state)).catch(console.info); // the map asks again, and says what is wrong
fetch(workerUrl).catch(console.info); // it is in the browser's cache when the map's script comes to start it
// Its script is on its way, and keeps a phone's processor busy for seconds once it runs: first the city is seen, if that does not take long.
const seen = Promise.race([pictured, new Promise((resolve) => setTimeout(resolve, PATIENCE))]);
seen.then(() => import('../main')).catch((error: unknown) => {
  console.error(error);
  notices.busy('start', false);
  notices.show('start', {
    kind: 'error', text: (language) => words[language].serverAway,
    action: { label: (language) => words[language].retry, run: () => location.reload() },
  });
});
