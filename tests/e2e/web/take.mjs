// Takes things along from the map: link, QR, print, data, embedding; and looks at every page for what its policy forbids.
// `asked.parcel` is a parcel at the place. Assertions are the caller's: tests/e2e/test_web_take.py.
import { createServer } from 'node:http';

import { asked, open, PHONE, play, settled, shot } from './stage.mjs';

const PAGES = ['/', '/embed', '/api-home', '/collections?f=html', '/collections/parcels?f=html', '/collections/parcels/items?f=html',
  `/collections/parcels/items/${asked.parcel}?f=html`, '/search?f=html', '/api?f=html', '/processes?f=html', '/rules?f=html', '/codelists?f=html',
  '/open-data?f=html', '/verify', `/thua/${asked.parcel}`, '/thua', `/parcels/${asked.parcel}/extract.html`, '/thua/none'];

await play('take', { takes, phone: takes, frames, card, policy }, { phone: PHONE, card: { ...PHONE, javaScriptEnabled: false } });

async function takes(page) {
  const narrow = page.viewportSize().width < 500;
  await open(page, 18, `&sel=parcels/${asked.parcel}&layers=parcels,zones,wards${narrow ? '&tool=take' : ''}`);
  if (!narrow) await page.locator('#tool-take').click();
  await page.locator('#take-download').waitFor();
  await page.locator('.take-qr img').evaluate((image) => image.decode());
  await settled(page);
  const first = await frame(page);
  const [link, code] = [await page.locator('#take-link').inputValue(), await page.locator('#take-code').inputValue()];
  await page.locator('#take-scale').selectOption('200');
  await page.locator('#take-paper').selectOption('a3 portrait');
  await page.waitForFunction(() => document.querySelector('.take-fit').textContent === '');
  await settled(page);
  const second = await frame(page);
  const sheet = second.href;
  const pdf = await page.request.get(sheet);
  const formats = await page.locator('#take-format option').allTextContents();
  await page.locator('#take-format').selectOption({ label: 'CSV' });
  const data = await page.request.get(await page.locator('#take-download').getAttribute('href'));
  await page.waitForFunction(() => /\d/.test([...document.querySelectorAll('.take .quiet')].map((one) => one.textContent).join()));
  const small = await page.locator('.take :is(button, select, .take-main)').evaluateAll((all) => all.filter((one) => one.getBoundingClientRect().height < 40).map((one) => one.textContent));
  const count = await page.locator('.take [role=status]').filter({ hasText: 'đối tượng' }).textContent();
  await page.locator('.map canvas').focus();
  await page.keyboard.press('ArrowUp');
  await page.waitForFunction((then) => document.querySelector('#take-pdf').href !== then, sheet);
  return {
    link, code, count,
    qr: await page.locator('.take-qr img').evaluate((image) => [image.naturalWidth, image.naturalHeight, image.alt]),
    card: await page.locator('#take-card').inputValue(),
    heads: await page.locator('.take h3').allTextContents(),
    first, second, sheet, formats, small, moved: await frame(page),
    left: await page.locator('#take-left').textContent(),
    pdf: { status: pdf.status(), type: pdf.headers()['content-type'], head: (await pdf.body()).subarray(0, 5).toString() },
    data: { status: data.status(), name: data.headers()['content-disposition'], rows: (await data.text()).trim().split('\n').length - 1 },
    wide: await page.evaluate(() => document.documentElement.scrollWidth - innerWidth),
  };
}

/** The paper on the map: where its window stands on the screen, between what edges it can be seen, and what will be printed. */
function frame(page) {
  return page.evaluate(() => {
    const box = (selector) => document.querySelector(selector).getBoundingClientRect();
    const [side, sheet] = [box('.side'), box('.sheet')];
    const beside = side.width < innerWidth * 0.6;
    const [zoom] = new URLSearchParams(location.hash.slice(1)).get('map').split('/').map(Number);
    return {
      href: document.querySelector('#take-pdf').href,
      scale: Number(document.querySelector('#take-scale').value),
      label: document.querySelector('.paper-label').textContent,
      window: box('.paper-map').toJSON(),
      room: beside ? { left: side.right, right: sheet.left, top: 0, bottom: innerHeight } : { left: 0, right: innerWidth, top: side.bottom, bottom: sheet.top },
      zoom,
    };
  });
}

/** A page of somebody else with the map in a frame: the address for that may stand there, the others may not. */
async function frames(page) {
  const hash = `#map=18/${asked.lat}/${asked.lon}`;
  const frame = (id, path) => `<iframe id="${id}" src="${asked.base}${path}" width="480" height="360"></iframe>`;
  const body = `<!doctype html><title>x</title>${frame('embed', `/embed${hash}`)}${frame('whole', `/${hash}`)}${frame('card', `/thua/${asked.parcel}`)}`;
  const other = createServer((_, answer) => answer.setHeader('Content-Type', 'text/html').end(body)).listen(0, '127.0.0.1');
  await new Promise((listening) => other.once('listening', listening));
  await page.goto(`http://127.0.0.1:${other.address().port}/`);
  const embedded = page.frameLocator('#embed');
  await embedded.locator('.whole-map').waitFor();
  await embedded.locator('.maplibregl-canvas').waitFor();
  await embedded.locator('.progress[hidden]').waitFor({ state: 'attached' });
  const refused = () => page.frames().filter((one) => one.url().startsWith('chrome-error:'));
  while (refused().length < 2) await page.waitForEvent('framenavigated');
  const addresses = page.frames().map((one) => one.url());
  await shot(page, 'take-embedded');
  other.close();
  return {
    text: await embedded.locator('.whole-map').textContent(),
    href: await embedded.locator('.whole-map').getAttribute('href'),
    target: await embedded.locator('.whole-map').getAttribute('target'),
    panel: await embedded.locator('.panel').isVisible(),
    refused: addresses.filter((url) => url.startsWith('chrome-error:')).length,
  };
}

/** The page of a parcel on a phone without script. */
async function card(page) {
  await page.goto(`${asked.base}/thua/${asked.parcel}`);
  await page.locator('.parcel figure img').scrollIntoViewIfNeeded();
  await page.waitForLoadState('networkidle'); // the picture comes when it is seen; there is no script to ask whether it has
  await shot(page, 'take-card-map');
  const box = await page.locator('.parcel figure img').boundingBox();
  return {
    title: await page.locator('h1').textContent(),
    box,
    right: (await page.locator('main').boundingBox()).width,
    buttons: await Promise.all((await page.locator('.parcel .actions a').all()).map(async (one) => (await one.boundingBox()).height)),
  };
}

async function policy(page) {
  await page.addInitScript(() => {
    window.violations = [];
    addEventListener('securitypolicyviolation', (event) => window.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
  });
  const found = {};
  for (const path of PAGES) {
    const answer = await page.goto(asked.base + path);
    if (path === '/' || path === '/embed') await page.locator('.maplibregl-canvas').waitFor();
    await page.waitForLoadState('networkidle');
    await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
    const headers = answer.headers();
    found[path] = {
      violations: await page.evaluate(() => window.violations),
      policy: headers['content-security-policy'] ?? '', nosniff: headers['x-content-type-options'],
      referrer: headers['referrer-policy'], permissions: headers['permissions-policy'] ?? '',
    };
  }
  return { found };
}
