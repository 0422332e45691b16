/** What plans and data say of a parcel: in the card, below its first facts. */

import './ask.css';
import type { Subject } from '../additions';
import { address, explain, isAbort, type Schema } from '../api';
import { button, el, fill, icon, type Child } from '../dom';
import { formatValue } from '../fields';
import { formatDay, formatInstant } from '../format';
import type { Page } from '../page';
import type { Language } from '../words';
import { signedIn } from '../session';
import { words } from '../words';
import { featureTitle } from '../titles';
import { extractPath, fetchExtract, type Extract, type Relation, type Theme } from './extract';
import { area, figures, noFigures, pending, zones } from './planning';
import { sidesOf } from './sides';
import { askWords, type AskWords } from './words';

const CHECK = 'M9 11l3 3 8-9M20 12v7a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1h10';
const MOST_TOLD = 8;
/** What is told of each feature beside its name */
const TOLD: Readonly<Record<string, readonly string[]>> = {
  buildings: ['storeys', 'height', 'floor_area', 'year_built'],
  permits: ['status', 'issued_on', 'storeys', 'floor_area'],
};

export interface Told {
  readonly page: Page;
  readonly subject: Subject;
  readonly extract: Extract;
  readonly schemas: ReadonlyMap<string, Schema>;
  readonly a: AskWords;
  readonly language: Language;
}

export function add(page: Page, subject: Subject): HTMLElement {
  const { state: { language, at }, selected } = subject;
  const a = askWords[language];
  const link = (form: 'pdf' | 'html', text: string) => (
    el('a', { href: address(extractPath(selected.id, form, at, language)), target: '_blank', rel: 'noopener', 'data-answer': form === 'pdf' }, text)
  );
  const first = el('div', {});
  const rest = el('div', { class: 'situation-body' });
  fillIn(first, rest, page, subject);
  return el('section', { class: 'situation', 'aria-label': a.situation },
    first,
    el('div', { class: 'actions' },
      button(a.check, { class: 'primary' }, () => page.store.set({ tool: 'check' }), icon(CHECK), el('span', {}, a.check)),
      link('pdf', a.extractPdf),
      !signedIn() && link('html', a.extractHtml)), // a page is opened without a key: it is the public's
    rest,
    sidesOf(page, subject));
}

/** `first`: what is asked first, above the buttons; its rows stand there from the beginning. */
function fillIn(first: HTMLElement, rest: HTMLElement, page: Page, subject: Subject): void {
  const { state: { language }, signal } = subject;
  rest.setAttribute('aria-busy', 'true');
  fill(first, [noFigures(askWords[language])]);
  fill(rest, [el('p', { class: 'quiet', role: 'status' }, askWords[language].asking)]);
  situation(page, subject).then((told) => {
    if (signal.aborted) return;
    fill(first, figures(told));
    fill(rest, sections(told));
  }).catch((error: unknown) => {
    if (isAbort(error) || signal.aborted) return;
    console.error(error);
    fill(first, []);
    fill(rest, [
      el('p', { class: 'remark', role: 'alert' }, explain(error, words[language])),
      button(words[language].retry, { class: 'plain' }, () => fillIn(first, rest, page, subject)),
    ]);
  }).finally(() => rest.removeAttribute('aria-busy'));
}

async function situation(page: Page, subject: Subject): Promise<Told> {
  const { state: { language, at }, selected, signal } = subject;
  const extract = await fetchExtract(selected.id, at, language, signal);
  const met = extract.themes.filter(({ features }) => features.length > 0).map(({ layer }) => layer);
  const schemas = new Map(await Promise.all(met.map(async (layer) => [layer, await page.catalog.schema(layer, language)] as const)));
  return { page, subject, extract, schemas, a: askWords[language], language };
}

function sections(told: Told): Child[] {
  return [
    ...zones(told),
    ...pending(told),
    ...features(told, 'buildings', told.a.buildings),
    ...features(told, 'permits', told.a.permits),
    ...lineage(told),
    ...themes(told),
  ];
}

/** The features of a layer on the parcel, or why there are none. */
function features(told: Told, layer: string, title: string): Child[] {
  const { extract, page, subject, a, language } = told;
  const theme = extract.themes.find((one) => one.layer === layer);
  if (!theme) return [];
  const schema = told.schemas.get(layer);
  const rows = theme.features.slice(0, MOST_TOLD).map(({ id, properties, ...part }) => el('li', {},
    button(titleOf(told, theme, properties), { class: 'hit' }, () => page.store.set({ selected: { layer, id }, place: subject.state.place })),
    el('p', { class: 'quiet' }, [
      ...(TOLD[layer] ?? []).flatMap((name) => {
        const property = schema?.properties[name];
        const value = property && formatValue(properties[name], property, language);
        return property && value ? [`${property.title ?? name}: ${value}`] : [];
      }),
      part.area_m2 > 0 && area(told, part),
    ].filter(Boolean).join(' · '))));
  return [
    el('h3', {}, title),
    rows.length > 0 ? el('ul', { class: 'told' }, ...rows) : el('p', { class: 'quiet' }, nothing(theme, a)),
    theme.numberMatched > MOST_TOLD && el('p', { class: 'quiet' }, a.more(theme.numberMatched - MOST_TOLD)),
  ];
}

/** Only where the data are complete does finding nothing mean that there is nothing. */
function nothing({ standing, publicOnly }: Theme, a: AskWords): string {
  if (standing === 'not-concerned') return a.none;
  return publicOnly ? a.emptyHidden : a.emptyNoData;
}

function titleOf({ schemas, language }: Told, { layer, title }: Theme, properties: Readonly<Record<string, unknown>>): string {
  return featureTitle(layer, properties, schemas.get(layer) ?? { properties: {} }, title, language);
}

function lineage(told: Told): Child[] {
  const { extract, a } = told;
  const group = (direction: Relation['direction'], title: string) => {
    const relations = extract.lineage.filter((one) => one.direction === direction);
    return relations.length > 0 && el('div', { class: 'relations' }, el('p', {}, title), el('ul', { class: 'told' }, ...relations.map((one) => relation(told, one))));
  };
  return [
    el('h3', {}, a.lineage),
    extract.lineage.length === 0 && el('p', { class: 'quiet' }, a.noLineage),
    group('parent', a.cameFrom),
    group('child', a.became),
  ];
}

/** A parcel that has ceased is shown as it was on its last day. */
function relation({ page, a }: Told, { direction, kind, at, id, parcel, sheet }: Relation): HTMLElement {
  const name = parcel ? a.parcel(parcel, sheet ?? '') : a.unnamedParcel;
  const open = () => page.store.set({
    selected: { layer: 'parcels', id }, place: null, ...(direction === 'parent' ? { at: dayBefore(at) } : {}),
  });
  return el('li', {}, button(name, { class: 'hit' }, open), el('p', { class: 'quiet' }, `${a.kinds[kind] ?? kind}, ${formatInstant(at)}`));
}

/** The legal day that ends at an instant or holds what was just before it. */
function dayBefore(instant: string): string {
  const before = new Date(new Date(instant).getTime() - 1000);
  return new Intl.DateTimeFormat('en-CA', { timeZone: 'Asia/Ho_Chi_Minh', dateStyle: 'short' }).format(before);
}

/** Every layer: concerned, not concerned, or no data. */
function themes(told: Told): Child[] {
  return [el('h3', {}, told.a.themes), el('ul', { class: 'themes' }, ...told.extract.themes.map((theme) => themeRow(told, theme)))];
}

function themeRow(told: Told, theme: Theme): HTMLElement {
  const { a } = told;
  const { title, standing, features: found, coverage, publicOnly, unknown_m2: unknown, numberMatched } = theme;
  const names = [...new Set(found.map(({ properties }) => titleOf(told, theme, properties)))];
  const rest = numberMatched - Math.min(names.length, 3);
  return el('li', { class: standing },
    el('span', { class: 'theme' }, title),
    el('span', { class: 'standing' }, a.standing[standing]),
    el('p', { class: 'quiet' }, [
      names.slice(0, 3).join('; ') + (names.length > 3 ? `; ${a.more(rest)}` : ''),
      theme.area_m2 > 0 && area(told, theme),
      standing === 'concerned' && unknown > 0 && a.rest,
      ...coverage.map(({ level, asOf, agency }) => a.asOf(a.levels[level] ?? level, asOf ? formatDay(asOf) : '', agency ?? '')),
      publicOnly && a.publicOnly,
    ].filter(Boolean).join(' · ')));
}
