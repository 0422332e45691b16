/** Elements without a framework. Strings become text nodes: nothing that a user or a source wrote is ever read as HTML. */

export type Child = Node | string | null | undefined | false;

type Attributes = Record<string, string | number | boolean | null | undefined>;

export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    element.setAttribute(name, value === true ? '' : String(value));
  }
  fill(element, children);
  return element;
}

/** Replaces the content of `parent`. */
export function fill(parent: Element, children: readonly Child[]): void {
  parent.replaceChildren(...children.filter((child): child is Node | string => Boolean(child)));
}

export function button(label: string, attributes: Attributes, onClick: () => void, ...children: Child[]): HTMLButtonElement {
  const named = children.length > 0 ? { 'aria-label': label, title: label } : {};
  const element = el('button', { type: 'button', ...named, ...attributes }, ...(children.length > 0 ? children : [label]));
  element.addEventListener('click', onClick);
  return element;
}

/** A 24 × 24 line icon; `path` is SVG path data of our own. */
export function icon(path: string): SVGSVGElement {
  const namespace = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(namespace, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  svg.setAttribute('class', 'icon');
  const shape = document.createElementNS(namespace, 'path');
  shape.setAttribute('d', path);
  svg.append(shape);
  return svg;
}
