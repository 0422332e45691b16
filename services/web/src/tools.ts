/** The tools: buttons in the panel, and the sheet beside the map in which one of them is open. */

import { button, el, fill, icon } from './dom';
import type { Page } from './page';
import type { State } from './state';
import { words, type Language } from './words';

const CLOSE = 'M6 6l12 12M18 6L6 18';
const DOWN = 'M5 9l7 7 7-7';

/** What an open tool is: its content, and how it is left. */
export interface Opened {
  readonly element: HTMLElement;
  /** Takes its layers, listeners and requests off again. */
  readonly close: () => void;
}

export interface Tool {
  /** In the URL: `tool=<id>` */
  readonly id: string;
  readonly title: Readonly<Record<Language, string>>;
  /** Path data of a 24 × 24 line icon */
  readonly icon: string;
  /** Has a button in the panel; else it is opened from elsewhere, as from the card */
  readonly listed: boolean;
  /** A sheet as wide as half the page */
  readonly wide?: boolean;
  /** Loaded when it is first opened: tools are no part of the first script. */
  readonly load: () => Promise<{ readonly open: (page: Page) => Opened }>;
}

/** The row of buttons of the listed tools. */
export function toolButtons(page: Page, tools: readonly Tool[]): HTMLElement {
  const row = el('nav', { class: 'tools' });
  const render = ({ language, tool: now }: State) => {
    const focused = row.contains(document.activeElement) ? document.activeElement?.id : null;
    row.setAttribute('aria-label', words[language].tools);
    fill(row, tools.filter(({ listed }) => listed).map(({ id, title, icon: path }) => {
      const open = now === id;
      const toggle = () => page.store.set({ tool: page.store.state.tool === id ? null : id });
      const made = button(title[language], { id: `tool-${id}`, class: 'tool', 'aria-expanded': String(open), 'aria-controls': 'sheet' }, toggle, icon(path), title[language]);
      made.removeAttribute('title');
      return made;
    }));
    if (focused) document.getElementById(focused)?.focus();
  };
  page.store.subscribe((now, before) => {
    if (now.language !== before.language || now.tool !== before.tool) render(now);
  });
  render(page.store.state);
  return row;
}

/** The sheet: empty and hidden while no tool is open. A tool is opened again where the language changes. */
export class Sheet {
  readonly element = el('section', { class: 'sheet', id: 'sheet', tabindex: -1, hidden: true });
  readonly #page: Page;
  readonly #tools: readonly Tool[];
  #opened: Opened | null = null;
  #turn = 0;

  constructor(page: Page, tools: readonly Tool[]) {
    this.#page = page;
    this.#tools = tools;
    this.element.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && !event.defaultPrevented) this.#leave();
    });
    page.store.subscribe((now, before) => {
      if (now.tool !== before.tool || now.language !== before.language) void this.#show(now, now.tool !== before.tool);
    });
    void this.#show(page.store.state, false);
  }

  async #show(state: State, entered: boolean): Promise<void> {
    const turn = ++this.#turn;
    this.#opened?.close();
    this.#opened = null;
    const tool = this.#tools.find(({ id }) => id === state.tool);
    this.element.hidden = !tool;
    document.body.classList.toggle('with-sheet', Boolean(tool));
    if (!tool) return fill(this.element, []);
    this.element.classList.toggle('wide', tool.wide ?? false);
    this.#frame(tool, state.language);
    if (entered) this.element.focus();
    try {
      const { open } = await tool.load();
      if (turn !== this.#turn) return;
      this.#opened = open(this.#page);
      this.element.lastElementChild?.replaceChildren(this.#opened.element);
    } catch (error) {
      this.#page.report(error, () => void this.#show(this.#page.store.state, false));
    }
  }

  #frame({ title }: Tool, language: Language): void {
    const w = words[language];
    this.element.setAttribute('aria-labelledby', 'sheet-title');
    fill(this.element, [
      el('header', {}, el('h2', { id: 'sheet-title' }, title[language]), this.#folder(w.fold), button(w.close, { class: 'round' }, () => this.#leave(), icon(CLOSE))),
      el('div', { class: 'sheet-body', id: 'sheet-body' }, el('p', { role: 'status' }, w.loading)),
    ]);
  }

  /** On phones: leaves only the title, to see the map. */
  #folder(label: string): HTMLElement {
    this.element.classList.remove('folded');
    const toggle = button(label, { class: 'round fold', 'aria-expanded': 'true', 'aria-controls': 'sheet-body' }, () => {
      toggle.setAttribute('aria-expanded', String(!this.element.classList.toggle('folded')));
    }, icon(DOWN));
    return toggle;
  }

  #leave(): void {
    const { tool } = this.#page.store.state;
    this.#page.store.set({ tool: null });
    document.getElementById(`tool-${tool}`)?.focus();
  }
}
