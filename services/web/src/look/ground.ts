/** The ground of the map, from the city's own layers: water and roads, quiet under everything else. */

import type { ExpressionSpecification, LayerSpecification, StyleSpecification } from 'maplibre-gl';

/** Id in the list of layers and in the URL */
export const GROUND = 'ground';
/** A basemap of another host, which the operator has allowed */
export const OUTSIDE = 'outside';
const PREFIX = `${GROUND}-`;

const WATER = '#bcd9e6';
const WATER_CODES: Readonly<Record<string, readonly [property: string, ...codes: string[]]>> = {
  parcels: ['land_use', 'SON', 'MNC'],
  zones: ['function', 'DAT_Khac_Honuoc', 'DAT_Khac_Songsuoi', 'DAT_NNK_Honuoc', 'DAT_NNK_Songsuoi'],
};
const ROAD = '#ffffff';
const ROAD_EDGE = '#d8d1c2';
/** Width of a road that does not say its own, in metres */
const NARROW = 5;
/** Pixels of a metre at zoom 22 in this latitude: 2²² × 512 pixels around 40.075.017 m × cos 10,8° */
const PIXELS_AT_22 = (2 ** 22 * 512) / (40_075_017 * Math.cos((10.8 * Math.PI) / 180));

/** Part of the ground: no feature of it can be picked, no legend counts it. */
export function isGround(id: string): boolean {
  return id.startsWith(PREFIX);
}

/** The style with the ground below its layers, from those sources that it has. */
export function withGround(style: StyleSpecification): StyleSpecification {
  const first = style.layers.findIndex(({ type }) => type !== 'background' && type !== 'raster');
  const ground = [...waters(style), ...roads(style)];
  return first < 0 ? style : { ...style, layers: [...style.layers.slice(0, first), ...ground, ...style.layers.slice(first)] };
}

function waters(style: StyleSpecification): LayerSpecification[] {
  return Object.entries(WATER_CODES).flatMap(([source, [property, ...codes]]) => {
    if (!(source in style.sources)) return [];
    const filter = ['in', ['get', property], ['literal', codes]] as unknown as ExpressionSpecification;
    const paint = { 'fill-color': WATER };
    const far = style.layers.find((layer) => 'source-layer' in layer && layer['source-layer'] === `${source}_cell`);
    return [
      ...(far ? [{ id: `${PREFIX}${source}-cells`, type: 'fill', source, 'source-layer': `${source}_cell`, maxzoom: far.maxzoom ?? 24, filter, paint } as const] : []),
      { id: `${PREFIX}${source}`, type: 'fill', source, 'source-layer': source, filter, paint } as const,
    ];
  });
}

function roads({ sources }: StyleSpecification): LayerSpecification[] {
  const source = 'road_lines';
  if (!(source in sources)) return [];
  const common = { type: 'line', source, 'source-layer': source, layout: { 'line-cap': 'round', 'line-join': 'round' } } as const;
  const filter: ExpressionSpecification = ['==', ['get', 'kind'], 'CENTRELINE'];
  return [
    { id: `${PREFIX}road-edge`, ...common, filter, paint: { 'line-color': ROAD_EDGE, 'line-width': width(1.5) } },
    { id: `${PREFIX}road`, ...common, filter, paint: { 'line-color': ROAD, 'line-width': width(0) } },
    {
      id: `${PREFIX}road-name`, type: 'symbol', source, 'source-layer': source, minzoom: 15, filter: ['all', filter, ['has', 'name']],
      layout: { 'symbol-placement': 'line', 'text-field': ['get', 'name'], 'text-font': ['Regular'], 'text-size': 11.5 },
      paint: { 'text-color': '#5f5a50', 'text-halo-color': ROAD, 'text-halo-width': 1.4 },
    },
  ];
}

/** As wide as it is, but never too thin to be seen; `more`: pixels beyond. */
function width(more: number): ExpressionSpecification {
  const metres = ['coalesce', ['get', 'right_of_way'], NARROW];
  const at = (zoom: number) => ['+', ['max', 1, ['*', metres, PIXELS_AT_22 / 2 ** (22 - zoom)]], more];
  return ['interpolate', ['exponential', 2], ['zoom'], 13, at(13), 22, at(22)] as unknown as ExpressionSpecification;
}
