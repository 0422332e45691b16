/** Name of the page, the other language, and on phones the button that unfolds the panel. */

import { button, el, fill, icon } from './dom';
import { formatDay } from './format';
import { knownDay } from './known';
import { remember } from './speech';
import type { Store } from './store';
import { words, type Language } from './words';

const LAYERS = 'M12 4l9 5-9 5-9-5zM3 14l9 5 9-5';

/**
 * `side`: the element that folds, and tells so by the event `unfold`; it holds the header and the panel with the id `panel`.
 * It folds by itself where a tool opens: on phones both do not fit.
 */
export function mountHeader(side: HTMLElement, store: Store): void {
  const header = el('header', { class: 'top' });
  side.prepend(header);
  const render = () => {
    const { at } = store.state;
    const w = words[store.state.language];
    document.documentElement.lang = store.state.language;
    document.title = w.title;
    side.setAttribute('aria-label', w.panel);
    fill(header, [
      el('div', { class: 'name' }, el('h1', {}, 'Landmap'), at ? el('p', { class: 'past' }, w.onDay(formatDay(at))) : el('p', {}, w.subtitle),
        knownDay && el('p', { class: 'past' }, w.asKnown(formatDay(knownDay)))),
      languageSwitch(header, store),
      unfolder(side, w.showPanel),
    ]);
  };
  store.subscribe((now, before) => {
    if (now.tool && now.tool !== before.tool) unfold(side, false);
    if (now.language !== before.language || now.at !== before.at) render();
  });
  render();
}

function languageSwitch(header: HTMLElement, store: Store): HTMLElement {
  const { language } = store.state;
  const other: Language = language === 'vi' ? 'en' : 'vi';
  return button(words[language].otherLanguage, { class: 'plain language', lang: other }, () => {
    remember(other);
    store.set({ language: other, chosen: true });
    header.querySelector<HTMLElement>('.language')?.focus();
  });
}

function unfolder(side: HTMLElement, label: string): HTMLElement {
  const toggle = () => unfold(side, !isUnfolded(side));
  return button(label, { class: 'round unfold', 'aria-expanded': String(isUnfolded(side)), 'aria-controls': 'panel' }, toggle, icon(LAYERS));
}

function isUnfolded(side: HTMLElement): boolean {
  return side.classList.contains('unfolded');
}

function unfold(side: HTMLElement, open: boolean): void {
  if (isUnfolded(side) === open) return;
  side.classList.toggle('unfolded', open);
  side.querySelector('.unfold')?.setAttribute('aria-expanded', String(open));
  side.dispatchEvent(new Event('unfold'));
}
