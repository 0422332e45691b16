/** The tool that checks a building on the selected parcel. */

import './ask.css';
import { ApiError, explain, fetchItem, isAbort, request, type Code, type Schema } from '../api';
import { button, el, fill, type Child } from '../dom';
import { formatDay } from '../format';
import { knownDay } from '../known';
import { PRIMARY } from '../order';
import type { Page } from '../page';
import { boundsOf } from '../shape';
import { codeTitle, featureTitle } from '../titles';
import type { Opened } from '../tools';
import { words, type Language } from '../words';
import { blank, elsewhere, fetchCodes, fetchInputs, fieldOf, inputsOf, NotANumber, STOREY_KINDS, whereOf, type Application, type Inputs, type InputSchema } from './application';
import { choiceField, numberField, textField } from './field';
import { answerParts, Conflicts, type Answer } from './findings';
import { Footprint } from './footprint';
import { showBeside } from './overlay';
import { outlineOf } from './sides';
import { fetchStanding, standingFields, type Standing } from './standing';
import { askWords, type AskWords } from './words';

/** What was typed stays for as long as the page does, also where the tool is closed or the language changes. */
let application: Application = blank();
let applicationOf: string | null = null;

interface Asked {
  readonly inputs: Inputs;
  readonly use: Schema;
  readonly work: Schema;
  /** The codes of facts that have some, with their names */
  readonly codes: Readonly<Record<string, readonly Code[]>>;
  readonly standing: readonly Standing[] | null;
}

export function open(page: Page): Opened {
  const tool = new CheckTool(page);
  return { element: tool.element, close: () => tool.close() };
}

class CheckTool {
  readonly element = el('div', {});
  readonly #page: Page;
  readonly #language: Language;
  readonly #a: AskWords;
  readonly #unsubscribe: () => void;
  #request = new AbortController();
  #footprint: Footprint | null = null;
  #conflicts: Conflicts | null = null;
  #sheet: string | null = null;
  readonly #form = el('form', { class: 'ask-form', novalidate: true });
  readonly #fault = el('p', { class: 'ask-fault', role: 'alert' });
  readonly #answer = el('section', { class: 'ask-answer', 'aria-labelledby': 'ask-result', hidden: true });

  constructor(page: Page) {
    this.#page = page;
    this.#language = page.store.state.language;
    this.#a = askWords[this.#language];
    this.#unsubscribe = page.store.subscribe((now, before) => {
      if (now.selected?.id !== before.selected?.id || now.at !== before.at) void this.#load();
    });
    void this.#load();
  }

  close(): void {
    this.#unsubscribe();
    this.#clear();
  }

  #clear(): void {
    this.#request.abort();
    this.#page.notices.busy('check', false); // a check that was given up does not tell its end
    this.#footprint?.close();
    this.#footprint = null;
    this.#dropAnswer();
  }

  #dropAnswer(): void {
    this.#conflicts?.close();
    this.#conflicts = null;
    if (this.#sheet) URL.revokeObjectURL(this.#sheet);
    this.#sheet = null;
    this.#answer.hidden = true;
    fill(this.#answer, []);
  }

  async #load(): Promise<void> {
    this.#clear();
    const { selected, at } = this.#page.store.state;
    if (selected?.layer !== PRIMARY) return fill(this.element, [el('p', { class: 'remark' }, this.#a.pickParcel)]);
    const { signal } = this.#request = new AbortController();
    const { catalog } = this.#page;
    const language = this.#language;
    fill(this.element, [el('p', { role: 'status' }, words[language].loading)]);
    try {
      const [item, schema, inputs, use, work, standing, codes] = await Promise.all([
        fetchItem(selected, at, language, signal), catalog.schema(PRIMARY, language), fetchInputs(language, signal),
        catalog.schema('buildings', language), catalog.schema('permits', language),
        fetchStanding(whereOf(selected.id, at, knownDay), language, signal), fetchCodes(at, language, signal),
      ]);
      if (signal.aborted) return;
      if (applicationOf !== selected.id) application = elsewhere(application);
      applicationOf = selected.id;
      const title = featureTitle(PRIMARY, item.properties, schema, '', language);
      this.#show(selected.id, title, { inputs, use, work, standing, codes }, item.geometry && outlineOf(item.geometry));
      if (item.geometry) showBeside(this.#page.map, boundsOf(item.geometry));
    } catch (error) {
      if (isAbort(error) || signal.aborted) return;
      console.error(error);
      fill(this.element, [
        el('p', { class: 'remark', role: 'alert' }, explain(error, words[language])),
        button(words[language].retry, { class: 'plain' }, () => void this.#load()),
      ]);
    }
  }

  #show(parcel: string, title: string, asked: Asked, lot: Application['footprint']): void {
    const a = this.#a;
    const run = (event: Event) => {
      event.preventDefault();
      void this.#run(parcel, asked.inputs);
    };
    this.#footprint = new Footprint({
      page: this.#page, language: this.#language, lot: lot ?? [], value: application.footprint,
      changed: (footprint) => this.#change({ footprint }),
    });
    this.#form.onsubmit = run;
    const { at } = this.#page.store.state;
    fill(this.#form, [
      el('p', { class: 'parcel' }, title),
      ...this.#building(asked),
      this.#footprint.element,
      standingFields(asked.standing, application.fates, this.#language, (id, fate) => this.#change({ fates: { ...application.fates, [id]: fate } })),
      this.#more(asked),
      el('p', { class: 'quiet' }, a.dayHelp(at ? formatDay(at) : '')),
      this.#fault,
      el('button', { type: 'submit', class: 'primary' }, a.run),
    ]);
    fill(this.#fault, []);
    fill(this.element, [this.#form, this.#answer]);
  }

  #change(change: Partial<Application>): void {
    application = { ...application, ...change };
    if (!this.#answer.hidden && !this.#answer.querySelector('.stale')) this.#answer.prepend(el('p', { class: 'lacking stale', role: 'status' }, this.#a.stale));
  }

  #building({ inputs, use, work }: Asked): Child[] {
    const a = this.#a;
    const choices = (codes: readonly string[], schema: Schema, name: string): [string, string][] => [
      ['', a.notStated], ...codes.map((code): [string, string] => [code, code === 'SPLIT' ? a.split : codeTitle(schema.properties[name], code)]),
    ];
    const kinds = el('details', {},
      el('summary', {}, a.storeysByKind),
      el('div', { class: 'ask-grid' }, ...STOREY_KINDS.map((kind) => numberField({
        id: `kind-${kind}`, title: a.storeyKinds[kind] ?? kind, value: application.kinds[kind] ?? '',
        changed: (value) => this.#change({ kinds: { ...application.kinds, [kind]: value } }),
      }))));
    kinds.open = Object.values(application.kinds).some((value) => value.trim());
    return [
      el('div', { class: 'ask-grid' },
        choiceField({ id: 'work', title: a.work, value: application.work, changed: (value) => this.#change({ work: value }) }, choices(inputs.works, work, 'work_kind')),
        choiceField({ id: 'use', title: a.use, value: application.use, changed: (value) => this.#change({ use: value }) }, choices(inputs.uses, use, 'use'))),
      textField({ id: 'storeys', title: a.storeysSaid, help: a.storeysHelp, value: application.storeys, changed: (value) => this.#change({ storeys: value }) }, { maxlength: 200 }),
      kinds,
      numberField({ id: 'height', title: a.heightOf, help: a.heightHelp, value: application.height, changed: (value) => this.#change({ height: value }) }),
    ];
  }

  /** What else rules may ask, as the process describes it. */
  #more({ inputs, codes }: Asked): HTMLElement {
    const a = this.#a;
    return el('details', { id: 'ask-more' },
      el('summary', {}, a.more_facts),
      el('div', { class: 'ask-grid' },
        choiceField(
          { id: 'class', title: a.buildingClass, value: application.buildingClass, changed: (value) => this.#change({ buildingClass: value }) },
          [['', a.notStated], ...inputs.classes.map((code): [string, string] => [code, a.codes[code] ?? code])],
        ),
        ...inputs.floors.map((floor) => numberField({
          id: `floor-${floor}`, title: `${a.floors[floor] ?? floor} (m²)`, value: application.floors[floor] ?? '',
          changed: (value) => this.#change({ floors: { ...application.floors, [floor]: value } }),
        })),
        ...Object.entries(inputs.facts).map(([name, schema]) => this.#fact(name, schema, codes[name]))));
  }

  #fact(name: string, schema: InputSchema, codes: readonly Code[] = []): HTMLElement {
    const a = this.#a;
    const w = words[this.#language];
    const unit = name.endsWith('_m') ? ' (m)' : name.endsWith('_m2') || name === 'lot_area' ? ' (m²)' : '';
    const options = {
      id: `fact-${name}`, title: titleOf(schema, this.#language, name) + unit, value: application.facts[name] ?? '',
      changed: (value: string) => this.#change({ facts: { ...application.facts, [name]: value } }),
    };
    if (schema.type === 'boolean') return choiceField(options, [['', a.notStated], ['true', w.yes], ['false', w.no]]);
    if (schema.enum) return choiceField(options, [['', a.notStated], ...schema.enum.map((code): [string, string] => [code, a.codes[code] ?? code])]);
    if (schema.type === 'number') return numberField(options);
    if (codes.length > 0) return choiceField(options, [['', a.notStated], ...codes.map(({ const: code, title }): [string, string] => [code, title ? `${title} (${code})` : code])]);
    return textField(options, { maxlength: schema.maxLength ?? 200 });
  }

  async #run(parcel: string, inputs: Inputs): Promise<void> {
    fill(this.#fault, []);
    const { signal } = this.#request = replaced(this.#request);
    this.#dropAnswer();
    try {
      const sent = inputsOf(application, inputs, whereOf(parcel, this.#page.store.state.at, knownDay), this.#language);
      this.#busy(true);
      const response = await request('processes/permit-check/execution', this.#language, { accept: 'application/json', signal, json: { inputs: sent, outputs: { answer: {} } } });
      const answer = await response.json() as Answer;
      if (!Array.isArray(answer.findings)) throw new SyntaxError('permit-check: no findings');
      if (!signal.aborted) this.#tell(answer, inputs);
    } catch (error) {
      if (!isAbort(error) && !signal.aborted) this.#fail(error);
    } finally {
      if (!signal.aborted) this.#busy(false);
    }
  }

  #busy(on: boolean): void {
    const submit = this.#form.querySelector<HTMLButtonElement>('[type=submit]');
    if (submit) {
      submit.disabled = on;
      submit.textContent = on ? this.#a.running : this.#a.run;
    }
    this.#page.notices.busy('check', on);
  }

  #tell(answer: Answer, inputs: Inputs): void {
    this.#conflicts = new Conflicts(this.#page, answer.findings);
    const goTo = (name: string) => {
      const field = fieldOf(name, inputs);
      return field ? () => this.#goTo(field) : null;
    };
    fill(this.#answer, answerParts({ answer, conflicts: this.#conflicts, language: this.#language, goTo, print: this.#printing(answer) }));
    this.#answer.hidden = false;
    const title = this.#answer.querySelector<HTMLElement>('#ask-result');
    title?.focus({ preventScroll: true });
    title?.scrollIntoView({ block: 'start' });
  }

  #goTo(field: string): void {
    const control = this.#form.querySelector<HTMLElement>(`#ask-${CSS.escape(field)}`);
    const folded = control?.closest('details');
    if (folded) folded.open = true;
    control?.scrollIntoView({ block: 'center' });
    control?.focus({ preventScroll: true });
  }

  #fail(error: unknown): void {
    const a = this.#a;
    if (error instanceof NotANumber) {
      const control = this.#mark(error.field);
      const title = control?.parentElement?.querySelector('label')?.textContent ?? '';
      return fill(this.#fault, [a.notNumber(title.replace(/ \(m²?\)$/, ''))]);
    }
    console.error(error);
    const refused = error instanceof ApiError && error.status >= 400 && error.status < 500 ? error.problem : {};
    const place = refused.where?.split('.')[0] ?? '';
    if (place) this.#mark(place === 'height_m' ? 'height' : place);
    const told = refused.detail?.replace(new RegExp(`^${place}[^:]*: `), '');
    fill(this.#fault, [told ? told.charAt(0).toUpperCase() + told.slice(1) : explain(error, words[this.#language])]);
  }

  #mark(field: string): HTMLElement | null {
    const control = this.#form.querySelector<HTMLElement>(`#ask-${CSS.escape(field)}`);
    control?.setAttribute('aria-invalid', 'true');
    this.#goTo(field);
    return control;
  }

  /** The sheet is made when it is asked for: that takes longer than the answer. */
  #printing(answer: Answer): HTMLElement {
    const a = this.#a;
    const host = el('p', { class: 'ask-buttons', role: 'status' });
    const make = async () => {
      const { signal } = this.#request;
      fill(host, [a.printing]);
      try {
        const response = await request('processes/permit-check/execution', this.#language, { accept: 'application/pdf', signal, json: { inputs: answer.inputs, outputs: { pdf: {} } } });
        const sheet = URL.createObjectURL(await response.blob());
        if (signal.aborted) return URL.revokeObjectURL(sheet);
        this.#sheet = sheet;
        const link = el('a', { href: sheet, download: 'phieu-kiem-tra-ho-so.pdf', class: 'sheet-link' }, a.printed);
        fill(host, [link]);
        link.focus({ preventScroll: true });
      } catch (error) {
        if (isAbort(error) || signal.aborted) return;
        console.error(error);
        fill(host, [el('span', { class: 'ask-fault', role: 'alert' }, explain(error, words[this.#language])), button(words[this.#language].retry, { class: 'plain' }, () => void make())]);
      }
    };
    fill(host, [button(a.print, { class: 'plain' }, () => void make())]);
    return host;
  }
}

function replaced(request: AbortController): AbortController {
  request.abort();
  return new AbortController();
}

/** Titles of facts are told in both languages. */
function titleOf({ title }: InputSchema, language: Language, name: string): string {
  const [vi = name, en = vi] = (title ?? name).split(' / ');
  const told = language === 'vi' ? vi : en;
  return told.charAt(0).toUpperCase() + told.slice(1);
}
