/** The city before the map: its ground, drawn from the same tiles that the map asks for a moment later, so that nobody waits for the map's script. */

import type { StyleSpecification } from 'maplibre-gl';
import { el } from '../dom';
import { signedIn } from '../session';
import type { State, View } from '../state';
import { tilesOn } from '../style';
import { pictureOf, tilesOf, type Picture, type Placed } from './paint';
import { readTile } from './tile';

/** In the browser's timeline (User Timing): something of the city is seen. */
const SEEN = 'landmap-picture';

/** It lies over the map until the map itself is drawn. */
const picture = el('canvas', { class: 'first-picture', 'aria-hidden': 'true' });

let over = false;

/** The map is drawn, or shows something else by now. */
export function endPicture(): void {
  over = true;
  picture.remove();
}

/** Draws what the state shows of the ground. What cannot be had is left to the map, which says so. */
export async function paintPicture(map: HTMLElement, style: StyleSpecification, state: State): Promise<void> {
  const { view, at } = state;
  const made = view && pictureOf(style, state, view.zoom);
  // Who is signed in may be shown other tiles than everybody.
  if (!view || !made || signedIn()) return;
  const pen = prepare(made);
  const places = pen && placesOf(style, made, view);
  if (!pen || !places || over) return;
  const [template = ''] = tilesOn(places.source, at);
  await Promise.all(places.tiles.map(async (tile) => {
    if (await paintTile(pen, made, tile, template) && !over) show(map);
  }));
}

function placesOf(style: StyleSpecification, { source: id }: Picture, view: View) {
  const source = style.sources[id];
  if (source?.type !== 'vector' || Math.floor(view.zoom) < (source.minzoom ?? 0)) return null;
  return { source, tiles: tilesOf(view, innerWidth, innerHeight, source.maxzoom ?? 22) };
}

function prepare({ background }: Picture): CanvasRenderingContext2D | null {
  const ratio = Math.min(devicePixelRatio, 2);
  [picture.width, picture.height] = [innerWidth * ratio, innerHeight * ratio];
  const pen = picture.getContext('2d', { alpha: false });
  if (!pen) return null;
  pen.scale(ratio, ratio);
  pen.fillStyle = background;
  pen.fillRect(0, 0, innerWidth, innerHeight);
  return pen;
}

/** Whether something was drawn. */
async function paintTile(pen: CanvasRenderingContext2D, made: Picture, placed: Placed, template: string): Promise<boolean> {
  try {
    const answer = await fetch(template.replace('{z}', String(placed.z)).replace('{y}', String(placed.y)).replace('{x}', String(placed.x)));
    if (answer.status !== 200) return false;
    const bytes = new Uint8Array(await answer.arrayBuffer());
    return !over && paintLayers(pen, made, placed, bytes);
  } catch (error) {
    console.info(error); // the map asks for the same tile, and says what is wrong
    return false;
  }
}

function paintLayers(pen: CanvasRenderingContext2D, { coats }: Picture, { left, top, side }: Placed, bytes: Uint8Array): boolean {
  const layers = new Map(readTile(bytes).map((layer) => [layer.name, layer]));
  let drawn = 0;
  for (const coat of coats) {
    const { extent = 1, areas = [] } = layers.get(coat.layer) ?? {};
    pen.save();
    pen.beginPath();
    pen.rect(left, top, side, side); // what a tile has beyond its edge is its neighbour's
    pen.clip();
    pen.translate(left, top);
    pen.scale(side / extent, side / extent);
    pen.globalAlpha = coat.opacity;
    for (const { properties, draw } of areas) {
      const color = coat.color(properties);
      if (color === null) continue;
      pen.beginPath();
      draw(pen);
      pen.fillStyle = color;
      pen.fill();
      drawn += 1;
    }
    pen.restore();
  }
  return drawn > 0;
}

function show(map: HTMLElement): void {
  if (picture.isConnected) return;
  map.after(picture);
  requestAnimationFrame(() => performance.mark(SEEN));
}
