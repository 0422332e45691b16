/** What the page's parts leave of the map. */

import type { Map as MapView } from 'maplibre-gl';

/** Pixels from each edge of the map. */
export interface Edges {
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  readonly left: number;
}

/** How far the panel and the open sheet reach over the map: from its sides on wide pages, from above and below on phones. */
export function coveredEdges(map: MapView): Edges & { readonly beside: boolean } {
  const frame = map.getContainer().getBoundingClientRect();
  const box = (selector: string) => {
    const found = document.querySelector(selector)?.getBoundingClientRect();
    return found && found.width > 0 ? found : null;
  };
  const [side, sheet] = [box('.side'), box('.sheet:not([hidden])')];
  const beside = !side || side.width < frame.width * 0.6;
  const reach = (pixels: number | undefined) => Math.max(pixels ?? 0, 0);
  return beside
    ? { beside, top: 0, bottom: 0, left: reach(side ? side.right - frame.left : 0), right: reach(sheet ? frame.right - sheet.left : 0) }
    : { beside, top: reach(side.bottom - frame.top), bottom: reach(sheet ? frame.bottom - sheet.top : 0), left: 0, right: 0 };
}
