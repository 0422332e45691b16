/** A line over time as inline SVG, with what a screen reader says instead of it. */

import { formatDay } from '../format';
import { REFORM, type Cell } from './data';

const NAMESPACE = 'http://www.w3.org/2000/svg';
const HEIGHT = 190;
const LEFT = 64;
const RIGHT = 14;
const TOP = 22;
const BOTTOM = 30;

export interface Chart {
  /** Said instead of the picture */
  readonly label: string;
  readonly reform: string;
  /** A value on the axis, without its unit */
  readonly write: (value: number) => string;
  readonly chosen: string | null;
  /** Pixels that there are, so that what is written on it keeps its size */
  readonly width: number;
}

/** Null where there are not two values to join, or none is above 0. Gaps are days without a value; hollow points are apportioned. */
export function chart(series: readonly Cell[], { label, reform, write, chosen, width }: Chart): SVGSVGElement | null {
  const known = series.flatMap(({ value }) => (value === null ? [] : [value]));
  if (known.length < 2 || Math.max(...known) <= 0) return null;
  const days = series.map(({ date }) => Date.parse(date));
  const [first = 0, last = 1] = [days[0], days.at(-1)];
  const top = niceTop(Math.max(...known));
  const x = (day: number) => LEFT + ((day - first) / Math.max(1, last - first)) * (width - LEFT - RIGHT);
  const y = (value: number) => HEIGHT - BOTTOM - (value / top) * (HEIGHT - TOP - BOTTOM);
  const svg = node('svg', { viewBox: `0 0 ${width} ${HEIGHT}`, role: 'img', 'aria-label': label, class: 'series' });
  for (const part of [0, 0.5, 1]) {
    svg.append(node('line', { class: 'grid', x1: LEFT, x2: width - RIGHT, y1: y(part * top), y2: y(part * top) }));
    svg.append(text(write(part * top), { class: 'axis', x: LEFT - 8, y: y(part * top) + 4, 'text-anchor': 'end' }));
  }
  const changed = Date.parse(REFORM);
  if (changed > first && changed < last) {
    svg.append(node('line', { class: 'reform', x1: x(changed), x2: x(changed), y1: TOP, y2: HEIGHT - BOTTOM }));
    const half = Math.min(x(changed) - 2, width - 2 - x(changed));
    const [at, anchor] = half > 90 ? [x(changed), 'middle'] : x(changed) > width / 2 ? [width - 2, 'end'] : [2, 'start'];
    svg.append(text(reform, { class: 'axis', x: at, y: TOP - 8, 'text-anchor': anchor }));
  }
  svg.append(text(formatDay(series[0]?.date ?? ''), { class: 'axis', x: LEFT, y: HEIGHT - 8, 'text-anchor': 'start' }));
  svg.append(text(formatDay(series.at(-1)?.date ?? ''), { class: 'axis', x: width - RIGHT, y: HEIGHT - 8, 'text-anchor': 'end' }));
  svg.append(node('path', { class: 'line', d: path(series, x, y) }));
  for (const { date, value, basis } of series) {
    if (value === null) continue;
    const kind = `${basis === 'APPORTIONED' ? 'hollow' : 'full'}${date === chosen ? ' chosen' : ''}`;
    svg.append(node('circle', { class: kind, cx: x(Date.parse(date)), cy: y(value), r: date === chosen ? 6 : 4 }));
  }
  return svg;
}

function path(series: readonly Cell[], x: (day: number) => number, y: (value: number) => number): string {
  let joined = false;
  return series.map(({ date, value }) => {
    const command = joined ? 'L' : 'M';
    joined = value !== null;
    return value === null ? '' : `${command}${x(Date.parse(date)).toFixed(1)} ${y(value).toFixed(1)}`;
  }).join('');
}

/** 1, 2 or 5 times a power of ten, not below the value. */
export function niceTop(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((step) => step * power).find((top) => top >= value * 0.9999) ?? 10 * power;
}

function node(name: string, attributes: Readonly<Record<string, string | number>>): SVGElement & SVGSVGElement {
  const made = document.createElementNS(NAMESPACE, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  return made as SVGElement & SVGSVGElement;
}

function text(content: string, attributes: Readonly<Record<string, string | number>>): SVGElement {
  const made = node('text', { ...attributes, 'aria-hidden': 'true' });
  made.textContent = content;
  return made;
}
