/** The footprint of the form: drawn on the map, set along a side of the parcel, or the parcel itself. */

import { button, el, fill } from '../dom';
import { formatNumber, formatQuantity } from '../format';
import type { Page } from '../page';
import type { Place } from '../shape';
import type { Language } from '../words';
import { Draw, sketchFeatures, sketchLayers } from './draw';
import { choiceField, numberField } from './field';
import { areaOf, crossesItself, distance, rectangleAt, type Sizes } from './geodesy';
import { readNumber } from './numbers';
import { RED, Overlay } from './overlay';
import { askWords } from './words';

export interface FootprintOptions {
  readonly page: Page;
  readonly language: Language;
  /** Corners of the parcel */
  readonly lot: readonly Place[];
  readonly value: readonly Place[] | null;
  readonly changed: (footprint: readonly Place[] | null) => void;
}

const SIZES = ['setback', 'margin', 'width', 'depth'] as const;

export class Footprint {
  readonly element = el('fieldset', { class: 'ask-draw' });
  readonly #options: FootprintOptions;
  readonly #overlay: Overlay;
  #value: readonly Place[] | null;
  #draw: Draw | null = null;
  #mode: 'shown' | 'drawing' | 'rectangle' = 'shown';
  #side: number;
  readonly #typed: Record<keyof Sizes, string> = { setback: '0', margin: '0', width: '', depth: '' };

  constructor(options: FootprintOptions) {
    this.#options = options;
    this.#value = options.value;
    this.#side = longest(options.lot);
    this.#overlay = new Overlay(options.page.map, 'ask-plan', [
      ...sketchLayers('ask-plan'),
      { id: 'ask-plan-side', type: 'line', filter: ['==', ['get', 'kind'], 'side'], paint: { 'line-color': RED, 'line-width': 6, 'line-opacity': 0.8 } },
    ]);
    this.#render();
  }

  close(): void {
    this.#draw?.close();
    this.#overlay.close();
  }

  #label(length: number): string {
    return formatNumber(length, this.#options.language, 2);
  }

  #set(value: readonly Place[] | null): void {
    if (value !== this.#value) this.#options.changed(value);
    this.#value = value;
    this.#mode = 'shown';
    this.#draw = null;
    this.#render();
    this.element.querySelector<HTMLElement>('button')?.focus({ preventScroll: true });
  }

  #render(): void {
    const { language, lot } = this.#options;
    const a = askWords[language];
    const kept = this.#value && this.#mode !== 'drawing' ? sketchFeatures({ kind: 'area', points: this.#value }, (length) => this.#label(length), false) : [];
    const [from, to] = [lot[this.#side], lot[(this.#side + 1) % lot.length]];
    const side = this.#mode === 'rectangle' && from && to ? [{
      type: 'Feature' as const, properties: { kind: 'side' }, geometry: { type: 'LineString' as const, coordinates: [[from.lon, from.lat], [to.lon, to.lat]] },
    }] : [];
    this.#overlay.show([...side, ...kept]);
    fill(this.element, [
      el('legend', {}, a.footprint),
      ...(this.#mode === 'drawing' ? this.#drawing() : this.#mode === 'rectangle' ? this.#rectangle() : this.#shown()),
    ]);
  }

  #shown(): HTMLElement[] {
    const { language, lot } = this.#options;
    const a = askWords[language];
    const size = this.#value ? areaOf(this.#value) : 0;
    const share = lot.length > 2 ? formatQuantity(Math.round((1000 * size) / areaOf(lot)) / 10, '%', language) : '';
    return [
      el('p', { class: this.#value ? '' : 'help', role: 'status' }, this.#value ? a.drawn(formatQuantity(size, 'm2', language), share) : a.noFootprint),
      el('div', { class: 'ask-buttons' },
        button(a.draw, { class: 'plain', id: 'ask-footprint' }, () => this.#start()),
        button(a.byRectangle, { class: 'plain' }, () => {
          this.#mode = 'rectangle';
          this.#render();
          this.element.querySelector('select')?.focus();
        }),
        ...(lot.length > 2 ? [button(a.wholeLot, { class: 'plain' }, () => this.#set(lot))] : []),
        ...(this.#value ? [button(a.removeDrawing, { class: 'plain' }, () => this.#set(null))] : [])),
    ];
  }

  #start(): void {
    const { page, language, lot } = this.#options;
    this.#mode = 'drawing';
    this.#draw = new Draw(page, {
      kind: 'area',
      snap: lot.length > 2 ? [lot] : [],
      label: (length) => this.#label(length),
      changed: (points) => {
        fill(status, [askWords[language].points(points.length)]);
        finish.disabled = points.length < 3;
        undo.disabled = points.length === 0;
      },
      finished: (points) => this.#finished(points),
      cancelled: () => this.#set(this.#value),
    });
    this.#render();
    const status = this.element.querySelector('[role=status]') as HTMLElement;
    const [finish, undo] = [...this.element.querySelectorAll('button')] as [HTMLButtonElement, HTMLButtonElement];
    page.map.getCanvas().focus({ preventScroll: true });
  }

  #finished(points: readonly Place[]): void {
    if (!crossesItself(points)) return this.#set(points);
    this.#set(this.#value);
    fill(this.element.querySelector('[role=status]') as HTMLElement, [el('span', { class: 'ask-fault', role: 'alert' }, askWords[this.#options.language].crossing)]);
  }

  #drawing(): HTMLElement[] {
    const a = askWords[this.#options.language];
    return [
      el('p', { class: 'help' }, a.drawHint),
      el('p', { role: 'status' }, a.points(0)),
      el('div', { class: 'ask-buttons' },
        button(a.finish, { class: 'primary', disabled: true }, () => this.#draw?.finish()),
        button(a.undo, { class: 'plain', disabled: true }, () => this.#draw?.undo()),
        button(a.cancel, { class: 'plain' }, () => {
          this.#draw?.close();
          this.#set(this.#value);
        })),
    ];
  }

  #rectangle(): HTMLElement[] {
    const { language, lot } = this.#options;
    const a = askWords[language];
    const sides = lot.map((from, index): [string, string] => (
      [String(index), a.sideOption(index + 1, formatQuantity(Math.round(100 * distance(from, lot[(index + 1) % lot.length] as Place)) / 100, 'm', language))]
    ));
    const fault = el('p', { class: 'ask-fault', role: 'alert' });
    return [
      el('p', { class: 'label' }, a.rectangle),
      choiceField({
        id: 'side', title: a.alongSide, value: String(this.#side), changed: (value) => {
          this.#side = Number(value);
          this.#render();
          this.element.querySelector('select')?.focus();
        },
      }, sides),
      el('div', { class: 'ask-grid' }, ...SIZES.map((name) => numberField({
        id: name, title: a[name], value: this.#typed[name], changed: (value) => { this.#typed[name] = value; },
      }))),
      fault,
      el('div', { class: 'ask-buttons' },
        button(a.place, { class: 'primary' }, () => this.#place(fault)),
        button(a.cancel, { class: 'plain' }, () => this.#set(this.#value))),
    ];
  }

  #place(fault: HTMLElement): void {
    const { language, lot } = this.#options;
    const [setback, margin, width, depth] = SIZES.map((name) => readNumber(this.#typed[name] || (name === 'setback' || name === 'margin' ? '0' : ''), language));
    if (setback == null || margin == null || !width || !depth) fill(fault, [askWords[language].wrongNumber]);
    else this.#set(rectangleAt(lot, this.#side, { setback, margin, width, depth }));
  }
}

function longest(lot: readonly Place[]): number {
  const lengths = lot.map((from, index) => distance(from, lot[(index + 1) % lot.length] as Place));
  return Math.max(0, lengths.indexOf(Math.max(...lengths)));
}
