// The look of the map: its ground, groups and opacity of layers, hatches, the whole city, two maps compared, blocks of buildings.
// Assertions are the caller's: tests/e2e/test_web_look.py.
import { shares } from './colors.mjs';
import { asked, DESKTOP, hash, open, PHONE, play, settled, shot } from './stage.mjs';

const RIGHT_OF_PANEL = { x: 340, y: 60, width: 500, height: 640 };

const at = (longitude, latitude) => ({ ...DESKTOP, permissions: ['geolocation'], geolocation: { longitude, latitude, accuracy: 40 } });

await play(
  'look',
  { early, ground, groups, credited, fades, hatches, city, wide, here, abroad: where, refused: where, swipes, sides, raises, phone, phoneSides, chosen },
  { chosen: PHONE, here: at(asked.lon, asked.lat), abroad: at(105.85, 21.03), phone: PHONE, phoneSides: PHONE },
);

/** While the map's script is on its way, the city is seen; when the map is there, the picture is gone. */
async function early(page) {
  let come;
  const there = new Promise((resolve) => { come = resolve; });
  await page.route('**/assets/main-*.js', async (route) => {
    await there;
    await route.continue();
  });
  await page.goto(`${asked.base}/#map=17/${asked.lat}/${asked.lon}`, { waitUntil: 'commit' });
  await page.locator('.first-picture').waitFor();
  await page.waitForTimeout(500); // all of its tiles
  const before = { colors: await shares(page, RIGHT_OF_PANEL), map: await page.locator('.maplibregl-canvas').count() };
  come();
  await page.locator('.layers li').first().waitFor({ state: 'attached' });
  await settled(page);
  return { before, after: await shares(page, RIGHT_OF_PANEL), left: await page.locator('.first-picture').count() };
}

/** The ground alone. */
async function ground(page) {
  await open(page, 16, '&layers=ground');
  await page.mouse.click(640, 400);
  await settled(page);
  const legend = await page.locator('.layers > li', { has: page.locator('#layer-ground') }).locator('.legend li').allTextContents();
  return { colors: await shares(page, RIGHT_OF_PANEL), legend, card: await page.locator('.card').isVisible() };
}

async function groups(page) {
  await open(page, 17);
  return {
    groups: await page.locator('.group').evaluateAll((sections) => sections.map((one) => [
      one.querySelector('h3').textContent, [...one.querySelectorAll('label')].map((label) => label.textContent),
    ])),
    outside: await page.locator('#layer-outside').count(),
  };
}

/** A basemap that the operator allows, here with pictures of this very host: its row warns, and while it is on its credit stands on the map. */
async function credited(page) {
  await page.route('**/map/style.json', async (route) => {
    const response = await route.fetch();
    const style = await response.json();
    const { origin } = new URL(route.request().url());
    style.sources.outside = { type: 'raster', tiles: [`${origin}/icon-192.png?{z}-{x}-{y}`], tileSize: 256, attribution: '© Trung tâm Bản đồ <thử>' };
    style.layers.splice(1, 0, { id: 'outside', type: 'raster', source: 'outside', layout: { visibility: 'none' } });
    await route.fulfill({ response, json: style });
  });
  await open(page, 17, '&layers=parcels');
  const credit = page.locator('.readout .credit');
  const before = await credit.textContent();
  await page.locator('#layer-outside').check();
  await settled(page);
  return { before, credit: await credit.textContent(), warning: await page.locator('.far.warning').textContent(), hash: await hash(page) };
}

async function fades(page) {
  await open(page, 18, '&layers=parcels');
  const before = await shares(page, RIGHT_OF_PANEL);
  await page.locator('#fade-button-parcels').click();
  await page.locator('#fade-parcels').focus();
  for (let step = 0; step < 6; step += 1) await page.keyboard.press('ArrowLeft');
  await settled(page);
  const after = await shares(page, RIGHT_OF_PANEL);
  const said = await page.locator('#fade-parcels').evaluate((input) => [input.getAttribute('aria-label'), input.getAttribute('aria-valuetext'), document.activeElement === input]);
  const kept = await hash(page);
  await page.reload();
  await settled(page);
  const again = await shares(page, RIGHT_OF_PANEL);
  await page.locator('#fade-button-parcels').click();
  await page.locator('#fade-parcels').fill('100');
  await settled(page);
  return { before, after, said, kept, again, full: await hash(page) };
}

/** Codes of one colour have rows of their own, told apart by their hatches. */
async function hatches(page) {
  await open(page, 17, '&layers=parcels');
  const more = page.locator('#legend-parcels');
  if (await more.count()) await more.click();
  return page.locator('.layers > li', { has: page.locator('#layer-parcels') }).locator('.legend li:has(.swatch)').evaluateAll((rows) => ({
    rows: rows.map((row) => {
      const { backgroundColor, backgroundImage } = getComputedStyle(row.querySelector('.swatch'));
      return { title: row.textContent, color: backgroundColor, hatch: backgroundImage };
    }),
  }));
}

async function city(page) {
  await open(page, 17);
  await page.locator('#city').click();
  await page.waitForFunction(() => Number(/map=([\d.]+)/.exec(location.hash)[1]) < 10);
  await settled(page);
  return { hash: await hash(page), name: await page.locator('#city').getAttribute('aria-label') };
}

/** Far out, with the sea: where its name stands. */
async function wide(page) {
  await page.goto(`${asked.base}/#map=5/12.6/112`);
  await page.locator('.controls button').first().waitFor();
  await settled(page);
  return { colors: await shares(page, { x: 620, y: 350, width: 112, height: 24 }) };
}

async function here(page) {
  const told = await where(page);
  return { ...told, colors: await shares(page, RIGHT_OF_PANEL) };
}

/** Asks for the reader's place from another one. */
async function where(page) {
  await page.goto(`${asked.base}/#map=14/10.9/106.8`);
  const button = page.locator('#where');
  await button.waitFor();
  const name = await button.getAttribute('aria-label');
  await button.click();
  await page.waitForFunction(() => /vị trí\.|vòng tròn|ngoài phạm vi/.test(document.querySelector('.notices')?.textContent ?? ''));
  const said = await page.locator('.notices').textContent();
  await settled(page);
  return { name, said, hash: await hash(page) };
}

/** On a phone a tool is chosen in the panel, which then makes room for its sheet. */
async function chosen(page) {
  await open(page, 16);
  await page.locator('.unfold').tap();
  await page.locator('#tool-report').tap();
  await page.locator('#sheet .tell-form').first().waitFor();
  await settled(page);
  const high = await page.locator('#sheet').evaluate((sheet) => sheet.getBoundingClientRect().top - document.querySelector('.side').getBoundingClientRect().bottom);
  return { panel: await page.locator('.panel').isVisible(), said: await page.locator('.unfold').getAttribute('aria-expanded'), map: high };
}

async function swipes(page) {
  await open(page, 17, '&layers=parcels');
  await page.locator('#tool-compare').click();
  await page.locator('.curtain').waitFor();
  await settled(page);
  await shot(page, 'look-swipe-open');
  const edge = page.locator('.curtain');
  const start = await slider(edge);
  await edge.focus();
  for (let step = 0; step < 5; step += 1) await page.keyboard.press('ArrowRight');
  await settled(page);
  const moved = await slider(edge);
  const kept = await hash(page);
  const { x, y } = await edge.boundingBox();
  await page.mouse.move(x + 22, y + 300);
  await page.mouse.down();
  await page.mouse.move(700, y + 320, { steps: 4 });
  await page.mouse.up();
  await settled(page);
  const dragged = await slider(edge);
  const badges = await page.locator('.badge').allTextContents();
  const left = await shares(page, { x: 400, y: 500, width: 250, height: 200 });
  const right = await shares(page, { x: 740, y: 500, width: 250, height: 200 });
  await page.locator('#compare-what-present').check();
  await settled(page);
  const present = await shares(page, { x: 740, y: 500, width: 250, height: 200 });
  await page.locator('#sheet-title').click();
  await page.locator('.sheet > header button:not(.fold)').click();
  await settled(page);
  return { start, moved, kept, dragged, badges, left, right, present, closed: await page.locator('.twin, .curtain').count(), after: await hash(page) };
}

function slider(edge) {
  return edge.evaluate((one) => ({ role: one.getAttribute('role'), now: Number(one.getAttribute('aria-valuenow')), name: one.getAttribute('aria-label') }));
}

/** Two days side by side, and what one map does the other does too. */
async function sides(page) {
  await open(page, 17, '&layers=parcels&tool=compare&compare.how=sides&compare.what=same');
  await page.locator('.twin canvas').waitFor();
  await settled(page);
  const halves = async () => ({
    left: await shares(page, { x: 20, y: 500, width: 600, height: 240 }),
    right: await shares(page, { x: 660, y: 500, width: 560, height: 240 }),
  });
  const same = await halves();
  await page.locator('.twin canvas').focus();
  const before = await hash(page);
  for (let step = 0; step < 2; step += 1) await page.keyboard.press('ArrowUp');
  await page.waitForFunction((then) => decodeURIComponent(location.hash) !== then, before);
  await settled(page);
  const [place, together] = [await hash(page), await halves()];
  await page.locator('#compare-day').fill('1/1/1980');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => location.hash.includes('compare.day=1980-01-01'));
  await settled(page);
  const then = await halves();
  const boxes = await page.locator('.map').evaluateAll((maps) => maps.map((one) => Math.round(one.getBoundingClientRect().width)));
  const badges = await page.locator('.badge').allTextContents();
  await page.mouse.click(960, 620);
  await page.locator('.compare-both').waitFor();
  const point = await page.locator('.compare-both > div').evaluateAll((both) => both.map((one) => [one.querySelector('h4').textContent, [...one.querySelectorAll('li small')].map((row) => row.textContent)]));
  const empty = await page.locator('.twin-empty').textContent();
  await page.locator('.twin-empty button').click();
  await page.waitForFunction(() => !location.hash.includes('compare.day=1980-01-01'));
  const firstDay = await page.locator('#compare-day').inputValue();
  await page.locator('.compare-both button').first().click();
  await page.locator('.card h2').waitFor();
  const card = { kicker: await page.locator('.card .kicker').textContent(), twins: await page.locator('.twin').count() };
  return { same, place, together, then, boxes, badges, point, empty, firstDay, card };
}

async function raises(page) {
  await open(page, 18, '&layers=parcels');
  const flat = await shares(page, RIGHT_OF_PANEL);
  await page.locator('#tool-solid').click();
  await page.locator('#solid-tilt').waitFor();
  await settled(page);
  const raised = await shares(page, RIGHT_OF_PANEL);
  await page.locator('#solid-tilt').focus();
  for (let step = 0; step < 4; step += 1) await page.keyboard.press('ArrowLeft');
  await settled(page);
  await page.locator('#solid-turn').fill('45');
  await settled(page);
  const [kept, tilt, legend] = [await hash(page), await page.locator('#solid-tilt').getAttribute('aria-valuetext'), await page.locator('.solid .legend li').allTextContents()];
  await shot(page, 'look-solid');
  await page.keyboard.press('Escape');
  await settled(page);
  return { flat, raised, kept, tilt, legend, after: await shares(page, RIGHT_OF_PANEL) };
}

async function phone(page) {
  await open(page, 17, '&tool=compare');
  await page.locator('.curtain').waitFor();
  await settled(page);
  return {
    width: await page.evaluate(() => document.documentElement.scrollWidth),
    curtain: await page.locator('.curtain').boundingBox(),
    sheet: await page.locator('.sheet').boundingBox(),
    targets: await page.locator('.choices label, .sheet .round, .curtain').evaluateAll((all) => all.map((one) => one.getBoundingClientRect().height)),
  };
}

async function phoneSides(page) {
  await open(page, 17, '&tool=compare&compare.how=sides');
  await page.locator('.twin canvas').waitFor();
  await settled(page);
  return { maps: await page.locator('.map').evaluateAll((maps) => maps.map((one) => one.getBoundingClientRect().toJSON())), sheet: await page.locator('.sheet').boundingBox() };
}
