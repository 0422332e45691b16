/** The page's first script, small: it asks for what every visit needs and shows the city; the map's own script comes beside it. */

import 'maplibre-gl/dist/maplibre-gl.css';
import '../page.css';
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url';
import { words } from '../words';
import { paintPicture } from './picture';
import { begin, mapHost, notices, store } from './shell';

notices.busy('start', true); // until the map is there
begin().then((style) => paintPicture(mapHost, style, store.state)).catch(console.info); // the map asks again, and says what is wrong
fetch(workerUrl).catch(console.info); // it is in the browser's cache when the map's script comes to start it
import('../main').catch((error: unknown) => {
  console.error(error);
  notices.busy('start', false);
  notices.show('start', {
    kind: 'error', text: (language) => words[language].serverAway,
    action: { label: (language) => words[language].retry, run: () => location.reload() },
  });
});
