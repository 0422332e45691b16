/** The control of how strongly a layer is drawn: a button in its row, and the slider that it unfolds. */

import { button, el, icon } from '../dom';
import type { Store } from '../store';
import { FADE, FAINTEST, readFades, writeFade } from './opacity';
import { lookWords } from './words';

const HALF = 'M12 4a8 8 0 1 0 0 16zM12 4a8 8 0 0 1 0 16';

/** The layers whose slider is open keep their element: a slider that is replaced loses the pointer that drags it. */
export class Fades {
  readonly #store: Store;
  readonly #changed: () => void;
  readonly #open = new Map<string, HTMLElement>();

  constructor(store: Store, changed: () => void) {
    this.#store = store;
    this.#changed = changed;
    store.subscribe((now, before) => {
      if (now.language === before.language) return;
      for (const id of this.#open.keys()) this.#open.set(id, el('div', {}));
    });
  }

  button(id: string, title: string): HTMLElement {
    const label = lookWords[this.#store.state.language].fade(title);
    return button(label, { class: 'round fade-button', id: `fade-button-${id}`, 'aria-expanded': String(this.#open.has(id)), 'aria-controls': `fade-${id}` }, () => {
      if (!this.#open.delete(id)) this.#open.set(id, el('div', {}));
      this.#changed();
    }, icon(HALF));
  }

  /** null where it is folded. */
  slider(id: string, title: string): HTMLElement | null {
    const host = this.#open.get(id);
    if (host && !host.firstChild) this.#fill(host, id, title);
    return host ?? null;
  }

  #fill(host: HTMLElement, id: string, title: string): void {
    const { state } = this.#store;
    const w = lookWords[state.language];
    const input = el('input', { type: 'range', id: `fade-${id}`, min: FAINTEST, max: 100, step: 10, 'aria-label': w.fade(title) });
    const said = el('output', { for: `fade-${id}` });
    const say = () => {
      said.textContent = w.percent(Number(input.value));
      input.setAttribute('aria-valuetext', said.textContent);
    };
    input.value = String(readFades(state.options).get(id) ?? 100);
    say();
    input.addEventListener('input', () => {
      say();
      this.#store.setOptions({ [FADE]: writeFade(this.#store.state.options, id, Number(input.value)) });
    });
    host.className = 'fade';
    host.append(input, said);
  }
}
