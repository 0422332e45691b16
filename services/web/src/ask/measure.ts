/** The tool that measures a length or an area drawn on the map. */

import './ask.css';
import { button, el, fill, type Child } from '../dom';
import { formatNumber, formatQuantity } from '../format';
import type { Page } from '../page';
import type { Place } from '../shape';
import type { Opened } from '../tools';
import type { Language } from '../words';
import { Draw, sketchFeatures, sketchLayers, type Sketch } from './draw';
import { areaOf, crossesItself, distance, lengthOf } from './geodesy';
import { Overlay } from './overlay';
import { askWords, type AskWords } from './words';

const KINDS: readonly Sketch['kind'][] = ['line', 'area'];
/** From here on kilometres and hectares are easier to read. */
const [LONG, WIDE] = [10_000, 100_000];

export function open(page: Page): Opened {
  const tool = new MeasureTool(page);
  return { element: tool.element, close: () => tool.close() };
}

class MeasureTool {
  readonly element = el('div', { class: 'ask-form' });
  readonly #page: Page;
  readonly #language: Language;
  readonly #a: AskWords;
  readonly #overlay: Overlay;
  readonly #result = el('div', { class: 'ask-draw', role: 'status' });
  readonly #buttons = el('div', { class: 'ask-buttons ask-draw' });
  #kind: Sketch['kind'] = 'line';
  #draw: Draw | null = null;

  constructor(page: Page) {
    this.#page = page;
    this.#language = page.store.state.language;
    this.#a = askWords[this.#language];
    this.#overlay = new Overlay(page.map, 'ask-measured', sketchLayers('ask-measured'));
    const kinds = KINDS.map((kind) => {
      const radio = el('input', { type: 'radio', name: 'ask-kind', value: kind, checked: kind === this.#kind });
      radio.addEventListener('change', () => this.#start(kind));
      return el('label', {}, radio, el('span', {}, kind === 'line' ? this.#a.length : this.#a.area));
    });
    fill(this.element, [
      el('div', { class: 'kinds ask-draw', role: 'radiogroup', 'aria-label': this.#a.measure }, ...kinds),
      this.#result,
      this.#buttons,
      el('p', { class: 'quiet ask-draw' }, this.#a.measureHow),
    ]);
    this.#start(this.#kind);
  }

  close(): void {
    this.#draw?.close();
    this.#overlay.close();
  }

  #start(kind: Sketch['kind']): void {
    this.#draw?.close();
    this.#kind = kind;
    this.#overlay.show([]);
    const draw = new Draw(this.#page, {
      kind, snap: [],
      label: (length) => this.#length(length),
      changed: (points) => this.#tell(points, true),
      finished: (points) => this.#finished(points),
      cancelled: () => this.#start(kind),
    });
    this.#draw = draw;
    this.#tell([], true);
  }

  #finished(points: readonly Place[]): void {
    this.#draw = null;
    this.#overlay.show(sketchFeatures({ kind: this.#kind, points }, (length) => this.#length(length), false));
    this.#tell(points, false);
  }

  #tell(points: readonly Place[], drawing: boolean): void {
    const a = this.#a;
    fill(this.#result, this.#values(points, drawing));
    fill(this.#buttons, drawing ? [
      button(a.finish, { class: 'primary', disabled: points.length < (this.#kind === 'area' ? 3 : 2) }, () => this.#draw?.finish()),
      button(a.undo, { class: 'plain', disabled: points.length === 0 }, () => this.#draw?.undo()),
    ] : [button(a.again, { class: 'primary' }, () => this.#start(this.#kind))]);
  }

  #values(points: readonly Place[], drawing: boolean): Child[] {
    const a = this.#a;
    if (points.length < 2) return [el('p', {}, this.#kind === 'area' ? a.drawHint : a.drawLine)];
    if (this.#kind === 'line') return [el('p', { class: 'measured-value' }, this.#length(lengthOf(points))), this.#segments(points)];
    if (points.length < 3) return [el('p', {}, a.points(points.length))];
    if (crossesItself(points)) return [el('p', { class: 'ask-fault' }, a.crossing)];
    const size = areaOf(points);
    return [
      el('p', { class: 'measured-value' }, size < WIDE ? formatQuantity(size, 'm2', this.#language) : formatQuantity(size / 10_000, 'ha', this.#language)),
      !drawing && el('p', {}, `${a.perimeter}: ${this.#length(lengthOf([...points, points[0] as Place]))}`),
    ];
  }

  #segments(points: readonly Place[]): Child {
    if (points.length < 3) return null;
    const lengths = points.slice(1).map((to, index) => this.#length(distance(points[index] as Place, to)));
    return el('p', { class: 'quiet' }, `${this.#a.segments}: ${lengths.join(' + ')}`);
  }

  #length(length: number): string {
    if (length >= LONG) return `${formatNumber(length / 1000, this.#language, 2)}\u00a0km`;
    return formatQuantity(length, 'm', this.#language);
  }
}
