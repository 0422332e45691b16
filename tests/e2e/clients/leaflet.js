/* global L, protomapsL */
import { ITEM, TILE, box, itemsIn, json, parcels, show, told } from './page.js';

const [west, south, east, north] = box;
const tilejson = await json(`${parcels}/tiles/WebMercatorQuad?f=tilejson`);
const map = L.map('map', { fadeAnimation: false, zoomAnimation: false });

const tiles = protomapsL.leafletLayer({
  url: tilejson.tiles[0],
  maxDataZoom: tilejson.maxzoom,
  bounds: [[tilejson.bounds[1], tilejson.bounds[0]], [tilejson.bounds[3], tilejson.bounds[2]]],
  attribution: tilejson.attribution,
  paintRules: [
    { dataLayer: 'parcels', symbolizer: new protomapsL.PolygonSymbolizer({ fill: TILE, stroke: '#7a967a', width: 1 }) },
  ],
});
const drawn = new Promise((resolve) => tiles.once('load', resolve));
map.fitBounds([[south, west], [north, east]], { padding: [60, 60] });
tiles.addTo(map);

const { features, pages } = await itemsIn(box);
const outlines = L.geoJSON({ type: 'FeatureCollection', features }, {
  style: { color: ITEM, weight: 3, fillOpacity: 0.2 },
  onEachFeature: (feature, layer) => layer.bindPopup(() => told(feature.properties)),
}).addTo(map);

await show(
  drawn,
  () => ({
    version: L.version,
    pages,
    items: features.map(({ id }) => id),
    drawn: outlines.getLayers().filter((layer) => layer.getElement().getBBox().width > 0).map(({ feature }) => feature.id),
    attribution: document.querySelector('.leaflet-control-attribution').textContent,
  }),
  (lon, lat) => {
    const { x, y } = map.latLngToContainerPoint([lat, lon]);
    const hit = document.elementsFromPoint(x, y);
    const picked = [...tiles.queryTileFeaturesDebug(lon, lat).values()].flat();
    return {
      items: outlines.getLayers().filter((layer) => hit.includes(layer.getElement())).map(({ feature }) => feature.id),
      tiles: picked.filter(({ layerName }) => layerName === 'parcels').map(({ feature }) => feature.props.id),
    };
  },
);
