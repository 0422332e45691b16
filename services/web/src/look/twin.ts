/** A second map over the first or beside it: both show the same place, each its own layers and day. */

import { Map as MapView, type StyleSpecification } from 'maplibre-gl';
import { el } from '../dom';
import { ownRequest, showLayers } from '../map';
import type { Options } from '../state';
import { prepareStyle } from '../style';
import type { Language } from '../words';
import { drawHatches } from './hatch';

export interface Shown {
  /** Ids of data layers; null: as the style says */
  readonly layers: readonly string[] | null;
  /** Local legal day; null: now */
  readonly at: string | null;
  readonly options: Options;
  /** Of the labels */
  readonly language: Language;
}

export class Twin {
  readonly element = el('div', { class: 'map twin' });
  readonly map: MapView;
  readonly #first: MapView;
  readonly #style: StyleSpecification;
  #at: string | null;
  #shown: Shown;
  #leading = false;

  /** The element has to stand in the document already; `label`: its name for screen readers. */
  constructor(first: MapView, style: StyleSpecification, shown: Shown) {
    this.#first = first;
    this.#style = style;
    this.#shown = shown;
    this.#at = shown.at;
    first.getContainer().after(this.element);
    this.map = new MapView({
      container: this.element, style: prepareStyle(style, shown.at, shown.language), attributionControl: false, maxZoom: first.getMaxZoom(), transformRequest: ownRequest,
      center: first.getCenter(), zoom: first.getZoom(), maxPitch: 0, dragRotate: false, pitchWithRotate: false, touchPitch: false, fadeDuration: 150,
    });
    this.map.touchZoomRotate.disableRotation();
    this.map.keyboard.disableRotation();
    drawHatches(this.map);
    this.map.on('style.load', () => showLayers(this.map, style, this.#shown));
    this.map.on('move', () => this.#follow(this.map, first));
    first.on('move', this.#onFirst);
  }

  show(shown: Shown): void {
    const other = shown.at !== this.#at || shown.language !== this.#shown.language;
    this.#shown = shown;
    if (other) this.map.setStyle(prepareStyle(this.#style, shown.at, shown.language), { diff: false });
    else if (this.map.isStyleLoaded()) showLayers(this.map, this.#style, shown);
    else this.map.once('idle', () => showLayers(this.map, this.#style, this.#shown));
    this.#at = shown.at;
  }

  name(label: string): void {
    this.map.getCanvas().setAttribute('aria-label', label);
  }

  /** After the room of one of the maps has changed. */
  resize(): void {
    this.#first.resize();
    this.map.resize();
    this.#follow(this.#first, this.map);
  }

  remove(): void {
    this.#first.off('move', this.#onFirst);
    this.map.remove();
    this.element.remove();
  }

  readonly #onFirst = () => this.#follow(this.#first, this.map);

  /** What one does the other does, but does not give back. */
  #follow(leader: MapView, follower: MapView): void {
    if (this.#leading) return;
    this.#leading = true;
    follower.jumpTo({ center: leader.getCenter(), zoom: leader.getZoom() });
    this.#leading = false;
  }
}
