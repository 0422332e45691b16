/** The paper that will be printed, lying on the map: it stays in the middle of what can be seen, and the map is moved under it. */

import type { Map as MapView } from 'maplibre-gl';
import { planeAt } from '../ask/geodesy';
import { el } from '../dom';
import { coveredEdges } from '../room';
import type { Place } from '../shape';
import { layoutOf, reachOf, scaleFor, type Sheet } from './addresses';

/** Pixels kept free around the map of the sheet */
const MARGIN = 14;
/** Below that part of the room a frame is too small to see what will be printed */
const LEAST = 0.3;
const LEAST_ROOM = 60;

interface Room {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export type Fit = 'fits' | 'larger' | 'tiny';

export class PaperFrame {
  readonly #map: MapView;
  readonly #label = el('span', { class: 'paper-label' });
  readonly #window = el('div', { class: 'paper-map' });
  readonly #paper = el('div', { class: 'paper', 'aria-hidden': 'true' }, this.#window, this.#label);

  constructor(map: MapView) {
    this.#map = map;
    map.getContainer().append(this.#paper);
  }

  close(): void {
    this.#paper.remove();
  }

  /** The middle of the printed map. */
  get place(): Place {
    const { left, top, width, height } = this.#room();
    const { lng, lat } = this.#map.unproject([left + width / 2, top + height / 2]);
    return { lon: lng, lat };
  }

  /** `label`: what paper it is, at which scale. */
  show(sheet: Sheet, layers: readonly string[], label: string): Fit {
    const room = this.#room();
    const [width, height] = this.#size(sheet, layers);
    const paper = layoutOf(sheet, layers);
    const pixels = width / paper.map.width; // of a millimetre
    const [x, y] = [room.left + room.width / 2, room.top + room.height / 2];
    place(this.#paper, x - width / 2 - paper.map.left * pixels, y - height / 2 - paper.map.top * pixels, paper.width * pixels, paper.height * pixels);
    place(this.#window, paper.map.left * pixels, paper.map.top * pixels, width, height);
    this.#label.style.left = `${paper.map.left * pixels}px`;
    this.#label.style.top = `${paper.map.top * pixels}px`;
    this.#label.textContent = label;
    const share = Math.max(width / room.width, height / room.height);
    return share > 1.02 ? 'larger' : share < LEAST ? 'tiny' : 'fits';
  }

  /** The scale at which the sheet shows the most of what can be seen, and nothing else. */
  scale(sheet: Sheet, layers: readonly string[]): Sheet['scale'] {
    const room = this.#room();
    const [width, height] = this.#size(sheet, layers);
    const [east, north] = reachOf(sheet, layers);
    return scaleFor(sheet, layers, [(room.width / width) * 2 * east, (room.height / height) * 2 * north]);
  }

  /** Brings the map so near that the sheet fills the room. */
  fit(sheet: Sheet, layers: readonly string[]): void {
    const { left, top, width, height } = this.#room();
    const [wide, high] = this.#size(sheet, layers);
    const { clientWidth, clientHeight } = this.#map.getContainer();
    this.#map.easeTo({
      center: [this.place.lon, this.place.lat],
      zoom: this.#map.getZoom() + Math.log2(Math.min(width / wide, height / high)),
      offset: [left + width / 2 - clientWidth / 2, top + height / 2 - clientHeight / 2],
    });
  }

  /** Width and height of the printed map on the screen. */
  #size(sheet: Sheet, layers: readonly string[]): readonly [number, number] {
    const [east, north] = reachOf(sheet, layers);
    const plane = planeAt(this.place);
    const at = (x: number, y: number) => {
      const { lon, lat } = plane.from([x, y]);
      return this.#map.project([lon, lat]);
    };
    return [at(east, 0).x - at(-east, 0).x, at(0, -north).y - at(0, north).y];
  }

  /** All of the map where panel and sheet leave too little of it. */
  #room(): Room {
    const { clientWidth, clientHeight } = this.#map.getContainer();
    const { left, right, top, bottom } = coveredEdges(this.#map);
    const [width, height] = [clientWidth - left - right - 2 * MARGIN, clientHeight - top - bottom - 2 * MARGIN];
    if (width < LEAST_ROOM || height < LEAST_ROOM) return { left: 0, top: 0, width: clientWidth, height: clientHeight };
    return { left: left + MARGIN, top: top + MARGIN, width, height };
  }
}

function place(element: HTMLElement, left: number, top: number, width: number, height: number): void {
  for (const [name, value] of Object.entries({ left, top, width, height })) element.style.setProperty(name, `${value}px`);
}
