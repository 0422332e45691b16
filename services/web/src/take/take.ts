/** The tool `take`: the view as a link, as a sheet of paper, as data, in another page. */

import './take.css';
import { address, explain, get, isAbort } from '../api';
import { button, el, fill } from '../dom';
import { formatNumber } from '../format';
import { keepingPart } from '../offline/keeping';
import type { Page } from '../page';
import type { Box } from '../shape';
import { shownAtFirst } from '../style';
import type { Opened } from '../tools';
import { words } from '../words';
import { boxAddress, embedAddress, embedCode, LAYOUTS, PAPERS, PRINTED, SCALES, sheetPath, viewAddress, type Sheet } from './addresses';
import { PaperFrame, type Fit } from './frame';
import { takeWords, type TakeWords } from './words';

interface Format {
  readonly name: string;
  readonly href: string;
}

/** What people call the formats of the API. */
const NAMES: Record<string, string> = {
  json: 'GeoJSON', geojsonseq: 'GeoJSON Seq', jsonfg: 'JSON-FG', fgb: 'FlatGeobuf', parquet: 'GeoParquet', gpkg: 'GeoPackage (QGIS)',
  csv: 'CSV', xlsx: 'Excel (XLSX)', gml: 'GML', html: 'HTML',
};
/** What most people want comes first. */
const ORDER = ['gpkg', 'xlsx', 'csv', 'json'];

export function open(page: Page): Opened {
  const tool = new TakeTool(page);
  return { element: tool.element, close: () => tool.close() };
}

class TakeTool {
  readonly element = el('div', { class: 'take' });
  readonly #page: Page;
  readonly #w: TakeWords;
  readonly #frame: PaperFrame;
  readonly #leave: () => void;
  readonly #link = el('input', { readonly: true, id: 'take-link' });
  readonly #qr = el('img', { width: 148, height: 148 });
  readonly #code = el('textarea', { readonly: true, rows: 4, id: 'take-code' });
  readonly #card = el('div', { class: 'take-part' });
  readonly #pdf = el('p', { class: 'take-buttons' });
  readonly #fit = el('p', { class: 'take-fit', role: 'status' });
  #scales = el('select', {});
  readonly #count = el('p', { class: 'quiet', role: 'status' });
  readonly #download = el('p', { class: 'take-buttons' });
  readonly #formats = el('select', { id: 'take-format' });
  readonly #layers = el('select', { id: 'take-layer' });
  readonly #said = el('p', { class: 'quiet', role: 'status' });
  #sheet: Sheet = { scale: 500, paper: 'a4', layout: 'landscape' };
  /** The user chose the scale; else it goes with the view */
  #chosen = false;
  #fitting: Fit = 'fits';
  #counting = new AbortController();
  #asking = new AbortController();
  #closed = false;

  constructor(page: Page) {
    this.#page = page;
    this.#w = takeWords[page.store.state.language];
    this.#frame = new PaperFrame(page.map);
    fill(this.element, [this.#said, ...this.#linkPart(), ...this.#printPart(), ...this.#dataPart(), ...keepingPart(page.store.state.language), ...this.#embedPart()]);
    page.map.on('move', this.#moved);
    page.map.on('moveend', this.#settled);
    this.#leave = page.store.subscribe(this.#changed);
    this.#changed();
    // The sheet has its height and the frame its room when this stands in it.
    requestAnimationFrame(() => this.#framed());
    void this.#fillLayers();
  }

  close(): void {
    this.#closed = true;
    this.#leave();
    this.#page.map.off('move', this.#moved);
    this.#page.map.off('moveend', this.#settled);
    this.#counting.abort();
    this.#asking.abort();
    this.#frame.close();
  }

  get #state() {
    return this.#page.store.state;
  }

  get #shown(): readonly string[] {
    return this.#state.layers ?? shownAtFirst(this.#page.style);
  }

  // --- link

  #linkPart(): HTMLElement[] {
    const w = this.#w;
    const share = 'share' in navigator && button(w.share, { class: 'plain' }, () => void this.#send(this.#link.value));
    return [
      el('h3', {}, w.link),
      el('p', { class: 'quiet' }, w.linkHelp),
      el('label', { class: 'take-label', for: 'take-link' }, w.address),
      this.#link,
      el('p', { class: 'take-buttons' }, button(w.copy, { class: 'plain' }, () => void this.#copy(this.#link)), share),
      el('p', { class: 'take-qr' }, this.#qr),
      this.#card,
    ];
  }

  async #copy(field: HTMLInputElement | HTMLTextAreaElement): Promise<void> {
    try {
      await navigator.clipboard.writeText(field.value);
      this.#tell(this.#w.copied);
    } catch (error) {
      console.info(error); // not allowed in this browser or frame
      field.select();
      this.#tell(this.#w.copyByHand);
    }
  }

  async #send(url: string): Promise<void> {
    try {
      await navigator.share({ title: document.title, url });
    } catch (error) {
      if (!isAbort(error)) this.#page.report(error, () => void this.#send(url));
    }
  }

  #tell(text: string): void {
    this.#said.textContent = '';
    this.#said.textContent = text;
  }

  #cardPart(): void {
    const w = this.#w;
    const { selected } = this.#state;
    if (selected?.layer !== 'parcels') return fill(this.#card, []);
    const field = el('input', { readonly: true, id: 'take-card', value: address(`thua/${selected.id}`) });
    fill(this.#card, [
      el('label', { class: 'take-label', for: 'take-card' }, w.card),
      el('p', { class: 'quiet' }, w.cardHelp),
      field,
      el('p', { class: 'take-buttons' }, button(w.copyCard, { class: 'plain' }, () => void this.#copy(field)), el('a', { href: field.value }, w.card)),
    ]);
  }

  // --- print

  #printPart(): HTMLElement[] {
    const w = this.#w;
    this.#scales = choice('take-scale', SCALES.map((one) => [String(one), `1:${formatNumber(one, this.#state.language)}`]), String(this.#sheet.scale), (value) => {
      this.#chosen = true;
      this.#sheet = { ...this.#sheet, scale: SCALES.find((one) => String(one) === value) ?? this.#sheet.scale };
      this.#refit();
    });
    const papers = PAPERS.flatMap((paper) => LAYOUTS.map((layout): [string, string] => [`${paper} ${layout}`, `${paper.toUpperCase()} ${w[layout]}`]));
    const paper = choice('take-paper', papers, 'a4 landscape', (value) => {
      const [size, layout] = value.split(' ');
      this.#sheet = { ...this.#sheet, paper: PAPERS.find((one) => one === size) ?? 'a4', layout: LAYOUTS.find((one) => one === layout) ?? 'landscape' };
      this.#refit();
    });
    return [
      el('h3', {}, w.print),
      el('p', { class: 'quiet' }, w.printHelp),
      el('div', { class: 'take-row' }, labelled(w.scale, this.#scales), labelled(w.paper, paper)),
      this.#fit,
      this.#pdf,
    ];
  }

  get #drawn(): readonly string[] {
    return this.#shown.filter((id) => PRINTED.includes(id));
  }

  /** The frame where the map came to rest; a scale that nobody chose follows the view. */
  #framed(): void {
    if (this.#closed) return;
    if (!this.#chosen) {
      this.#sheet = { ...this.#sheet, scale: this.#frame.scale(this.#sheet, this.#drawn) };
      this.#scales.value = String(this.#sheet.scale);
    }
    this.#lay();
    this.#printable();
  }

  /** The map is brought to the frame where that was chosen and would not be seen as a whole. */
  #refit(): void {
    this.#framed();
    if (this.#lay() !== 'fits') this.#frame.fit(this.#sheet, this.#drawn);
  }

  #lay(): Fit {
    const w = this.#w;
    const { scale, paper, layout } = this.#sheet;
    const fit = this.#frame.show(this.#sheet, this.#drawn, `${paper.toUpperCase()} ${w[layout]} · 1:${formatNumber(scale, this.#state.language)}`);
    if (fit === this.#fitting) return fit;
    this.#fitting = fit;
    fill(this.#fit, fit === 'fits' ? [] : [w[fit], ' ', button(w.fit, { class: 'text' }, () => this.#frame.fit(this.#sheet, this.#drawn))]);
    return fit;
  }

  #printable(): void {
    const w = this.#w;
    const { lon, lat } = this.#frame.place;
    const path = sheetPath(this.#sheet, [lon, lat], this.#shown, this.#state);
    const left = this.#shown.filter((id) => !PRINTED.includes(id));
    fill(this.#pdf, [
      path ? el('a', { class: 'take-main', id: 'take-pdf', href: address(path), target: '_blank', rel: 'noopener', 'data-answer': true }, w.makePdf) : el('span', { class: 'remark' }, w.nothingToPrint),
      path !== null && left.length > 0 && el('span', { class: 'quiet', id: 'take-left' }),
    ]);
    if (path && left.length > 0) this.#nameLeft(left).catch((error: unknown) => console.error(error));
  }

  async #nameLeft(left: readonly string[]): Promise<void> {
    const titles = (await Promise.all(left.map((id) => this.#page.catalog.collection(id, this.#state.language)))).flatMap((one) => one?.title ?? []);
    const place = this.#pdf.querySelector('#take-left');
    if (place && titles.length > 0) place.textContent = this.#w.notPrinted(titles.join(', '));
  }

  // --- data

  #dataPart(): HTMLElement[] {
    const w = this.#w;
    this.#layers.addEventListener('change', () => void this.#fillFormats());
    this.#formats.addEventListener('change', () => this.#offer());
    return [
      el('h3', {}, w.data),
      el('div', { class: 'take-row' }, labelled(w.layer, this.#layers), labelled(w.format, this.#formats)),
      this.#count,
      this.#download,
    ];
  }

  async #fillLayers(): Promise<void> {
    try {
      const collections = await this.#page.catalog.collections(this.#state.language);
      if (this.#closed) return;
      const shown = this.#shown.find((id) => PRINTED.includes(id)) ?? 'parcels';
      fill(this.#layers, collections.filter(({ itemType }) => itemType === 'feature').map(({ id, title }) => el('option', { value: id, selected: id === shown }, title)));
      await this.#fillFormats();
    } catch (error) {
      this.#failed(error, () => void this.#fillLayers());
    }
  }

  async #fillFormats(): Promise<void> {
    const layer = this.#layers.value;
    this.#asking.abort();
    this.#asking = new AbortController();
    const { signal } = this.#asking;
    try {
      const { body } = await get<{ links: readonly { rel: string; href: string }[] }>(`collections/${layer}?f=json`, this.#state.language, { signal });
      const formats = formatsOf(body.links);
      fill(this.#formats, formats.map(({ name, href }) => el('option', { value: href }, NAMES[name] ?? name)));
      this.#offer();
      await this.#ask();
    } catch (error) {
      this.#failed(error, () => void this.#fillFormats());
    }
  }

  #offer(): void {
    const href = this.#formats.value;
    if (!href) return;
    const made = el('a', { class: 'take-main', id: 'take-download', href: boxAddress(href, this.#box(), this.#state), download: '', 'data-answer': true }, this.#w.download);
    fill(this.#download, [made]);
  }

  #box(): Box {
    const bounds = this.#page.map.getBounds();
    return [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()];
  }

  /** How many there are: nobody wants a file without knowing how large it becomes. */
  async #ask(): Promise<void> {
    const layer = this.#layers.value;
    if (!layer) return;
    this.#counting.abort();
    this.#counting = new AbortController();
    const { signal } = this.#counting;
    const w = this.#w;
    this.#count.textContent = w.counting;
    const path = `collections/${layer}/items?bbox=${this.#box().map((part) => part.toFixed(7)).join(',')}&limit=1&skipGeometry=true&f=json${this.#state.at ? `&datetime=${this.#state.at}` : ''}`;
    try {
      const { body } = await get<{ numberMatched?: number; numberReturned?: number }>(path, this.#state.language, { signal });
      const matched = body.numberMatched;
      if (matched === undefined) this.#count.textContent = w.countMany;
      else this.#count.textContent = matched === 0 ? w.countNone : w.count(formatNumber(matched, this.#state.language));
    } catch (error) {
      this.#failed(error, () => void this.#ask());
    }
  }

  #failed(error: unknown, retry: () => void): void {
    if (isAbort(error) || this.#closed) return;
    console.error(error);
    fill(this.#count, [explain(error, words[this.#state.language]), ' ', button(words[this.#state.language].retry, { class: 'plain' }, retry)]);
  }

  // --- embed

  #embedPart(): HTMLElement[] {
    const w = this.#w;
    return [
      el('h3', {}, w.embed),
      el('p', { class: 'quiet' }, w.embedHelp),
      el('label', { class: 'take-label', for: 'take-code' }, w.embedCode),
      this.#code,
      el('p', { class: 'take-buttons' }, button(w.copyCode, { class: 'plain' }, () => void this.#copy(this.#code))),
    ];
  }

  // --- the view

  readonly #changed = () => {
    if (this.#closed) return;
    const page = address('./');
    const link = viewAddress(page, this.#state);
    if (link === this.#link.value) return;
    this.#link.value = link;
    this.#qr.src = address(`qr.svg?to=${encodeURIComponent(link.slice(page.length - 1))}`);
    this.#qr.alt = this.#w.qr;
    this.#code.value = embedCode(embedAddress(page, this.#state), this.#w.frameTitle);
    this.#cardPart();
    this.#lay();
    this.#printable();
  };

  readonly #moved = () => void this.#lay();

  readonly #settled = () => {
    this.#framed();
    this.#offer();
    void this.#ask();
  };
}

function formatsOf(links: readonly { rel: string; href: string }[]): Format[] {
  const found = links.filter(({ rel }) => rel === 'items').map(({ href }) => ({ name: new URL(href).searchParams.get('f') ?? 'json', href }));
  const files = found.filter(({ name }) => name !== 'html').map(({ name, href }) => ({ name, href: name === 'json' ? `${href}${href.includes('?') ? '&' : '?'}f=json&limit=10000` : href }));
  const place = ({ name }: Format) => (ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length);
  return files.sort((a, b) => place(a) - place(b));
}

function choice(id: string, options: readonly (readonly [value: string, title: string])[], value: string, changed: (value: string) => void): HTMLSelectElement {
  const select = el('select', { id }, ...options.map(([one, title]) => el('option', { value: one, selected: one === value }, title)));
  select.addEventListener('change', () => changed(select.value));
  return select;
}

function labelled(label: string, field: HTMLElement): HTMLElement {
  return el('div', {}, el('label', { class: 'take-label', for: field.id }, label), field);
}
