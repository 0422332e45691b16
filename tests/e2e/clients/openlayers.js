/* global ol, proj4 */
import { ITEM, TILE, box, itemsIn, parcels, show, told } from './page.js';

// VN-2000 / TM-3 105°45' with the seven parameters of the 2007 decision.
proj4.defs(
  'EPSG:9210',
  '+proj=tmerc +lat_0=0 +lon_0=105.75 +k=0.9999 +x_0=500000 +y_0=0 +ellps=WGS84 +units=m +no_defs'
  + ' +towgs84=-191.90441429,-39.30318279,-111.45032835,0.00928836,-0.01975479,0.00427372,0.252906278',
);
ol.proj.proj4.register(proj4);

const VN2000 = 'http://www.opengis.net/def/crs/EPSG/0/9210';
const format = new ol.format.GeoJSON();
const asked = [];

const items = new ol.source.Vector({
  strategy: ol.loadingstrategy.bbox,
  async loader(extent, resolution, projection, success, failure) {
    try {
      const area = ol.proj.transformExtent(extent, projection, 'EPSG:4326');
      const { features, pages } = await itemsIn(area);
      asked.push(pages);
      const read = format.readFeatures({ type: 'FeatureCollection', features }, { featureProjection: projection });
      items.addFeatures(read);
      success(read);
    } catch (error) {
      items.removeLoadedExtent(extent);
      failure();
      throw error;
    }
  },
});
const tiles = new ol.layer.VectorTile({
  source: new ol.source.OGCVectorTile({
    url: `${parcels}/tiles/WebMercatorQuad`,
    format: new ol.format.MVT({ idProperty: 'id' }),
  }),
  style: { 'fill-color': TILE, 'stroke-color': '#7a967a' },
});
const outlines = new ol.layer.Vector({
  source: items,
  style: { 'fill-color': 'rgba(179, 38, 30, 0.2)', 'stroke-color': ITEM, 'stroke-width': 3 },
});
const popup = new ol.Overlay({ element: document.createElement('div'), positioning: 'bottom-center' });
popup.getElement().className = 'popup';
const map = new ol.Map({ target: 'map', layers: [tiles, outlines], overlays: [popup] });
map.getView().fit(ol.proj.transformExtent(box, 'EPSG:4326', 'EPSG:3857'), { padding: [60, 60, 60, 60] });

map.on('click', ({ pixel, coordinate }) => {
  const [clicked] = map.getFeaturesAtPixel(pixel, { layerFilter: (layer) => layer === outlines });
  if (!clicked) return;
  popup.getElement().replaceChildren(told(clicked.getProperties()));
  popup.setPosition(coordinate);
});

/** Greatest distance in metres between the corners of features as read in WGS 84 and as read in VN-2000. */
async function apart() {
  const read = async (parameters, dataProjection) => {
    const { features } = await itemsIn(box, parameters);
    return format.readFeatures({ type: 'FeatureCollection', features }, { dataProjection, featureProjection: 'EPSG:3857' });
  };
  const [here, there] = await Promise.all([read({}, 'EPSG:4326'), read({ crs: VN2000 }, 'EPSG:9210')]);
  const found = new Map(there.map((feature) => [feature.getId(), corners(feature)]));
  const distances = here.flatMap((feature) => corners(feature).map((corner, index) =>
    ol.sphere.getDistance(corner, found.get(feature.getId())[index])));
  return { most: Math.max(...distances), corners: distances.length };
}

function corners(feature) {
  return feature.getGeometry().clone().transform('EPSG:3857', 'EPSG:4326').getCoordinates().flat(2);
}

function loaded() {
  return asked.length > 0 && tiles.getSource().getState() === 'ready';
}

await show(
  new Promise((resolve) => map.on('rendercomplete', () => loaded() && resolve())),
  async () => ({
    version: ol.util.VERSION,
    pages: asked[0],
    items: items.getFeatures().map((feature) => feature.getId()),
    drawn: items.getFeaturesInExtent(map.getView().calculateExtent()).map((feature) => feature.getId()),
    vn2000: await apart(),
  }),
  (lon, lat) => {
    const pixel = map.getPixelFromCoordinate(ol.proj.fromLonLat([lon, lat]));
    const there = (wanted) => map.getFeaturesAtPixel(pixel, { layerFilter: (layer) => layer === wanted }).map((feature) => feature.getId());
    return { items: there(outlines), tiles: there(tiles) };
  },
);
