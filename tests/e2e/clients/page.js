// What the pages share: where Landmap is, and reading it page by page from another origin.
const asked = new URLSearchParams(location.search);

/** Address of Landmap, without a slash at the end. */
export const api = asked.get('api');
/** The area to show: west, south, east, north. */
export const box = asked.get('box').split(',').map(Number);
export const parcels = `${api}/collections/parcels`;

/** Colours that the tests look for. */
export const TILE = '#cfe3cf';
export const ITEM = '#b3261e';

/** All features in a box: pages of 20, as the links with rel=next lead on. */
export async function itemsIn(area, parameters = {}) {
  const features = [];
  let pages = 0;
  let address = `${parcels}/items?${new URLSearchParams({ bbox: area.join(','), limit: '20', ...parameters })}`;
  while (address) {
    const page = await json(address);
    features.push(...page.features);
    pages += 1;
    address = page.links.find(({ rel }) => rel === 'next')?.href;
  }
  return { features, pages };
}

export async function json(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${address}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

/** What a click tells, for a popup. */
export function told({ sheet, parcel }) {
  const content = document.createElement('div');
  content.id = 'told';
  for (const [name, value] of Object.entries({ sheet, parcel })) {
    const part = content.appendChild(document.createElement('span'));
    part.className = name;
    part.textContent = value;
    part.before(name === 'sheet' ? 'Tờ ' : ', thửa ');
  }
  return content;
}

/** The headers of a page of items that another origin may read, and the answer to asking for it again. */
async function headers() {
  const crs = 'http://www.opengis.net/def/crs/EPSG/0/9210';
  const address = `${parcels}/items?${new URLSearchParams({ limit: '1', crs })}`;
  const first = await fetch(address);
  const names = ['Link', 'ETag', 'Content-Crs', 'Landmap-Data-Version'];
  const again = await fetch(address, { cache: 'no-store', headers: { 'If-None-Match': first.headers.get('ETag') } });
  return { ...Object.fromEntries(names.map((name) => [name, first.headers.get(name)])), again: again.status };
}

/**
 * Gives the page to the test: `report()` is what it has loaded, `at(lon, lat)` the ids of what is drawn there as items and as
 * tiles, for each of the layers; both when the map is drawn.
 */
export async function show(drawn, report, at) {
  try {
    await drawn;
    window.report = async () => ({ ...await report(), headers: await headers() });
    window.at = at;
    document.documentElement.dataset.state = 'drawn';
  } catch (error) {
    document.documentElement.dataset.state = `failed: ${error?.stack ?? error} ${JSON.stringify(error?.details ?? {})}`;
  }
}
