/** The way through time: days on which something changed here, what differs since a day, and plans that are yet to come. */

import './time.css';
import { explain, isAbort, type Collection, type Item } from '../api';
import { dayField, legalToday } from '../day';
import { button, el, fill, type Child } from '../dom';
import { formatDay } from '../format';
import { KNOWN, knownDay } from '../known';
import { placeInList } from '../order';
import type { Page } from '../page';
import type { Box } from '../shape';
import { signedIn } from '../session';
import { readDay } from '../state';
import { shownAtFirst } from '../style';
import { featureTitle } from '../titles';
import type { Opened } from '../tools';
import { words } from '../words';
import { changesSince, MOST_STEPS, pendingPlans, stepsOf, type Asking } from './ask';
import { slider } from './slider';
import { timeWords } from './words';

const SINCE = 'time.since';
const PLANS = 'plans';
/** Zoom from which a view holds few enough features to look through their history */
const NEAR = 15;
/** Days between what is compared at first and today */
const A_YEAR = 365;

export function open(page: Page): Opened {
  const { map, store } = page;
  const { language } = store.state;
  const w = timeWords[language];
  const parts = { steps: el('div', { class: 'steps' }), changes: el('div', { class: 'changes' }), pending: el('div', { class: 'changes' }) };
  let asking = new AbortController();
  const since = () => readDay(store.state.options[SINCE] ?? null) ?? daysAgo(A_YEAR);

  const look = () => {
    asking.abort();
    asking = new AbortController();
    const asked: Asking = { box: boxOf(page), language, signal: asking.signal };
    const find = { steps: () => steps(page, asked), changes: () => changes(page, since(), asked), pending: () => pending(page, asked) };
    for (const name of ['steps', 'changes', 'pending'] as const) {
      const again = () => void fillIn(parts[name], find[name], again, page, asked.signal);
      again();
    }
  };
  const field = dayField({ id: 'time-since', label: w.since, hint: w.sinceHint, day: since(), language }, (day) => store.setOptions({ [SINCE]: day }));
  map.on('moveend', look);
  const leave = store.subscribe((now, before) => {
    if (now.layers !== before.layers || now.options[SINCE] !== before.options[SINCE]) look();
  });
  look();
  return {
    element: el('div', { class: 'time' },
      el('p', { class: 'quiet' }, w.about), parts.steps, signedIn() && known(page),
      el('h3', {}, w.changed), field, parts.changes,
      el('h3', {}, w.pending), parts.pending),
    close: () => {
      leave();
      map.off('moveend', look);
      asking.abort();
    },
  };
}

/** Everything that the page has asked for goes by that day: it starts again. */
function known({ store }: Page): HTMLElement {
  const { language } = store.state;
  const w = timeWords[language];
  return dayField({ id: 'time-known', label: w.known, hint: w.knownHint, day: knownDay, language }, (day) => {
    if (day === knownDay) return;
    store.setOptions({ [KNOWN]: day });
    location.reload();
  });
}

/** Puts what was found in its place; what fails is said there, with a way to try again. */
async function fillIn(host: HTMLElement, find: () => Promise<readonly Child[]>, again: () => void, { store }: Page, signal: AbortSignal): Promise<void> {
  const { language } = store.state;
  host.setAttribute('aria-busy', 'true');
  if (!host.firstChild) fill(host, [el('p', { class: 'quiet', role: 'status' }, timeWords[language].asking)]);
  try {
    const found = await find();
    if (!signal.aborted) fill(host, found);
  } catch (error) {
    if (isAbort(error) || signal.aborted) return;
    console.error(error);
    fill(host, [el('p', { class: 'quiet', role: 'alert' }, explain(error, words[language])), button(words[language].retry, { class: 'plain' }, again)]);
  } finally {
    if (!signal.aborted) host.removeAttribute('aria-busy');
  }
}

/** Layers with features whose history is told: those that are on, and plans. */
async function told({ map, store, style, catalog }: Page): Promise<readonly Collection[]> {
  const on = store.state.layers ?? shownAtFirst(style);
  const near = map.getZoom() >= NEAR;
  return (await catalog.collections(store.state.language))
    .filter(({ id, itemCount }) => itemCount !== 0 && (id === PLANS || (near && on.includes(id))))
    .sort((a, b) => placeInList(a.id) - placeInList(b.id));
}

async function steps(page: Page, asking: Asking): Promise<readonly Child[]> {
  const { map, store } = page;
  const w = timeWords[store.state.language];
  const found = await Promise.all((await told(page)).map(({ id }) => stepsOf(id, asking)));
  const days = [...new Set(found.flat())].sort();
  const cut = found.some(({ length }) => length >= MOST_STEPS);
  return [
    days.length > 0 ? slider(days, store) : el('p', { class: 'quiet' }, w.none),
    map.getZoom() < NEAR && el('p', { class: 'quiet' }, w.tooWide),
    cut && el('p', { class: 'quiet' }, w.some(MOST_STEPS)),
  ];
}

async function changes(page: Page, day: string, asking: Asking): Promise<readonly Child[]> {
  const { catalog, map } = page;
  const { language } = asking;
  const w = timeWords[language];
  const groups = await Promise.all((await told(page)).map(async ({ id, title, dataVersion }) => {
    if (dataVersion === undefined) return null;
    const { changes: found, more } = await changesSince(id, dataVersion, day, asking);
    if (found.length === 0) return null;
    const schema = await catalog.schema(id, language);
    const rows = found.map(({ id: feature, kind, properties }) => row(page, { layer: id, id: feature, title: featureTitle(id, properties, schema, title, language), said: w[kind], at: kind === 'DELETE' ? day : null, kind }));
    return el('li', {}, el('h4', {}, title), el('ul', {}, ...rows, more && el('li', { class: 'quiet' }, w.more)));
  }));
  const some = groups.filter((group) => group !== null);
  const far = map.getZoom() < NEAR && el('p', { class: 'quiet' }, w.tooWide);
  return some.length > 0 ? [el('ul', { class: 'change-groups' }, ...some), far] : [el('p', { class: 'quiet' }, w.nothing(formatDay(day))), far];
}

async function pending(page: Page, asking: Asking): Promise<readonly Child[]> {
  const { catalog } = page;
  const { language } = asking;
  const w = timeWords[language];
  const plans = await pendingPlans(legalToday(), asking);
  if (plans.length === 0) return [el('p', { class: 'quiet' }, w.pendingNone)];
  const [schema, title] = await Promise.all([catalog.schema(PLANS, language), catalog.title(PLANS, language)]);
  const line = (plan: Item) => row(page, { layer: PLANS, id: plan.id, title: featureTitle(PLANS, plan.properties, schema, title, language), said: waits(plan, language), at: begins(plan), kind: 'PENDING' });
  const list = (some: readonly Item[]) => some.length > 0 && el('ul', { class: 'change-groups' }, ...some.map(line));
  const waiting = plans.filter((plan) => !binds(plan));
  return [waiting.length > 0 && el('p', { class: 'binding' }, w.pendingRemark), list(waiting), list(plans.filter(binds))];
}

/** The day from which a plan holds where that is yet to come, to look at it then. */
function begins({ properties: { valid_from: from } }: Item): string | null {
  return typeof from === 'string' && from.slice(0, 10) > legalToday() ? from.slice(0, 10) : null;
}

/** Its revision waits, not the plan itself. */
function binds(plan: Item): boolean {
  return plan.properties['status'] === 'REVISING' && begins(plan) === null;
}

function waits(plan: Item, language: 'vi' | 'en'): string {
  const w = timeWords[language];
  const from = begins(plan);
  const status = String(plan.properties['status']);
  const said = status === 'CONSULTING' ? w.consulting : status === 'REVISING' ? w.revising : status === 'DRAFT' || status === 'APPRAISED' ? w.drafted : null;
  return [said, from && w.waiting(formatDay(from))].filter(Boolean).join('; ');
}

interface Line {
  readonly layer: string;
  readonly id: string;
  readonly title: string;
  readonly said: string;
  /** The day at which the feature can be seen, where that is not today */
  readonly at: string | null;
  readonly kind: string;
}

function row({ store }: Page, { layer, id, title, said, at, kind }: Line): HTMLElement {
  const show = () => store.set({ selected: { layer, id }, place: null, tool: null, ...(at ? { at } : {}) });
  const hit = el('button', { type: 'button', class: 'hit' }, title);
  hit.addEventListener('click', show);
  return el('li', { class: `change ${kind.toLowerCase()}` }, hit, el('span', { class: 'kind' }, said));
}

/** The part of the map that no panel covers is close enough to all of it. */
function boxOf({ map }: Page): Box {
  const bounds = map.getBounds();
  return [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()];
}

function daysAgo(days: number): string {
  return new Date(new Date(`${legalToday()}T00:00:00Z`).getTime() - days * 86_400_000).toISOString().slice(0, 10);
}
