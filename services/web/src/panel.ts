/** The panel of layers in their groups: title, swatch, on or off, legend of what is in view; and the day looked at. */

import type { Map as MapView, StyleSpecification } from 'maplibre-gl';
import './look/look.css';
import type { Collection, Schema } from './api';
import { address } from './api';
import type { Catalog } from './catalog';
import { dayPicker } from './day';
import { button, el } from './dom';
import { readLegend, type Entry, type Legend } from './legend';
import { Fades } from './look/fade';
import { GROUND, OUTSIDE } from './look/ground';
import { groundCollections, groundRemark } from './look/ground-rows';
import { grouped } from './look/groups';
import { fillingLayer, FILLS_GROUND, placeInList } from './order';
import type { State } from './state';
import type { Store } from './store';
import { dataLayer, dataLayers, drawsFeatures, minimumZoom, shownAtFirst } from './style';
import { entrySwatch, layerSwatch, swatch } from './swatch';
import { codeTitle } from './titles';
import { words } from './words';

/** Rows of one legend; more would hide the other layers. */
const MOST_ENTRIES = 7;

export interface PanelOptions {
  readonly map: MapView;
  readonly style: StyleSpecification;
  readonly store: Store;
  readonly catalog: Catalog;
  /** Titles or schemas could not be had */
  readonly onError: (error: unknown, retry: () => void) => void;
}

interface LayerRow {
  readonly id: string;
  readonly legend: Legend;
  readonly minimumZoom: number;
  /** Style layers whose features the legend counts */
  readonly drawnBy: readonly string[];
}

export class Panel {
  readonly element = el('div', { class: 'panel-content' });
  readonly #title = el('h2', { class: 'hidden-text' });
  readonly #layers = el('div', { class: 'groups' });
  readonly #link = el('a', { href: address('collections') });
  /** Layers whose whole legend is shown */
  readonly #whole = new Set<string>();
  readonly #rows: readonly LayerRow[];
  readonly #atFirst: readonly string[];
  /** Codes in view by layer */
  #inView = new Map<string, ReadonlyMap<string, number>>();
  #drawn = '';
  readonly #fades: Fades;

  readonly #options: PanelOptions;

  constructor(options: PanelOptions) {
    const { map, style, store } = options;
    this.#options = options;
    this.#fades = new Fades(store, () => this.update());
    this.#atFirst = shownAtFirst(style);
    const ids = dataLayers(style).sort((a, b) => placeInList(a) - placeInList(b));
    this.#rows = ids.map((id) => layerRow(style, id));
    map.on('idle', () => this.update());
    store.subscribe((now, before) => {
      if (now.language !== before.language || now.layers !== before.layers) this.update();
    });
    this.element.append(dayPicker(store), this.#title, this.#layers, el('p', { class: 'links' }, this.#link));
    this.update();
  }

  /** Draws again what has changed. */
  update(): void {
    this.#update().catch((error: unknown) => this.#options.onError(error, () => this.update()));
  }

  async #update(): Promise<void> {
    const { state } = this.#options.store;
    this.#inView = this.#codesInView();
    const collections = await this.#options.catalog.collections(state.language);
    const schemas = await this.#schemas(state);
    const now = this.#options.store.state;
    if (state.language !== now.language) return; // a later call draws it
    const known = [...collections, ...groundCollections(this.#options.style, now.language)];
    const rows = new Map(this.#rows.flatMap((row) => {
      const collection = known.find(({ id }) => id === row.id);
      return collection ? [[row.id, this.#layerRow(row, collection, schemas.get(row.id), now)] as const] : [];
    }));
    this.#replace(rows, now);
  }

  shown(): readonly string[] {
    return this.#options.store.state.layers ?? this.#atFirst;
  }

  /** Rebuilt only when it differs, and with the focus kept. */
  #replace(rows: ReadonlyMap<string, HTMLElement>, state: State): void {
    const drawn = JSON.stringify([state.language, [...rows.values()].map((row) => row.outerHTML)]);
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    const focused = document.activeElement?.id;
    const w = words[state.language];
    this.#title.textContent = w.layers;
    this.#link.textContent = w.collections;
    this.#layers.replaceChildren(...grouped([...rows.keys()]).map(({ title, layers }) => (
      el('section', { class: 'group' }, el('h3', {}, title[state.language]), el('ul', { class: 'layers' }, ...layers.map((id) => rows.get(id))))
    )));
    for (const [id, row] of rows) {
      const slider = this.#fades.slider(id, row.querySelector('label > span:last-child')?.textContent ?? id);
      if (slider) row.querySelector('.layer-line')?.after(slider);
    }
    if (focused && this.#layers.querySelector(`#${CSS.escape(focused)}`)) document.getElementById(focused)?.focus();
  }

  #layerRow(row: LayerRow, { title, description }: Collection, schema: Schema | undefined, { language }: State): HTMLElement {
    const w = words[language];
    const on = this.shown().includes(row.id);
    const tooFar = on && this.#options.map.getZoom() < row.minimumZoom;
    const outlined = FILLS_GROUND.includes(row.id) && fillingLayer(this.shown()) !== row.id;
    const box = el('input', { type: 'checkbox', id: `layer-${row.id}`, checked: on });
    box.checked = on;
    box.addEventListener('change', () => this.#toggle(row.id, box.checked));
    return el('li', { class: on ? 'on' : 'off' },
      el('div', { class: 'layer-line' },
        el('label', { for: `layer-${row.id}`, ...(description ? { title: description } : {}) },
          box, row.id !== GROUND && row.id !== OUTSIDE && layerSwatch(row.legend, this.#entriesInView(row)), el('span', {}, title)),
        on && this.#fades.button(row.id, title)),
      groundRemark(row.id, on, this.#options.style, language),
      tooFar && el('p', { class: 'far' }, w.zoomForLayer),
      on && !tooFar && outlined && el('p', { class: 'far' }, w.outlineOnly),
      on && !tooFar && !outlined && schema && this.#legend(row, schema, language));
  }

  #legend(row: LayerRow, schema: Schema, language: State['language']): HTMLElement | false {
    const { id, legend } = row;
    const codes = this.#inView.get(id);
    if (!legend.property || !codes || codes.size === 0) return false;
    const w = words[language];
    const property = schema.properties[legend.property];
    const named = this.#entriesInView(row);
    const known = new Set(legend.entries.flatMap(({ codes: all }) => all));
    const whole = this.#whole.has(id);
    const rows = named.slice(0, whole ? named.length : MOST_ENTRIES).map((entry) => (
      el('li', {}, entrySwatch(entry), el('span', {}, entryTitle(entry, codes, (code) => codeTitle(property, code))))
    ));
    const left = named.length - MOST_ENTRIES;
    const toggle = () => {
      if (!this.#whole.delete(id)) this.#whole.add(id);
      this.update();
    };
    const { other } = legend;
    const strange = [...codes.keys()].some((code) => code !== '' && !known.has(code));
    return el('ul', { class: 'legend' },
      ...rows,
      other && strange && el('li', {}, swatch(other), el('span', {}, w.legendOther)),
      other && codes.has('') && !known.has('') && el('li', {}, swatch(other), el('span', {}, w.legendMissing)),
      left > 0 && el('li', {}, button(whole ? w.fewer : w.more(left), { class: 'text', id: `legend-${id}`, 'aria-expanded': String(whole) }, toggle)));
  }

  /** Legend entries that are drawn now, the commonest first. */
  #entriesInView({ id, legend }: LayerRow): readonly Entry[] {
    const codes = this.#inView.get(id);
    if (!codes) return [];
    return legend.entries
      .map((entry) => ({ entry, count: entry.codes.reduce((sum, code) => sum + (codes.get(code) ?? 0), 0) }))
      .filter(({ count }) => count > 0)
      .sort((a, b) => b.count - a.count)
      .map(({ entry }) => entry);
  }

  #toggle(id: string, on: boolean): void {
    const shown = this.#rows.map((row) => row.id).filter((other) => (other === id ? on : this.shown().includes(other)));
    const asAtFirst = shown.length === this.#atFirst.length && shown.every((other) => this.#atFirst.includes(other));
    this.#options.store.set({ layers: asAtFirst ? null : shown });
  }

  /** How often each code is drawn now. Missing values count as ''. */
  #codesInView(): Map<string, ReadonlyMap<string, number>> {
    const counts = new Map<string, Map<string, number>>();
    // Collecting a dense view takes a while: not for a panel that nobody sees.
    if (!this.#options.map.isStyleLoaded() || this.element.offsetParent === null) return counts;
    const coded = this.#rows.filter(({ legend }) => legend.property);
    const properties = new Map(coded.map(({ id, legend }) => [id, legend.property]));
    for (const feature of this.#options.map.queryRenderedFeatures({ layers: coded.flatMap(({ drawnBy }) => drawnBy) })) {
      const property = properties.get(feature.source);
      if (!property) continue;
      const code = String(feature.properties[property] ?? '');
      const layer = counts.get(feature.source) ?? new Map<string, number>();
      counts.set(feature.source, layer.set(code, (layer.get(code) ?? 0) + 1));
    }
    return counts;
  }

  async #schemas({ language }: State): Promise<Map<string, Schema>> {
    const wanted = this.#rows.filter(({ id, legend }) => legend.property && this.#inView.has(id));
    return new Map(await Promise.all(wanted.map(async ({ id }) => (
      [id, await this.#options.catalog.schema(id, language)] as const
    ))));
  }
}

function layerRow(style: StyleSpecification, id: string): LayerRow {
  const layers = style.layers.filter((layer) => dataLayer(layer) === id);
  const filled = layers.some(({ type }) => type === 'fill'); // then lines are only its borders
  const marks = layers.filter(({ type }) => type === 'circle' || type === (filled ? 'fill' : 'line'));
  return { id, legend: readLegend(layers.filter(drawsFeatures)), minimumZoom: minimumZoom(style, id), drawnBy: marks.map((layer) => layer.id) };
}

function entryTitle(entry: Entry, inView: ReadonlyMap<string, number>, title: (code: string) => string): string {
  const titles = entry.codes.filter((code) => inView.has(code)).map(title);
  return [...new Set(titles)].join(' · ');
}
