/** The edge between two maps that lie over each other: dragged, or moved by the arrow keys. */

import { el } from '../dom';

const LEAST = 2;
const MOST = 98;
const STEP = 2;
const LEAP = 10;

export interface Curtain {
  readonly element: HTMLElement;
  readonly name: (label: string) => void;
  /** Between two maps that lie beside each other there is nothing to move. */
  readonly fix: (fixed: boolean) => void;
}

/** `over`: the element that is cut off left of the edge. `share`: per cent of its width. `moved` is told where the edge was left. */
export function curtain(over: HTMLElement, share: number, moved: (share: number) => void): Curtain {
  let now = share;
  const element = el('div', { class: 'curtain', role: 'slider', tabindex: 0, 'aria-orientation': 'horizontal', 'aria-valuemin': LEAST, 'aria-valuemax': MOST }, el('span', { 'aria-hidden': 'true' }, '⟺'));
  const draw = (to: number) => {
    now = Math.min(MOST, Math.max(LEAST, to));
    element.style.left = `${now}%`;
    over.style.clipPath = `inset(0 0 0 ${now}%)`;
    over.style.setProperty('--edge', `${now}%`);
    element.setAttribute('aria-valuenow', String(Math.round(now)));
    element.setAttribute('aria-valuetext', `${Math.round(now)} %`);
  };
  const keys: Readonly<Record<string, () => number>> = {
    ArrowLeft: () => now - STEP, ArrowDown: () => now - STEP, ArrowRight: () => now + STEP, ArrowUp: () => now + STEP,
    PageDown: () => now - LEAP, PageUp: () => now + LEAP, Home: () => LEAST, End: () => MOST,
  };
  element.addEventListener('keydown', (event) => {
    const to = keys[event.key];
    if (!to) return;
    event.preventDefault();
    draw(to());
    moved(Math.round(now));
  });
  element.addEventListener('pointerdown', (event) => {
    element.setPointerCapture(event.pointerId);
    event.preventDefault();
    element.focus();
  });
  element.addEventListener('pointermove', (event) => {
    if (!element.hasPointerCapture(event.pointerId)) return;
    const { left, width } = over.getBoundingClientRect();
    draw(((event.clientX - left) / width) * 100);
  });
  element.addEventListener('lostpointercapture', () => moved(Math.round(now)));
  draw(share);
  const fix = (fixed: boolean) => {
    element.classList.toggle('fixed', fixed);
    if (fixed) {
      for (const name of ['role', 'tabindex', 'aria-valuenow', 'aria-valuetext']) element.removeAttribute(name);
      element.style.removeProperty('left');
      return;
    }
    element.setAttribute('role', 'slider');
    element.tabIndex = 0;
    draw(now);
  };
  return { element, name: (label) => element.setAttribute('aria-label', label), fix };
}
