/** The tool `wards`: indicators of wards on the map, ranked, over time and to take away. */

import './wards.css';
import { isAbort } from '../api';
import { button, el, fill, icon, type Child } from '../dom';
import { formatDay, formatInstant, formatNumber } from '../format';
import type { Page } from '../page';
import { readDay } from '../state';
import type { Opened } from '../tools';
import { words } from '../words';
import { chart } from './chart';
import { Choropleth, COLORS, SUPPRESSED, ZERO } from './choropleth';
import { changed, csvAddress, dayOf, fetchIndicator, FIRST, GROUPS, kindOf, levelTexts, ranked, SETS, written, yearBefore, type Answer, type Group, type Kind, type Ranked, type WardSet } from './data';
import { wardWords, type WardWords } from './words';

const BACK = 'M15 5l-7 7 7 7';
const ON = 'M9 5l7 7-7 7';
const NEAR = 14;

export function open(page: Page): Opened {
  const dashboard = new Dashboard(page);
  return { element: dashboard.element, close: () => dashboard.close() };
}

class Dashboard {
  readonly element = el('div', { class: 'wards' });
  readonly #page: Page;
  readonly #choices = el('div', { class: 'wards-choices' });
  readonly #body = el('div', {});
  readonly #release: () => void;
  #asking = new AbortController();
  #answer: Answer | null = null;
  #titles: ReadonlyMap<string, string> = new Map();
  #map: Choropleth | null = null;
  #boundaries: string | null = null;
  #framed = false;
  #closed = false;

  constructor(page: Page) {
    this.#page = page;
    this.element.append(this.#choices, this.#body);
    this.#release = page.takeClicks((place) => {
      const code = this.#map?.at(place) ?? null;
      if (code) this.#choose(code, false);
    });
    document.body.classList.remove('drawing'); // a click chooses: nothing is drawn
    void this.#start();
  }

  close(): void {
    this.#closed = true;
    this.#asking.abort();
    this.#release();
    this.#map?.close();
  }

  get #language() {
    return this.#page.store.state.language;
  }

  get #w() {
    return wardWords[this.#language];
  }

  get #asked() {
    const { options, at } = this.#page.store.state;
    const known = Object.values(GROUPS).flat();
    const by = known.find((id) => id === options['wards.by']) ?? FIRST;
    const set: WardSet = SETS.find((id) => id === options['wards.set']) ?? 'NEW';
    const ward = /^\d{5}$/.test(options['wards.ward'] ?? '') ? options['wards.ward'] ?? null : null;
    return { by, set, ward, on: readDay(options['wards.at'] ?? null) ?? at };
  }

  async #start(): Promise<void> {
    try {
      const schema = await this.#page.catalog.schema('indicators', this.#language);
      this.#titles = new Map(schema.properties['indicator']?.oneOf?.map((code) => [code.const, code.title ?? code.const]));
      await this.#ask();
    } catch (error) {
      this.#failed(error, () => void this.#start());
    }
  }

  /** Asks for the indicator, set and day that the URL names, and draws what comes. */
  async #ask(): Promise<void> {
    this.#asking.abort();
    const asking = this.#asking = new AbortController();
    const { by, set, on } = this.#asked;
    this.#page.notices.busy('wards', true);
    this.element.setAttribute('aria-busy', 'true');
    try {
      const answer = await fetchIndicator(by, set, on, this.#language, asking.signal);
      if (this.#closed || asking.signal.aborted) return;
      this.#answer = answer;
      this.#page.notices.clear('away'); // the server has answered
      this.#draw(answer);
    } catch (error) {
      this.#failed(error, () => void this.#ask());
    } finally {
      if (this.#asking === asking) {
        this.#page.notices.busy('wards', false);
        this.element.setAttribute('aria-busy', 'false');
      }
    }
  }

  #failed(error: unknown, retry: () => void): void {
    if (isAbort(error) || this.#closed) return;
    this.#page.report(error, retry);
    if (this.#answer) return;
    // An empty sheet would say that there is nothing.
    fill(this.#body, [el('p', { class: 'wards-none', role: 'status' }, this.#w.notHad), button(words[this.#language].retry, { class: 'plain' }, retry)]);
  }

  #set(change: Readonly<Record<string, string | null>>): void {
    this.#page.store.setOptions(change);
    void this.#ask();
  }

  #draw(answer: Answer): void {
    const { on: asked } = this.#asked;
    const on = dayOf(answer.dates, asked);
    const focused = this.#choices.contains(document.activeElement) ? document.activeElement?.id : null;
    fill(this.#choices, this.#controls(answer, on));
    if (focused) document.getElementById(focused)?.focus();
    if (!on) {
      this.#map?.close();
      this.#map = null;
      fill(this.#body, [el('p', { class: 'wards-none', role: 'status' }, this.#w.nothing)]);
      return;
    }
    const rows = this.#rows(answer, on);
    this.#paint(answer, rows);
    const notes = answer.notes.map((note) => el('li', {}, note));
    fill(this.#body, [
      answer.description && el('p', { class: 'wards-what' }, answer.description),
      answer.figures && el('p', { class: 'wards-what', id: 'wards-standing' },
        this.#w.standing(formatInstant(answer.figures.computed), answer.figures.data_version)),
      this.#legend(answer, rows),
      notes.length > 0 && el('section', { class: 'wards-notes', 'aria-label': this.#w.reading }, el('ul', {}, ...notes)),
      el('section', { class: 'wards-series', id: 'wards-series', 'aria-live': 'polite' }),
      this.#table(answer, rows),
      el('div', { class: 'wards-take' },
        el('a', { class: 'plain', href: csvAddress(answer.ward_set, answer.indicator), download: '' }, this.#w.download),
        el('a', { class: 'plain', href: csvAddress(answer.ward_set, null), download: '' }, this.#w.downloadAll)),
    ]);
    this.#series(answer, rows, on);
    if (!this.#framed) this.#frame(rows); // now that the sheet has its height
  }

  #controls({ dates }: Answer, on: string | null): Child[] {
    const { by, set } = this.#asked;
    const w = this.#w;
    const groups = (Object.keys(GROUPS) as Group[]).map((group) => el('optgroup', { label: w.groups[group] },
      ...GROUPS[group].map((id) => el('option', { value: id, selected: id === by }, this.#titles.get(id) ?? id))));
    const sets = SETS.map((id) => el('option', { value: id, selected: id === set }, id === 'NEW' ? w.newSet : w.oldSet));
    const days = dates.map((day) => el('option', { value: day, selected: day === on }, formatDay(day)));
    const place = on ? dates.indexOf(on) : -1;
    const step = (label: string, id: string, to: string | undefined, path: string) => (
      button(label, { class: 'round', id, disabled: to === undefined }, () => this.#set({ 'wards.at': to ?? null }), icon(path)));
    return [
      field(w.indicator, 'wards-by', groups, (value) => this.#set({ 'wards.by': value }), 'whole'),
      field(w.set, 'wards-set', sets, (value) => this.#set({ 'wards.set': value, 'wards.ward': null })),
      el('div', { class: 'wards-day' },
        step(w.before, 'wards-before', dates[place - 1], BACK),
        field(w.day, 'wards-at', days, (value) => this.#set({ 'wards.at': value })),
        step(w.after, 'wards-after', dates[place + 1], ON)),
    ];
  }

  #rows({ wards, dates }: Answer, on: string): readonly Ranked[] {
    return ranked(wards, on, yearBefore(dates, on), this.#language);
  }

  #paint(answer: Answer, rows: readonly Ranked[]): void {
    const { map, style } = this.#page;
    if (!this.#map || this.#boundaries !== answer.boundaries_on) {
      this.#map?.close();
      this.#map = new Choropleth(map, style, answer.boundaries_on);
      this.#boundaries = answer.boundaries_on;
      this.#framed = false;
    }
    this.#map.show(rows, (ward) => `${ward.name}\n${this.#said(answer, ward)}`);
    this.#map.choose(this.#asked.ward);
  }

  /** All wards in what the panel and the sheet leave of the map, unless most of them are there already. */
  #frame(rows: readonly Ranked[]): void {
    this.#framed = true;
    const { map } = this.#page;
    const free = this.#free();
    const inside = rows.filter(({ place }) => {
      const { x, y } = map.project([...place]);
      return x > free.left && x < innerWidth - free.right && y > free.top && y < innerHeight - free.bottom;
    });
    if (rows.length === 0 || inside.length > rows.length * 0.7) return;
    const lons = rows.map(({ place }) => place[0]);
    const lats = rows.map(({ place }) => place[1]);
    const around = map.cameraForBounds([[Math.min(...lons), Math.min(...lats)], [Math.max(...lons), Math.max(...lats)]], { padding: free, maxZoom: NEAR + 1 });
    // The points lie within the wards, which reach further.
    if (around) map.jumpTo({ ...around, zoom: (around.zoom ?? NEAR) - 0.4 });
  }

  /** Pixels that the panel and the sheet take on each side. */
  #free(): { top: number; bottom: number; left: number; right: number } {
    const sheet = this.#page.map.getContainer().parentElement?.querySelector('#sheet')?.getBoundingClientRect();
    const side = document.querySelector('.side')?.getBoundingClientRect();
    const beside = !matchMedia('(max-width: 47.5em)').matches;
    if (beside) return { top: 40, bottom: 40, left: (side?.right ?? 0) + 40, right: innerWidth - (sheet?.left ?? innerWidth) + 40 };
    return { top: (side?.bottom ?? 0) + 30, bottom: innerHeight - (sheet?.top ?? innerHeight) + 30, left: 50, right: 50 };
  }

  #said(answer: Answer, { cell }: Pick<Ranked, 'cell'>): string {
    if (cell?.value != null) return written(cell.value, answer, this.#language);
    return cell?.state === 'SUPPRESSED' ? this.#w.suppressed : this.#w.noData;
  }

  #legend(answer: Answer, rows: readonly Ranked[]): HTMLElement {
    const w = this.#w;
    const kinds = rows.map(({ cell }) => kindOf(cell));
    const count = (level: number) => rows.filter(({ cell }, place) => kinds[place] === 'ranked' && cell?.level === level).length;
    const of = (kind: Kind) => kinds.filter((one) => one === kind).length;
    const levels = levelTexts(answer, w, this.#language).map((text, place) => (
      entry(COLORS[place] ?? ZERO, `${w.level(place + 1)}: ${text}`, count(place + 1), w)));
    return el('section', { class: 'wards-legend', 'aria-label': w.levels }, el('h3', {}, w.levels), el('ul', {},
      ...levels,
      of('zero') > 0 && entry(ZERO, w.zero(written(0, answer, this.#language)), of('zero'), w),
      of('withheld') > 0 && entry(SUPPRESSED, w.suppressed, of('withheld'), w),
      of('missing') > 0 && entry(null, w.noData, of('missing'), w)));
  }

  #table(answer: Answer, rows: readonly Ranked[]): HTMLElement {
    const w = this.#w;
    const on = dayOf(answer.dates, this.#asked.on);
    const earlier = on && yearBefore(answer.dates, on);
    const heads = [w.rank, w.ward, w.value, w.change(earlier && formatDay(earlier))].map((head) => el('th', { scope: 'col' }, head));
    const most = Math.max(0, ...rows.map(({ cell }) => cell?.value ?? 0));
    const body = rows.map((ward) => this.#row(answer, ward, most));
    return el('section', { class: 'wards-ranking' }, el('h3', { id: 'wards-ranking' }, w.ranking(rows.filter(({ rank }) => rank !== null).length, rows.length)),
      rows.some(({ rank }) => rank !== null) && el('p', { class: 'wards-hint' }, w.highest),
      el('table', { 'aria-labelledby': 'wards-ranking' }, el('thead', {}, el('tr', {}, ...heads)), el('tbody', {}, ...body)));
  }

  #row(answer: Answer, ward: Ranked, most: number): HTMLElement {
    const { cell, code, name, rank, change } = ward;
    const w = this.#w;
    const bar = el('span', { class: 'wards-bar', 'aria-hidden': 'true' });
    bar.style.setProperty('--share', `${cell?.value && most ? (100 * cell.value) / most : 0}%`);
    bar.style.setProperty('--level', COLORS[(cell?.level ?? 1) - 1] ?? ZERO);
    const partly = cell?.value != null && !cell.complete && el('span', { class: 'wards-partly', title: w.incomplete }, ' *', el('span', { class: 'hidden-text' }, w.incomplete));
    const row = el('tr', { 'data-ward': code, class: cell?.value ? '' : 'without' },
      el('td', { class: 'number' }, rank === null ? '–' : String(rank)),
      el('th', { scope: 'row' }, button(name, { class: 'text', title: w.show(name) }, () => this.#choose(code, true))),
      el('td', { class: 'number' }, el('span', {}, this.#said(answer, ward), partly), bar),
      el('td', { class: 'number' }, change === null ? '–' : changed(change, answer.unit, this.#language)));
    row.addEventListener('pointerenter', ({ pointerType }) => {
      if (pointerType === 'mouse') this.#map?.near(code, true); // a finger that has left tells nothing of it
    });
    row.addEventListener('pointerleave', () => this.#map?.near(code, false));
    return row;
  }

  /** `fly`: chosen in the table, so that the map goes there; else chosen on the map, so that the table does. */
  #choose(code: string, fly: boolean): void {
    const answer = this.#answer;
    const on = answer && dayOf(answer.dates, this.#asked.on);
    if (!answer || !on) return;
    this.#page.store.setOptions({ 'wards.ward': code });
    this.#map?.choose(code);
    const rows = this.#rows(answer, on);
    this.#series(answer, rows, on);
    const chosen = rows.find((ward) => ward.code === code);
    if (fly && chosen) this.#goTo(chosen);
    else this.element.querySelector('#wards-series')?.scrollIntoView({ block: 'start', behavior: 'instant' });
  }

  /** The ward in the middle of what the panel and the sheet leave of the map. */
  #goTo({ place }: Ranked): void {
    const { top, bottom, left, right } = this.#free();
    this.#page.map.easeTo({ center: [...place], offset: [(left - right) / 2, (top - bottom) / 2] });
  }

  #series(answer: Answer, rows: readonly Ranked[], on: string): void {
    const w = this.#w;
    const host = this.element.querySelector('#wards-series');
    if (!host) return;
    const { ward: code } = this.#asked;
    for (const row of this.element.querySelectorAll('tr[data-ward]')) row.classList.toggle('chosen', row.getAttribute('data-ward') === code);
    const ward = rows.find((one) => one.code === code);
    if (!ward) return fill(host, [el('p', { class: 'wards-hint' }, w.chooseWard)]);
    const write = (value: number) => written(value, answer, this.#language);
    const axis = (value: number) => formatNumber(value, this.#language, 1);
    const known = ward.series.filter(({ value }) => value !== null);
    const values = known.map(({ value }) => value ?? 0);
    const label = known.length === 0 ? w.noData : w.from_to(ward.name, formatDay(known[0]?.date ?? ''), formatDay(known.at(-1)?.date ?? ''), write(Math.min(...values)), write(Math.max(...values)));
    const hollow = values.some((value) => value > 0) && known.some(({ basis }) => basis === 'APPORTIONED');
    fill(host, [
      el('h3', {}, w.series(ward.name, answer.unit_title)),
      chart(ward.series, { label, reform: w.reform, write: axis, chosen: on, width: Math.max(280, Math.min(560, host.clientWidth)) })
        ?? el('p', { class: 'wards-hint' }, w.noChart),
      hollow && el('p', { class: 'wards-hint' }, w.hollow),
      el('details', {}, el('summary', {}, w.seriesTable), el('table', {},
        el('thead', {}, el('tr', {}, ...[w.day, w.value, w.basis].map((head) => el('th', { scope: 'col' }, head)))),
        el('tbody', {}, ...ward.series.map((cell) => el('tr', {},
          el('th', { scope: 'row' }, formatDay(cell.date)),
          el('td', { class: 'number' }, this.#said(answer, { cell })),
          el('td', {}, cell.basis === 'APPORTIONED' ? w.apportioned : w.counted)))))),
    ]);
  }
}

/** `color` null: hatched, as on the map. */
function entry(color: string | null, text: string, count: number, w: WardWords): HTMLElement {
  const mark = el('span', { class: `swatch fill ${color ? '' : 'wards-hatched'}`, 'aria-hidden': 'true' });
  if (color) mark.style.backgroundColor = color;
  return el('li', {}, mark, el('span', {}, text), el('span', { class: 'wards-count' }, w.places(count)));
}

function field(label: string, id: string, options: readonly HTMLElement[], onChange: (value: string) => void, kind = ''): HTMLElement {
  const select = el('select', { id }, ...options);
  select.addEventListener('change', () => onChange(select.value));
  return el('div', { class: `wards-field ${kind}` }, el('label', { for: id }, label), select);
}
