/** The map's style: the server's, made ready for this page (own fonts, absolute addresses, the day looked at). */

import type { ExpressionSpecification, FontFacesSpecification, LayerSpecification, StyleSpecification, VectorSourceSpecification } from 'maplibre-gl';
import latin from '@fontsource/be-vietnam-pro/files/be-vietnam-pro-latin-400-normal.woff2?url';
import latinBold from '@fontsource/be-vietnam-pro/files/be-vietnam-pro-latin-600-normal.woff2?url';
import latinExt from '@fontsource/be-vietnam-pro/files/be-vietnam-pro-latin-ext-400-normal.woff2?url';
import latinExtBold from '@fontsource/be-vietnam-pro/files/be-vietnam-pro-latin-ext-600-normal.woff2?url';
import vietnamese from '@fontsource/be-vietnam-pro/files/be-vietnam-pro-vietnamese-400-normal.woff2?url';
import vietnameseBold from '@fontsource/be-vietnam-pro/files/be-vietnam-pro-vietnamese-600-normal.woff2?url';
import { address } from './api';
import { GROUND, isGround, OUTSIDE } from './look/ground';
import type { Language } from './words';
import { leastZoom, OFF_AT_FIRST, placeOnMap } from './order';

const REGULAR = 'Be Vietnam Pro Regular';
const BOLD = 'Be Vietnam Pro SemiBold';
const SANS = 'sans-serif';

/** Where the server tells the text of a style layer in every language. */
const TEXTS = 'landmap:texts';

// The ranges that the font's own CSS declares for its three files.
const VIETNAMESE = [
  'U+102-103', 'U+110-111', 'U+128-129', 'U+168-169', 'U+1A0-1A1', 'U+1AF-1B0', 'U+300-301', 'U+303-304', 'U+308-309',
  'U+323', 'U+329', 'U+1EA0-1EF9', 'U+20AB',
];
const LATIN = [
  'U+0-FF', 'U+131', 'U+152-153', 'U+2BB-2BC', 'U+2C6', 'U+2DA', 'U+2DC', 'U+304', 'U+308', 'U+329', 'U+2000-206F',
  'U+20AC', 'U+2122', 'U+2191', 'U+2193', 'U+2212', 'U+2215', 'U+FEFF', 'U+FFFD',
];
const LATIN_EXT = ['U+100-2BA', 'U+2BD-2C5', 'U+2C7-2CC', 'U+1D00-1DBF', 'U+1E00-1E9F', 'U+1EF2-1EFF', 'U+2020'];

function fontFaces(): FontFacesSpecification {
  const faces = (viet: string, basic: string, extended: string) => [
    { url: address(viet), 'unicode-range': VIETNAMESE },
    { url: address(basic), 'unicode-range': LATIN },
    { url: address(extended), 'unicode-range': LATIN_EXT },
  ];
  return { [REGULAR]: faces(vietnamese, latin, latinExt), [BOLD]: faces(vietnameseBold, latinBold, latinExtBold) };
}

/** Labels are drawn in the browser from the font of the page; a `glyphs` address is not needed. */
export function prepareStyle(style: StyleSpecification, at: string | null, language: Language): StyleSpecification {
  const sources = Object.fromEntries(Object.entries(style.sources).map(([id, source]) => (
    // Sparse: where there is no such tile (404), as in the frozen city, a coarser one is enlarged.
    [id, source.type === 'vector' ? { ...source, tiles: tilesOn(source, at), sparse: true } : source]
  )));
  const { glyphs: _, ...rest } = style;
  const layers = style.layers.map((layer) => withText(layer, language)).map(withFont).map(withLeastZoom)
    .sort((a, b) => placeOnMap(a.type, dataLayer(a)) - placeOnMap(b.type, dataLayer(b)));
  return { ...rest, sources, layers, 'font-faces': fontFaces() };
}

/** Addresses of a source's tiles on a day; null: now. */
export function tilesOn(source: VectorSourceSpecification, at: string | null): string[] {
  return (source.tiles ?? []).map((template) => {
    const [path = '', query = ''] = template.split('?');
    const params = query.split('&').filter((part) => part && !part.startsWith('datetime='));
    if (at) params.push(`datetime=${at}`);
    // Not `new URL(template)`, which would encode the braces of {z}.
    const absolute = /^https?:/.test(path) ? path : address('.').replace(/\/$/, '') + `/${path.replace(/^\/+/, '')}`;
    return params.length > 0 ? `${absolute}?${params.join('&')}` : absolute;
  });
}

function withText(layer: LayerSpecification, language: Language): LayerSpecification {
  const text = textOf(layer, language);
  return layer.type === 'symbol' && text !== undefined ? { ...layer, layout: { ...layer.layout, 'text-field': text } } : layer;
}

/** What a label says in the language, its numbers with the decimal mark of it; undefined: it is no label with words or fields. */
export function textOf(layer: LayerSpecification, language: Language): string | ExpressionSpecification | undefined {
  if (layer.type !== 'symbol') return undefined;
  const texts = (layer.metadata as { [TEXTS]?: Readonly<Record<Language, string>> } | undefined)?.[TEXTS];
  const said = texts?.[language] ?? layer.layout?.['text-field'];
  if (typeof said !== 'string') return undefined;
  const parts = said.split(/\{(\w+)\}/);
  if (parts.length === 1) return said;
  return ['concat', ...parts.map((part, index) => (index % 2 ? field(part, language) : part))];
}

function field(name: string, language: Language): ExpressionSpecification {
  const value: ExpressionSpecification = ['get', name];
  const number: ExpressionSpecification = ['number-format', value, { locale: language, 'max-fraction-digits': 3 }];
  return ['case', ['==', ['typeof', value], 'number'], number, ['to-string', value]];
}

function withFont(layer: LayerSpecification): LayerSpecification {
  if (layer.type !== 'symbol' || layer.layout?.['text-field'] === undefined) return layer;
  const wanted = JSON.stringify(layer.layout['text-font'] ?? '');
  const font = /bold|black|heavy/i.test(wanted) ? BOLD : REGULAR;
  return { ...layer, layout: { ...layer.layout, 'text-font': [font, SANS] } };
}

function withLeastZoom(layer: LayerSpecification): LayerSpecification {
  const least = leastZoom(layer.type, dataLayer(layer));
  return least > (layer.minzoom ?? 0) ? { ...layer, minzoom: least } : layer;
}

/** What a style layer is switched on and off with: the data layer that it draws, which is its source, or the ground; undefined for backgrounds. */
export function dataLayer(layer: LayerSpecification): string | undefined {
  if (isGround(layer.id)) return GROUND;
  if (layer.type === 'raster') return OUTSIDE;
  return 'source-layer' in layer && typeof layer.source === 'string' ? layer.source : undefined;
}

/** Tiles hold a layer's features under its own name; beside them may stand their names and what takes their place from afar. */
export function drawsFeatures(layer: LayerSpecification): boolean {
  return 'source-layer' in layer && layer['source-layer'] === layer.source;
}

/** Ids of the data layers, each once. */
export function dataLayers(style: StyleSpecification): string[] {
  const ids = style.layers.map(dataLayer).filter((id) => id !== undefined);
  return [...new Set(ids)];
}

/** Data layers that the page starts with. */
export function shownAtFirst(style: StyleSpecification): string[] {
  return dataLayers(style).filter((id) => !OFF_AT_FIRST.includes(id));
}

/** Lowest zoom at which anything of a data layer is drawn. */
export function minimumZoom(style: StyleSpecification, id: string): number {
  return lowestZoom(style, style.layers.filter((layer) => dataLayer(layer) === id));
}

/** Lowest zoom at which single features of a data layer are drawn: where what stands for them from afar ends. */
export function featureZoom(style: StyleSpecification, id: string): number {
  const layers = style.layers.filter((layer) => dataLayer(layer) === id && layer.type !== 'symbol');
  const ends = layers.filter((layer) => !drawsFeatures(layer)).map(({ maxzoom = 0 }) => maxzoom);
  return Math.max(lowestZoom(style, layers.filter(drawsFeatures)), ...ends);
}

function lowestZoom(style: StyleSpecification, layers: readonly LayerSpecification[]): number {
  const zooms = layers.map((layer) => {
    const source = 'source' in layer && typeof layer.source === 'string' ? style.sources[layer.source] : undefined;
    const served = source?.type === 'vector' ? source.minzoom ?? 0 : 0;
    return Math.max(layer.minzoom ?? 0, leastZoom(layer.type, dataLayer(layer)), served);
  });
  return zooms.length > 0 ? Math.min(...zooms) : 0;
}
