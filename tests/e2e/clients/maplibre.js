import * as maplibregl from './node_modules/maplibre-gl/dist/maplibre-gl.mjs';
import { ITEM, TILE, box, itemsIn, parcels, show, told } from './page.js';

const { features, pages } = await itemsIn(box);
const map = new maplibregl.Map({
  container: 'map',
  bounds: box,
  fitBoundsOptions: { padding: 60 },
  fadeDuration: 0,
  style: {
    version: 8,
    sources: {
      tiles: { type: 'vector', url: `${parcels}/tiles/WebMercatorQuad?f=tilejson`, promoteId: 'id' },
      items: { type: 'geojson', data: { type: 'FeatureCollection', features: features.map(withId) }, promoteId: 'id' },
    },
    layers: [
      { id: 'tiles', type: 'fill', source: 'tiles', 'source-layer': 'parcels', paint: { 'fill-color': TILE, 'fill-outline-color': '#7a967a' } },
      { id: 'items', type: 'fill', source: 'items', paint: { 'fill-color': ITEM, 'fill-opacity': 0.2 } },
      { id: 'outlines', type: 'line', source: 'items', paint: { 'line-color': ITEM, 'line-width': 3 } },
    ],
  },
});

map.on('click', 'items', ({ lngLat, features: [clicked] }) => {
  new maplibregl.Popup().setLngLat(lngLat).setDOMContent(told(clicked.properties)).addTo(map);
});

/** MapLibre keeps ids of features that are no numbers only as properties. */
function withId(feature) {
  return { ...feature, properties: { ...feature.properties, id: feature.id } };
}

function ids(features) {
  return [...new Set(features.map(({ id }) => id))];
}

await show(
  map.once('idle'),
  () => ({
    version: maplibregl.getVersion(),
    pages,
    items: features.map(({ id }) => id),
    drawn: ids(map.queryRenderedFeatures({ layers: ['items'] })),
    attribution: document.querySelector('.maplibregl-ctrl-attrib')?.textContent,
  }),
  (lon, lat) => {
    const there = (layer) => ids(map.queryRenderedFeatures(map.project([lon, lat]), { layers: [layer] }));
    return { items: there('items'), tiles: there('tiles') };
  },
);
