/** Buildings as blocks, as high as measured, else by their storeys; and a map that tilts and turns while the tool is open. */

import './solid.css';
import type { ExpressionSpecification, Map as MapView } from 'maplibre-gl';
import { el } from '../dom';
import { formatNumber } from '../format';
import type { Page } from '../page';
import { minimumZoom } from '../style';
import type { Opened } from '../tools';
import { solidWords } from './solid-words';

const SOURCE = 'buildings';
const BLOCKS = 'buildings-blocks';
const TILT = 'solid.tilt';
const TURN = 'solid.turn';
const STEEPEST = 60;
const TILTED = 50;
/** Metres of a storey whose height nobody has measured: a common dwelling's, floor to floor */
const STOREY = 3.3;
const MEASURED = '#c2a98f';
const COUNTED = '#b9c6cc';

export function open(page: Page): Opened {
  const { map, store } = page;
  const { tilt, turn } = readView(store.state.options);
  map.setMaxPitch(STEEPEST);
  turnable(map, true);
  raise(map);
  map.easeTo({ pitch: tilt, bearing: turn });
  const { element, follow } = form(page);
  const kept = () => {
    follow();
    const [pitch, bearing] = [Math.round(map.getPitch()), Math.round(map.getBearing())];
    store.setOptions({ [TILT]: pitch === TILTED ? null : String(pitch), [TURN]: bearing === 0 ? null : String(bearing) });
  };
  map.on('move', follow);
  map.on('moveend', kept);
  return {
    element,
    close: () => {
      map.off('move', follow);
      map.off('moveend', kept);
      if (map.getLayer(BLOCKS)) map.removeLayer(BLOCKS);
      turnable(map, false);
      map.jumpTo({ pitch: 0, bearing: 0 });
      map.setMaxPitch(0);
    },
  };
}

function readView(options: Readonly<Record<string, string>>): { tilt: number; turn: number } {
  const number = (text: string | undefined, most: number, otherwise: number) => {
    const read = /^-?\d{1,3}$/.test(text ?? '') ? Number(text) : otherwise;
    return Math.abs(read) <= most ? read : otherwise;
  };
  return { tilt: Math.max(0, number(options[TILT], STEEPEST, TILTED)), turn: number(options[TURN], 180, 0) };
}

function turnable(map: MapView, on: boolean): void {
  for (const handler of [map.dragRotate, map.touchPitch]) {
    if (on) handler.enable();
    else handler.disable();
  }
  if (on) map.touchZoomRotate.enableRotation();
  else map.touchZoomRotate.disableRotation();
  if (on) map.keyboard.enableRotation();
  else map.keyboard.disableRotation();
}

/** Above everything: what lies on the ground is hidden behind a building. */
function raise(map: MapView): void {
  if (!map.getSource(SOURCE) || map.getLayer(BLOCKS)) return;
  const height = ['coalesce', ['get', 'height'], ['*', ['get', 'storeys'], STOREY], 0] as ExpressionSpecification;
  map.addLayer({
    id: BLOCKS, type: 'fill-extrusion', source: SOURCE, 'source-layer': SOURCE,
    filter: ['any', ['has', 'height'], ['has', 'storeys']],
    paint: {
      'fill-extrusion-height': height,
      'fill-extrusion-color': ['case', ['has', 'height'], MEASURED, COUNTED],
      'fill-extrusion-opacity': 0.92,
      'fill-extrusion-vertical-gradient': true,
    },
  });
}

function form({ map, style, store }: Page): { element: HTMLElement; follow: () => void } {
  const { language } = store.state;
  const w = solidWords[language];
  const tilt = slider('solid-tilt', w.tilt, [0, STEEPEST], (pitch) => map.jumpTo({ pitch }));
  const turn = slider('solid-turn', w.turn, [-180, 180], (bearing) => map.jumpTo({ bearing }));
  const far = el('p', { class: 'far', role: 'status' });
  const follow = () => {
    tilt.show(map.getPitch(), w.degrees);
    turn.show(map.getBearing(), w.degrees);
    const said = map.getZoom() < minimumZoom(style, SOURCE) || map.getZoom() < 16 ? w.far : '';
    if (far.textContent !== said) far.textContent = said;
  };
  follow();
  const row = (kind: string, text: string) => el('li', {}, el('span', { class: `swatch ${kind}`, 'aria-hidden': 'true' }), el('span', {}, text));
  const element = el('div', { class: 'solid' }, tilt.element, turn.element, far,
    el('ul', { class: 'legend' }, row('measured', w.measured), row('counted', w.counted(formatNumber(STOREY, language)))),
    el('p', { class: 'advice' }, w.remark));
  return { element, follow };
}

interface Slider {
  readonly element: HTMLElement;
  readonly show: (value: number, text: (value: number) => string) => void;
}

function slider(id: string, title: string, [min, max]: readonly [number, number], moved: (value: number) => void): Slider {
  const input = el('input', { type: 'range', id, min, max, step: 5 });
  const said = el('output', { for: id });
  input.addEventListener('input', () => moved(Number(input.value)));
  return {
    element: el('div', { class: 'slide' }, el('label', { for: id }, title), input, said),
    show: (value, text) => {
      if (document.activeElement !== input) input.value = String(value);
      said.textContent = text(Math.round(value));
      input.setAttribute('aria-valuetext', said.textContent);
    },
  };
}
