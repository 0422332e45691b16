/** Compares two maps: plan and present, or two days; one over the other with a curtain, or side by side. */

import './compare.css';
import { el } from '../dom';
import { dayField } from '../day';
import { formatDay } from '../format';
import { fillingLayer } from '../order';
import type { Page } from '../page';
import { readDay } from '../state';
import { dataLayers, shownAtFirst } from '../style';
import type { Opened } from '../tools';
import type { Language } from '../words';
import { emptyNote, type Drawn } from './compare-empty';
import { Point, type Side } from './compare-point';
import { compareWords } from './compare-words';
import { curtain } from './curtain';
import { GROUND } from './ground';
import { Twin, type Shown } from './twin';

const HOW = 'compare.how';
const WHAT = 'compare.what';
const DAY = 'compare.day';
const EDGE = 'compare.edge';

type How = 'swipe' | 'sides';
type What = 'present' | 'plan' | 'same';

const LAYERS: Readonly<Record<Exclude<What, 'same'>, readonly string[]>> = {
  present: ['parcels', 'buildings', 'wards', GROUND],
  plan: ['zones', 'road_lines', 'wards', GROUND],
};

interface Choice {
  readonly how: How;
  readonly what: What;
  /** null: the day of the main map */
  readonly day: string | null;
  /** Per cent of the width, left of which the main map is seen */
  readonly edge: number;
}

export function open(page: Page): Opened {
  const { map, store, style } = page;
  let choice = readChoice(page);
  const twin = new Twin(map, style, shown(page, choice));
  const edge = curtain(twin.element, choice.edge, (share) => store.setOptions({ [EDGE]: String(share) }));
  const labels = { first: el('span', { class: 'badge first' }), second: el('span', { class: 'badge second' }) };
  edge.element.append(labels.first, labels.second);
  twin.element.after(edge.element);
  const form = choices(page, choice);
  const point = new Point(page, [map, twin.map], () => sides(page, choice));
  const release = page.takeClicks((place) => point.ask(place));
  twin.map.on('click', ({ lngLat }) => point.ask({ lon: lngLat.lng, lat: lngLat.lat }));
  twin.element.append(emptyNote(page, twin.map, () => drawn(page, choice), (day) => store.setOptions({ [DAY]: day })));
  const label = (language: Language) => {
    const w = compareWords[language];
    const [first, second] = sides(page, choice);
    twin.name(w.second);
    edge.name(w.curtain);
    labels.first.textContent = first.name;
    labels.second.textContent = second.name;
  };
  const arrange = ({ how }: Choice) => {
    document.body.classList.toggle('with-halves', how === 'sides');
    edge.fix(how === 'sides');
    twin.element.classList.toggle('uncut', how === 'sides');
    twin.resize();
  };
  const leave = store.subscribe((now, before) => {
    if (now.tool !== 'compare') return;
    const next = readChoice(page);
    if (now.options !== before.options || now.layers !== before.layers || now.at !== before.at) twin.show(shown(page, next));
    if (next.how !== choice.how) arrange(next);
    const typed = form.querySelector<HTMLInputElement>('#compare-day');
    if (typed && next.day !== choice.day) typed.value = next.day ? formatDay(next.day) : '';
    const asked = next.what !== choice.what || next.day !== choice.day || now.layers !== before.layers || now.at !== before.at;
    choice = next;
    label(now.language);
    if (asked) point.again();
  });
  label(store.state.language);
  document.body.classList.add('comparing');
  arrange(choice);
  return {
    element: el('div', {}, point.element, form),
    close: () => {
      leave();
      release();
      point.close();
      document.body.classList.remove('with-halves', 'comparing');
      edge.element.remove();
      twin.remove();
      map.resize();
    },
  };
}

/** What was chosen; else whatever the main map does not show now. */
function readChoice({ store, style }: Page): Choice {
  const { options, layers } = store.state;
  const { [HOW]: how, [WHAT]: what, [DAY]: day = null, [EDGE]: edge = '' } = options;
  const planned = fillingLayer(layers ?? shownAtFirst(style)) === 'zones';
  return {
    how: how === 'sides' ? 'sides' : 'swipe',
    what: what === 'present' || what === 'plan' || what === 'same' ? what : planned ? 'present' : 'plan',
    day: readDay(day),
    edge: /^\d{1,2}$/.test(edge) ? Number(edge) : 50,
  };
}

function shown({ store, style }: Page, { what, day }: Choice): Shown {
  const { layers, at, options, language } = store.state;
  const there = dataLayers(style);
  return { layers: what === 'same' ? layers : LAYERS[what].filter((id) => there.includes(id)), at: day ?? at, options, language };
}

/** The two maps as they are called, and what each draws. */
function sides(page: Page, choice: Choice): readonly [Side, Side] {
  const { language, at, layers } = page.store.state;
  const w = compareWords[language];
  const on = (day: string | null) => (day ? formatDay(day) : w.now);
  const second = shown(page, choice);
  const usual = shownAtFirst(page.style);
  const name = choice.what === 'same' ? on(second.at) : `${w.short[choice.what]}, ${on(second.at)}`;
  return [{ name: on(at), layers: layers ?? usual, at }, { name, layers: second.layers ?? usual, at: second.at }];
}

/** What the second map is about: without it there is nothing to compare, whatever ground lies below. */
function drawn(page: Page, choice: Choice): Drawn {
  const [, { layers, at }] = sides(page, choice);
  const plan = choice.what === 'plan';
  return { layers: layers.filter((id) => (plan ? id === 'zones' : id !== GROUND && id !== 'wards')), plan, at };
}

function choices({ store }: Page, { how, what, day }: Choice): HTMLElement {
  const { language, at } = store.state;
  const w = compareWords[language];
  return el('div', { class: 'compare' },
    el('p', { class: 'quiet' }, w.about),
    el('p', { class: 'quiet' }, w.point),
    radios(w.how, 'compare-how', [['swipe', w.swipe], ['sides', w.sides]], how, (value) => store.setOptions({ [HOW]: value })),
    radios(w.what, 'compare-what', [['plan', w.plan], ['present', w.present], ['same', w.same]], what, (value) => store.setOptions({ [WHAT]: value })),
    dayField({ id: 'compare-day', label: w.day, hint: `${w.dayHint} (${at ? formatDay(at) : w.now})`, day, language }, (value) => store.setOptions({ [DAY]: value })),
    el('p', { class: 'advice' }, w.legal));
}

function radios(legend: string, name: string, choicesOf: readonly (readonly [value: string, title: string])[], chosen: string, choose: (value: string) => void): HTMLElement {
  return el('fieldset', { class: 'choices' }, el('legend', {}, legend), ...choicesOf.map(([value, title]) => {
    const input = el('input', { type: 'radio', name, value, id: `${name}-${value}`, checked: value === chosen });
    input.addEventListener('change', () => choose(value));
    return el('label', { for: `${name}-${value}` }, input, title);
  }));
}
