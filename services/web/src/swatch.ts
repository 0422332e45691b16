/** A small picture of how features are drawn. */

import { el } from './dom';
import type { Entry, Legend, Look } from './legend';
import { hatchPicture } from './look/hatch';

const MOST_COLORS = 4;
const LEAST_OPACITY = 0.15;

export function swatch({ mark, color, opacity, outline, dashed }: Look): HTMLElement {
  const element = el('span', { class: `swatch ${mark}${dashed ? ' dashed' : ''}`, 'aria-hidden': 'true' });
  // By the object model: a style attribute would need `unsafe-inline`.
  if (mark === 'line') element.style.borderTopColor = color;
  else element.style.backgroundColor = faded(color, opacity);
  if (outline) element.style.borderColor = outline;
  return element;
}

/** The same of one entry of a legend, with its hatch. */
export function entrySwatch(entry: Entry): HTMLElement {
  const element = swatch(entry);
  if (entry.hatch) {
    element.style.backgroundImage = `url(${hatchPicture(entry.hatch)})`;
    element.classList.add('hatched');
  }
  return element;
}

/** One swatch for a whole layer: its colours side by side. `inView`: the entries seen now, the commonest first. */
export function layerSwatch(legend: Legend, inView: readonly Entry[]): HTMLElement {
  const entries = inView.length > 0 ? inView : legend.entries;
  const [first] = entries;
  const base = first ?? legend.other;
  if (!base) return el('span', { class: 'swatch', 'aria-hidden': 'true' });
  const element = swatch(base);
  if (base.mark === 'fill' && entries.length > 1) {
    const colors = entries.slice(0, MOST_COLORS);
    const step = 100 / colors.length;
    const stripes = colors.map(({ color, opacity }, index) => (
      `${faded(color, opacity)} ${index * step}% ${(index + 1) * step}%`
    ));
    element.style.backgroundImage = `linear-gradient(90deg, ${stripes.join(', ')})`;
    element.style.backgroundColor = 'transparent';
  }
  return element;
}

/** As the map shows it over its light ground; a hint of colour stays however faint the fill is. */
function faded(color: string, opacity: number): string {
  const channels = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(color)?.slice(1).map((pair) => parseInt(pair, 16));
  if (opacity >= 1 || !channels) return color;
  const share = Math.max(opacity, LEAST_OPACITY);
  return `rgb(${channels.map((channel) => Math.round(channel * share + 255 * (1 - share))).join(' ')})`;
}
