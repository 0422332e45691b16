/** The answer of a check: verdict, what is missing, each finding with its clause, and the places where they bite on the map. */

import type { Feature, Geometry } from 'geojson';
import { button, el, type Child } from '../dom';
import { formatInstant, formatNumber, formatQuantity } from '../format';
import type { Page } from '../page';
import { boundsOf } from '../shape';
import type { Language } from '../words';
import { FONT, Overlay, RED, showBeside, type OverlayLayer } from './overlay';
import { STOREY_KINDS } from './application';
import { lawParts, type Law } from './law';
import { askWords, type AskWords } from './words';

type Both = Readonly<Record<Language, string>>;

export interface Finding {
  readonly pack: string;
  readonly rule: string;
  readonly title: Both;
  readonly clause: { readonly document: string; readonly article: string };
  readonly status: string;
  readonly word: Both;
  readonly message: Both;
  readonly subject?: string;
  readonly measured?: number;
  readonly limit?: number;
  readonly margin?: number;
  readonly unit?: string;
  readonly compare?: 'at-most' | 'at-least';
  readonly binding?: boolean;
  readonly ignored_m2?: number;
  readonly conflict?: Geometry;
}

export interface Missing {
  readonly name: string;
  readonly title: Both;
  readonly rules: readonly string[];
}

export interface Answer extends Law {
  readonly verdict: string;
  readonly word: Both;
  readonly advice: Both;
  readonly findings: readonly Finding[];
  readonly missing: readonly Missing[];
  readonly stated: { readonly facts: Readonly<Record<string, unknown>>; readonly contradicted: readonly string[] };
  readonly data_version: number;
  readonly rules_version: string;
  readonly datetime: string;
  readonly inputs: Readonly<Record<string, unknown>>;
}

/** What decides comes first, as on the printed sheet, whose numbers of places are these. */
const ORDER = ['fail', 'error', 'warning', 'no-data', 'attested', 'pass', 'not-applicable'];
const DECIDING = ['fail', 'error', 'warning'];
const FOLDED = ['no-data', 'pass', 'not-applicable'];
const MOST_NEEDED = 6;

const LAYERS: OverlayLayer[] = [
  { id: 'ask-conflicts-area', type: 'fill', filter: ['==', ['geometry-type'], 'Polygon'], paint: { 'fill-color': RED, 'fill-opacity': ['case', ['get', 'lit'], 0.8, 0.4] } },
  { id: 'ask-conflicts-casing', type: 'line', paint: { 'line-color': '#ffffff', 'line-width': ['case', ['get', 'lit'], 8, 5] } },
  { id: 'ask-conflicts-line', type: 'line', paint: { 'line-color': RED, 'line-width': ['case', ['get', 'lit'], 4.5, 2.5] } },
  {
    id: 'ask-conflicts-number', type: 'symbol',
    layout: {
      'text-field': ['concat', '(', ['get', 'number'], ')'], 'text-font': FONT, 'text-size': 15,
      // Beside each other where several rules bite at one place; over each other only where there is no room at all.
      'text-variable-anchor': ['center', 'left', 'right', 'top', 'bottom', 'top-left', 'top-right', 'bottom-left', 'bottom-right'], 'text-radial-offset': 1, 'text-allow-overlap': true,
    },
    paint: { 'text-color': '#7d0f0a', 'text-halo-color': '#ffffff', 'text-halo-width': 2.5 },
  },
];

/** The places where rules are broken, numbered from 1; the same place has one number. */
export class Conflicts {
  readonly #page: Page;
  readonly #overlay: Overlay;
  readonly #numbers = new Map<string, { number: number; geometry: Geometry }>();

  constructor(page: Page, findings: readonly Finding[]) {
    this.#page = page;
    this.#overlay = new Overlay(page.map, 'ask-conflicts', LAYERS);
    for (const { conflict } of ordered(findings)) {
      const key = JSON.stringify(conflict);
      if (conflict && !this.#numbers.has(key)) this.#numbers.set(key, { number: this.#numbers.size + 1, geometry: conflict });
    }
    this.light(null);
  }

  numberOf({ conflict }: Finding): number | null {
    return conflict ? this.#numbers.get(JSON.stringify(conflict))?.number ?? null : null;
  }

  /** One place stands out; null: none does. */
  light(number: number | null): void {
    this.#overlay.show([...this.#numbers.values()].map(({ number: own, geometry }): Feature => (
      { type: 'Feature', properties: { number: String(own), lit: own === number }, geometry }
    )));
  }

  show({ conflict }: Finding): void {
    if (conflict) showBeside(this.#page.map, boundsOf(conflict));
  }

  close(): void {
    this.#overlay.close();
  }
}

function ordered(findings: readonly Finding[]): Finding[] {
  return [...findings].sort((a, b) => ORDER.indexOf(a.status) - ORDER.indexOf(b.status));
}

export interface Telling {
  readonly answer: Answer;
  readonly conflicts: Conflicts;
  readonly language: Language;
  /** Goes to the field where what is missing can be stated; null where there is none */
  readonly goTo: (name: string) => (() => void) | null;
  /** What prints the answer */
  readonly print: HTMLElement;
}

export function answerParts(telling: Telling): Child[] {
  const { answer, language, goTo, print } = telling;
  const a = askWords[language];
  const of = (status: string) => answer.findings.filter((one) => one.status === status);
  const counts = ORDER.filter((status) => of(status).length > 0).map((status) => `${a.status[status] ?? status}: ${of(status).length}`);
  return [
    el('h3', { id: 'ask-result', tabindex: -1 }, a.result),
    el('div', { class: `verdict ${answer.verdict}` },
      el('b', {}, answer.word[language]),
      el('span', { class: 'counts' }, counts.join(' · ')),
      el('span', { class: 'quiet' }, answer.advice[language])),
    print,
    readAs(answer, a, language),
    ...contradicted(answer, a, language),
    ...DECIDING.flatMap((status) => group(telling, a, status, of(status))),
    ...needed(telling, a),
    ...lawParts(answer, language, goTo),
    ...ORDER.filter((status) => !DECIDING.includes(status)).flatMap((status) => group(telling, a, status, of(status))),
    el('p', { class: 'advice' }, a.pins(formatNumber(answer.data_version, language), answer.rules_version.slice(0, 12), formatInstant(answer.datetime))),
  ];
}

/** How the storeys were understood. */
function readAs({ stated: { facts } }: Answer, a: AskWords, language: Language): Child {
  const storeys = STOREY_KINDS.flatMap((kind) => {
    const count = facts[`storeys_${kind}`];
    return typeof count === 'number' && count > 0 ? [`${formatNumber(count, language)} ${(a.storeyKinds[kind] ?? kind).toLowerCase()}`] : [];
  });
  const height = facts['height_m'];
  const said = [...storeys, ...(typeof height === 'number' ? [formatQuantity(height, 'm', language)] : [])];
  return said.length > 0 && el('p', { class: 'read-as' }, `${a.readAs}: `, el('b', {}, said.join(', ')));
}

function contradicted({ stated, missing }: Answer, a: AskWords, language: Language): Child[] {
  const titles = stated.contradicted.map((name) => missing.find((one) => one.name === name)?.title[language] ?? a.factTitles[name] ?? name);
  return [titles.length > 0 && el('p', { class: 'lacking' }, a.contradicted(titles.join(', ')))];
}

/** What can be stated comes first, by how much depends on it; the rest on request. */
function needed({ answer, language, goTo }: Telling, a: AskWords): Child[] {
  if (answer.missing.length === 0) return [];
  const rows = answer.missing.map(({ name, title, rules }) => ({ go: goTo(name), text: titleOf(name, title, a, language), count: rules.length }))
    .sort((one, other) => Number(other.go !== null) - Number(one.go !== null) || other.count - one.count)
    .map(({ go, text, count }) => el('li', {}, go ? button(text, { class: 'text' }, go) : el('span', {}, text), el('small', {}, a.neededFor(count))));
  const more = rows.slice(MOST_NEEDED);
  return [
    el('h3', {}, a.needed),
    el('p', { class: 'quiet' }, a.neededHelp),
    el('ul', { class: 'needed' }, ...rows.slice(0, MOST_NEEDED)),
    more.length > 0 && el('details', {}, el('summary', {}, a.neededMore(more.length)), el('ul', { class: 'needed' }, ...more)),
  ];
}

function titleOf(name: string, title: Both, a: AskWords, language: Language): string {
  const floor = a.floors[/^floor_(\w+)_m2$/.exec(name)?.[1] ?? ''];
  const told = floor ?? title[language];
  return told.charAt(0).toUpperCase() + told.slice(1);
}

function group(telling: Telling, a: AskWords, status: string, findings: readonly Finding[]): Child[] {
  if (findings.length === 0) return [];
  const title = `${a.status[status] ?? status} (${findings.length})`;
  const rows = el('ul', {}, ...findings.map((one) => finding(telling, a, one)));
  return FOLDED.includes(status) ? [el('details', {}, el('summary', {}, title), rows)] : [el('h3', {}, title), rows];
}

function finding({ conflicts, language }: Telling, a: AskWords, one: Finding): HTMLElement {
  const number = conflicts.numberOf(one);
  const row = el('li', { class: `finding ${one.status}` },
    el('h4', {}, [one.title[language], one.subject].filter(Boolean).join(' – ')),
    values(one, a, language),
    (one.measured === undefined || one.limit === undefined || one.status === 'no-data') && el('p', {}, one.message[language]),
    one.binding && one.status === 'fail' && el('p', { class: 'quiet' }, a.binding),
    one.ignored_m2 !== undefined && el('p', { class: 'quiet' }, a.ignored(formatQuantity(one.ignored_m2, 'm2', language))),
    el('p', { class: 'clause' }, `${a.clause}: ${one.clause.article}, ${one.clause.document}`),
    number !== null && button(a.showOnMap(number), { class: 'text' }, () => conflicts.show(one)));
  if (number === null) return row;
  const light = (on: boolean) => () => {
    row.classList.toggle('lit', on);
    conflicts.light(on ? number : null);
  };
  for (const [event, on] of [['mouseenter', true], ['mouseleave', false], ['focusin', true], ['focusout', false]] as const) row.addEventListener(event, light(on));
  return row;
}

/** Measured value, limit and margin, as far as they are known. */
function values({ measured, limit, margin, unit = '1', compare, status }: Finding, a: AskWords, language: Language): Child {
  const say = (value: number) => formatQuantity(value, unit, language);
  const decided = status !== 'no-data' && margin !== undefined;
  const passed = decided && margin < 0;
  const word = passed ? (compare === 'at-least' ? a.short : a.over) : a.margin_;
  const parts: Child[] = [
    measured !== undefined && el('span', {}, `${a.measured}: `, el('b', {}, say(measured))),
    limit !== undefined && el('span', {}, `${a.limit}: ${compare === 'at-least' ? a.atLeast_ : a.atMost_} `, el('b', {}, say(limit))),
    decided && el('span', {}, `${word}: `, el('b', { class: passed ? 'bad' : null }, say(Math.abs(margin)))),
  ];
  return parts.some(Boolean) && el('p', { class: 'values' }, ...parts);
}
