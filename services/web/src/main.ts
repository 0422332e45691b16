/** The whole page on one screen, after what first/ shows of it. */

import type { Map as MapView, Point, StyleSpecification } from 'maplibre-gl';
import { address, ApiError, explain, isAbort, type Item } from './api';
import { mountAnswers } from './answers';
import { Card } from './card';
import { mountControls } from './controls';
import { el } from './dom';
import { Find } from './find/find';
import { homeView } from './first/home';
import { endPicture } from './first/picture';
import { begin, catalog, frameOf, mapHost, notices, panelHost, side, store } from './first/shell';
import { featureAt } from './here';
import { watchEmptiness } from './hints';
import { watchLoading } from './loading';
import { withGround } from './look/ground';
import { withHatches } from './look/hatch';
import { bindMap, createMap, highlight, keepInSight, warmUp } from './map';
import { mountOffline } from './offline/offline';
import type { Page } from './page';
import { PRIMARY } from './order';
import { Panel } from './panel';
import { pickAt, type Hit } from './pick';
import { mountReadout } from './readout';
import { keepSession } from './session';
import { boundsOf, type Place } from './shape';
import { EMBEDDED } from './take/embed';
import { TOOLS } from './toolbox';
import { Sheet, toolButtons } from './tools';
import { words } from './words';

/** Zoom at which single parcels can be told apart */
const NEAR = 18;

const controls = el('div', { class: 'controls' });
const readout = el('footer', { class: 'readout' });
/** The user has just pointed at something: its place is kept in sight. */
let aimed = false;
/** What is shown next is gone to: it was found by name, or a link to it has no view. */
let approach = store.state.selected !== null && store.state.view === null;
/** Who has the map's clicks instead of the card, as a tool that draws */
let clicks: ((place: Place) => void) | null = null;
/** The last click that the server is asked about */
let picking = new AbortController();

side.after(controls, readout);
if (!EMBEDDED) mountOffline(store, notices);
mountAnswers(store, notices);
warmUp();
void start();

async function start(): Promise<void> {
  notices.busy('start', true);
  try {
    showMap(withHatches(withGround(await begin())));
  } catch (error) {
    report(error, () => void start());
  } finally {
    notices.busy('start', false);
  }
}

function showMap(style: StyleSpecification): void {
  const map = openMap(style);
  if (!map) return;
  map.once('movestart', endPicture);
  watchLoading({ map, style, store, catalog, notices });
  map.once('style.load', () => {
    bindMap(map, style, store);
    mountControls(controls, { map, style, store, notices, report }, () => void home(map, style));
    mountReadout(readout, map, style, store);
    keepSession(async (token) => (await import('./officer/oidc')).renewHere(token), () => notices.show('session', {
      kind: 'error', text: (language) => words[language].sessionEnded,
      action: { label: (language) => words[language].signInAgain, run: () => ['', 'officer'].forEach((tool) => store.set({ tool: tool || null })) },
    }));
    const panel = new Panel({ map, style, store, catalog, onError: report });
    const page: Page = { map, style, store, catalog, notices, report, takeClicks };
    panelHost.append(toolButtons(page, TOOLS), panel.element);
    side.addEventListener('unfold', () => panel.update());
    watchEmptiness({ map, style, store, catalog, notices, shown: () => panel.shown() });
    const card = showCard(page);
    panelHost.before(finder(map, card).element);
    document.body.append(new Sheet(page, TOOLS).element);
    map.on('click', ({ point, lngLat, originalEvent }) => {
      if (clicks) clicks({ lon: lngLat.lng, lat: lngLat.lat });
      else pick(map, card, point, tolerance(originalEvent));
    });
    map.getCanvas().addEventListener('keydown', ({ key }) => {
      const { lng, lat } = map.getCenter();
      if (key === 'Enter' && clicks) clicks({ lon: lng, lat });
      else if (key === 'Enter') pick(map, card, map.project(map.getCenter()), 8);
      if (key === 'Escape') card.close();
    });
  });
}

function takeClicks(take: (place: Place) => void): () => void {
  clicks = take;
  document.body.classList.add('drawing');
  return () => {
    if (clicks !== take) return;
    clicks = null;
    document.body.classList.remove('drawing');
  };
}

function finder(map: MapView, card: Card): Find {
  return new Find({
    store,
    catalog,
    choose: (selected) => {
      approach = true;
      card.open(selected, null);
    },
    go: ({ lat, lon }) => {
      map.jumpTo({ center: [lon, lat], zoom: Math.max(map.getZoom(), NEAR) });
      map.once('idle', () => pick(map, card, map.project([lon, lat]), 8));
    },
  });
}

function openMap(style: StyleSpecification): MapView | null {
  try {
    return createMap(mapHost, style, store.state);
  } catch (error) {
    console.error(error);
    notices.show('webgl', {
      kind: 'error', text: (language) => words[language].noWebGl,
      action: { label: (language) => words[language].withoutMap, run: () => location.assign(address('search?f=html')) },
    });
    return null;
  }
}

async function home(map: MapView, style: StyleSpecification): Promise<void> {
  try {
    const { lon, lat, zoom } = homeView(style, await catalog.collection(PRIMARY, store.state.language), frameOf(mapHost));
    map.easeTo({ center: [lon, lat], zoom });
  } catch (error) {
    report(error, () => void home(map, style));
  }
}

function report(error: unknown, retry: () => void): void {
  console.error(error);
  const away = error instanceof ApiError && error.status === 0;
  notices.show(away ? 'away' : 'failed', {
    kind: 'error',
    away,
    text: (language) => explain(error, words[language]),
    action: { label: (language) => words[language].retry, run: retry },
  });
}

function showCard(page: Page): Card {
  const { map } = page;
  const card = new Card({
    page,
    returnFocus: () => map.getCanvas().focus(),
    onShow: (item: Item | null) => {
      highlight(map, item?.geometry ?? null);
      document.body.classList.toggle('with-card', store.state.selected !== null);
      if (item?.geometry && approach) approachTo(map, card.element, item.geometry);
      if (item && (aimed || approach)) keepInSight(map, card.element, store.state.place, item.geometry);
      approach = false;
      aimed = false;
    },
  });
  document.body.append(card.element);
  return card;
}

/** Shows the whole feature in what panel and card leave of the map. */
function approachTo(map: MapView, cover: HTMLElement, geometry: NonNullable<Item['geometry']>): void {
  const { clientWidth, clientHeight } = map.getContainer();
  const card = cover.getBoundingClientRect();
  const below = card.width > clientWidth * 0.6;
  const padding = below
    ? { top: Math.min(150, clientHeight * 0.2), right: 30, bottom: Math.min(card.height + 20, clientHeight * 0.6), left: 30 }
    : { top: 80, right: 80, bottom: 80, left: 80 };
  map.fitBounds([...boundsOf(geometry)], { padding, maxZoom: 19, animate: false });
}

/** `reach`: pixels around the point. */
function pick(map: MapView, card: Card, point: Point, reach: number): void {
  const { hit, vague } = pickAt(map, point, reach);
  notices.clear('pick');
  picking.abort();
  if (hit) {
    const { lng, lat } = map.unproject(point);
    void open(card, hit, { lon: lng, lat });
    return;
  }
  card.close();
  notices.show('pick', { kind: 'hint', text: (language) => words[language][vague ? 'zoomToPick' : 'nothingHere'] });
  map.once('movestart', () => notices.clear('pick'));
}

/** Asks the server which feature is meant where the map does not know. */
async function open(card: Card, { layer, id }: Hit, place: Place): Promise<void> {
  picking = new AbortController();
  const { signal } = picking;
  notices.busy('pick', true);
  try {
    const found = id === null ? await featureAt(layer, place, store.state, signal) : { layer, id };
    if (signal.aborted) return;
    aimed = found !== null;
    if (found) card.open(found, place);
    else card.close();
  } catch (error) {
    if (!isAbort(error)) report(error, () => void open(card, { layer, id }, place));
  } finally {
    if (picking.signal === signal) notices.busy('pick', false);
  }
}

/** A finger is wider than a mouse. */
function tolerance(event: Event): number {
  return event instanceof PointerEvent && event.pointerType === 'touch' ? 10 : 4;
}
