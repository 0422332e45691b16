import Map from '@arcgis/core/Map.js';
import config from '@arcgis/core/config.js';
import * as reactiveUtils from '@arcgis/core/core/reactiveUtils.js';
import Extent from '@arcgis/core/geometry/Extent.js';
import Point from '@arcgis/core/geometry/Point.js';
import { version } from '@arcgis/core/kernel.js';
import OGCFeatureLayer from '@arcgis/core/layers/OGCFeatureLayer.js';
import VectorTileLayer from '@arcgis/core/layers/VectorTileLayer.js';
import MapView from '@arcgis/core/views/MapView.js';
import { ITEM, TILE, api, box, json, parcels, show, told } from './page.js';

config.assetsPath = new URL('node_modules/@arcgis/core/assets', location.href).href;
config.fontsUrl = new URL('node_modules/@arcgis/core/assets/esri/fonts', location.href).href;

const tilejson = await json(`${parcels}/tiles/WebMercatorQuad?f=tilejson`);
const tiles = new VectorTileLayer({
  style: {
    version: 8,
    sources: { parcels: { type: 'vector', tiles: tilejson.tiles, minzoom: tilejson.minzoom, maxzoom: tilejson.maxzoom } },
    layers: [
      { id: 'fill', type: 'fill', source: 'parcels', 'source-layer': 'parcels', paint: { 'fill-color': TILE, 'fill-outline-color': '#7a967a' } },
    ],
  },
});
const items = new OGCFeatureLayer({
  url: api,
  collectionId: 'parcels',
  minScale: 10_000, // ArcGIS reads one page for each of its tiles, of 8,000 features; farther away let the tiles alone show parcels
  renderer: {
    type: 'simple',
    symbol: { type: 'simple-fill', color: [179, 38, 30, 0.2], outline: { color: ITEM, width: 2.25 } },
  },
});
const [xmin, ymin, xmax, ymax] = box;
const view = new MapView({
  container: 'map',
  map: new Map({ layers: [tiles, items] }),
  extent: new Extent({ xmin, ymin, xmax, ymax, spatialReference: { wkid: 4326 } }),
  popupEnabled: false,
});

const popup = document.createElement('div');
popup.className = 'popup';
view.on('click', async (event) => {
  const { results: [clicked] } = await view.hitTest(event, { include: items });
  if (!clicked) return;
  popup.replaceChildren(told(clicked.graphic.attributes));
  view.ui.add(popup, 'top-right');
});

async function drawn() {
  await view.when();
  const views = await Promise.all([view.whenLayerView(tiles), view.whenLayerView(items)]);
  await reactiveUtils.whenOnce(() => !view.updating && views.every(({ updating }) => !updating));
  return views;
}

const layers = drawn();
await show(
  layers,
  async () => {
    const [, layerView] = await layers;
    const ids = async (query) => (await layerView.queryFeatures({ outFields: ['*'], returnGeometry: false, ...query }))
      .features.map(({ attributes }) => attributes[items.objectIdField]);
    return {
      version,
      items: await ids({ where: '1=1' }),
      drawn: await ids({ geometry: view.extent }),
      fields: Object.fromEntries(items.fields.map(({ name, type }) => [name, type])),
      extent: items.fullExtent.toJSON(),
      geometry: items.geometryType,
      maxRecordCount: items.capabilities.query.maxRecordCount,
    };
  },
  async (lon, lat) => {
    const { results } = await view.hitTest(view.toScreen(new Point({ longitude: lon, latitude: lat })));
    const there = (layer, id) => results.filter((hit) => hit.layer === layer).map(({ graphic }) => graphic.attributes[id]);
    return { items: there(items, items.objectIdField), tiles: there(tiles, 'id') };
  },
);
