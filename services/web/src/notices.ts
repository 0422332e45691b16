/** What the user has to know now: errors in words with a way on, hints, and that something is loading. */

import { button, el } from './dom';
import { words, type Language } from './words';

/** The notice that there is no server, and what is shown without it: others that only say so are left out beside it. */
export const AWAY = 'kept';

interface Notice {
  /** In the language of the page when shown */
  readonly text: (language: Language) => string;
  readonly action?: { readonly label: (language: Language) => string; readonly run: () => void };
  readonly kind: 'error' | 'hint';
  /** Says that something is absent: not to be said while something could not be had */
  readonly absence?: boolean;
  /** Says that not all is shown: nothing is said to be absent beside it */
  readonly partial?: boolean;
  /** Says no more than that there is no server */
  readonly away?: boolean;
}

export class Notices {
  readonly element = el('div', { class: 'notices' });
  /** Errors interrupt a screen reader, hints wait. */
  readonly #errors = el('div', { role: 'alert' });
  readonly #hints = el('div', { role: 'status' });
  readonly #bar = el('div', { class: 'progress', hidden: true });
  readonly #loadingText = el('span', { class: 'hidden-text', role: 'status' });
  readonly #shown = new Map<string, Notice>();
  readonly #busy = new Set<string>();
  #language: Language;

  constructor(language: Language) {
    this.#language = language;
    this.element.append(this.#errors, this.#hints, this.#bar, this.#loadingText);
  }

  /** One notice a key; a second one replaces the first. */
  show(key: string, notice: Notice): void {
    if (this.#shown.get(key)?.text(this.#language) === notice.text(this.#language)) return;
    this.#shown.set(key, notice);
    this.#render();
  }

  clear(key: string): void {
    if (this.#shown.delete(key)) this.#render();
  }

  busy(key: string, on: boolean): void {
    if (on) this.#busy.add(key);
    else this.#busy.delete(key);
    const any = this.#busy.size > 0;
    this.#bar.hidden = !any;
    this.#loadingText.textContent = any ? words[this.#language].loading : '';
  }

  speak(language: Language): void {
    if (language === this.#language) return;
    this.#language = language;
    this.#render();
  }

  #render(): void {
    this.#fill(this.#errors, 'error');
    this.#fill(this.#hints, 'hint');
  }

  #fill(host: HTMLElement, kind: Notice['kind']): void {
    const failing = [...this.#shown.values()].some((notice) => notice.kind === 'error' || notice.partial);
    const rows = [...this.#shown].filter(([, notice]) => notice.kind === kind && !(failing && notice.absence) && !(notice.away && this.#shown.has(AWAY))).map(([key, { text, action }]) => el(
      'div',
      { class: `notice ${kind}` },
      el('span', {}, text(this.#language)),
      action && button(action.label(this.#language), { class: 'plain' }, () => {
        this.clear(key);
        action.run();
      }),
    ));
    host.replaceChildren(...rows);
  }
}
