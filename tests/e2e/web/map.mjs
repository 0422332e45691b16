// Walks through the map page in a real Chromium and prints what it saw as JSON.
// Usage: node map.mjs '{"base": "http://127.0.0.1:8080", "chromium": "/usr/bin/chromium", "shots": "/tmp/x", "lon": 106.7, "lat": 10.77}'
// The place is inside a parcel. Assertions are the caller's: tests/e2e/test_map.py.
import { createRequire } from 'node:module';
import { join } from 'node:path';

import { shares } from './colors.mjs';

const { chromium } = createRequire(new URL('../../../services/web/package.json', import.meta.url))('playwright-core');
const asked = JSON.parse(process.argv[2]);
const DESKTOP = { locale: 'vi-VN', viewport: { width: 1280, height: 800 } };
const PHONE = { locale: 'vi-VN', viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 };
/** The desktop at a zoom of 200 %, of somebody who does not want things to move. */
const ZOOMED = { locale: 'vi-VN', viewport: { width: 640, height: 400 }, deviceScaleFactor: 2, reducedMotion: 'reduce' };
const SCREENS = { unfolds: PHONE, zooms: ZOOMED, follows: { ...DESKTOP, locale: 'en-US' } };
const NO_GPU = ['--headless=new', '--no-sandbox', '--disable-gpu', '--use-angle=swiftshader', '--enable-unsafe-swiftshader'];
const HOSTILE = '<img src=x onerror="document.title=1"> & <b>Lê Lợi</b>';

const browser = await chromium.launch({ executablePath: asked.chromium, args: NO_GPU });
const journeys = { shows, labels, clicks, finds, keyboard, speaks, switches, dates, survives, escapes, unfolds, here, far, breaks, follows, legends, zooms };
const seen = {};
try {
  for (const [name, journey] of Object.entries(journeys)) {
    // Requests of a service worker would pass by `page.route`.
    const context = await browser.newContext({ ...(SCREENS[name] ?? DESKTOP), serviceWorkers: 'block' });
    const page = await context.newPage();
    page.setDefaultTimeout(60_000);
    const heard = listen(page);
    seen[name] = { ...await journey(page, context), ...heard };
    await page.screenshot({ path: join(asked.shots, `${name}.png`) });
    await context.close();
  }
} finally {
  await browser.close();
}
console.log(JSON.stringify(seen));

/** Everything the page says to the console, and every address it asks for. */
function listen(page) {
  const heard = { errors: [], requests: [], fetched: [] };
  page.on('console', (message) => message.type() === 'error' && heard.errors.push(message.text()));
  page.on('pageerror', (error) => heard.errors.push(String(error)));
  page.on('request', (request) => heard.requests.push(request.url()));
  page.on('request', (request) => request.resourceType() === 'fetch' && heard.fetched.push(request.url()));
  return heard;
}

async function open(page, hash = `#map=19/${asked.lat}/${asked.lon}&layers=parcels`) {
  await page.goto(`${asked.base}/${hash}`);
  await page.locator('.layers li').first().waitFor({ state: 'attached' });
  await settled(page);
}

async function settled(page) {
  await page.waitForFunction(() => document.querySelector('.progress')?.hidden === true);
  await page.waitForTimeout(400); // the map eases and fades
}

async function clickCentre(page) {
  const { width, height } = page.viewportSize();
  await page.mouse.click(width / 2, height / 2);
  await page.locator('.card dl').first().waitFor();
  await settled(page);
  await found(page);
}

/** All layers have answered what they have at the point, and all parts of the card have come: nothing is asked any more. */
async function found(page) {
  await page.locator('.card #here .hits').waitFor({ state: 'attached' });
  await page.waitForFunction(() => !document.querySelector('.card[aria-busy], .card [aria-busy], .card .addition > [role=status], .card .sides:empty'));
}

async function card(page) {
  return page.locator('.card').evaluate((element) => ({
    title: element.querySelector('h2')?.textContent,
    layer: element.querySelector('header .kicker')?.textContent,
    labelledBy: document.getElementById(element.getAttribute('aria-labelledby'))?.textContent,
    focused: document.activeElement === element,
    rows: Object.fromEntries([...element.querySelectorAll('dt')].map((term) => [term.textContent, term.nextElementSibling?.textContent])),
    missing: [...element.querySelectorAll('dd.missing')].map((value) => value.textContent),
    unknown: element.querySelector('.unknown')?.textContent ?? '',
    links: Object.fromEntries([...element.querySelectorAll('a')].map((link) => [link.textContent, link.href])),
    injected: [...element.querySelectorAll('img, b')].filter((one) => one.matches('img') || one.textContent === 'Lê Lợi').length,
    hidden: element.hidden,
  }));
}

async function shows(page) {
  await open(page, `#map=17/${asked.lat}/${asked.lon}&layers=parcels`);
  const legend = await page.locator('.legend li').allTextContents();
  const size = await page.evaluate(() => performance.getEntriesByType('resource')
    .filter(({ name }) => name.endsWith('.js')).map(({ name, encodedBodySize }) => [name.split('/').at(-1), encodedBodySize]));
  return {
    legend,
    scripts: Object.fromEntries(size),
    layers: await page.locator('.layers label').allTextContents(),
    colors: await mapColors(page),
    language: await page.evaluate(() => document.documentElement.lang),
    position: await page.locator('.readout').textContent(),
    scale: await page.locator('.maplibregl-ctrl-scale').textContent(),
  };
}

/** Road names have Vietnamese letters; the map fetches the font files it draws them with. */
async function labels(page) {
  await open(page, `#map=17/${asked.lat}/${asked.lon}&layers=parcels,road_lines`);
  return {};
}

/** Share of the map's pixels by colour, right of the panel. */
function mapColors(page) {
  return shares(page, { x: 340, y: 60, width: 700, height: 640 });
}

async function clicks(page) {
  await open(page);
  await clickCentre(page);
  const first = await card(page);
  const hash = await page.evaluate(() => location.hash);
  await page.keyboard.press('Escape');
  const closed = await card(page);
  const focus = await page.evaluate(() => document.activeElement?.className);
  const hashAfter = await page.evaluate(() => location.hash);
  await page.goBack();
  await page.locator('.card dl').first().waitFor();
  await found(page);
  const back = await card(page);
  await page.goto('about:blank');
  await page.goto(`${asked.base}/#${hash.split('&').find((part) => part.startsWith('sel='))}`);
  await page.locator('.card dl').first().waitFor();
  await settled(page);
  const link = { ...await card(page), hash: await page.evaluate(() => location.hash) };
  return { first, hash, closed: closed.hidden, focus, hashAfter, back: back.title, link };
}

async function keyboard(page) {
  await open(page);
  await page.locator('canvas').focus();
  await page.keyboard.press('Enter');
  await page.locator('.card dl').first().waitFor();
  const opened = await card(page);
  await page.keyboard.press('Tab');
  const next = await page.evaluate(() => document.activeElement?.getAttribute('aria-label'));
  await page.keyboard.press('Enter');
  const unnamed = await page.evaluate(() => [...document.querySelectorAll('button, input, a, canvas, aside, section:not([hidden])')]
    .filter((element) => !element.ariaLabel && !element.textContent?.trim() && !element.labels?.length
      && !element.getAttribute('aria-labelledby') && element.getAttribute('aria-hidden') !== 'true')
    .map((element) => element.outerHTML.slice(0, 80)));
  return { opened: opened.title, next, closed: (await card(page)).hidden, unnamed };
}

/** By keyboard alone: a ward without accents, a parcel by its numbers, a place by its coordinates, and what is not there. */
async function finds(page) {
  await open(page);
  const box = page.getByRole('combobox');
  const options = page.getByRole('option');
  const typed = async (text) => {
    await box.focus();
    await page.keyboard.press('Control+A');
    await page.keyboard.type(text);
  };
  await typed(asked.ward.normalize('NFD').replace(/\p{M}/gu, '').replaceAll('đ', 'd').replaceAll('Đ', 'D').toLowerCase());
  await options.first().waitFor();
  const ward = await options.allTextContents();
  await page.screenshot({ path: join(asked.shots, 'finds-list.png') });
  await page.keyboard.press('ArrowDown');
  const marked = await box.evaluate((element) => document.getElementById(element.getAttribute('aria-activedescendant'))?.textContent);
  await page.keyboard.press('Enter');
  await page.locator('.card dl').first().waitFor();
  await settled(page);
  const wardCard = await card(page);
  await typed(asked.notation);
  await options.first().waitFor();
  const parcels = await options.allTextContents();
  await page.keyboard.press('Enter');
  await page.waitForFunction((title) => document.querySelector('.card h2')?.textContent === title, parcels[0].split('Thửa đất')[0]);
  await settled(page);
  const zoom = await page.evaluate(() => Number(/map=([\d.]+)/.exec(location.hash)?.[1]));
  await typed(`${asked.lat}; ${asked.lon}`);
  await options.first().waitFor();
  const coordinates = await options.allTextContents();
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => location.hash.includes('pt='));
  await settled(page);
  const placeCard = await card(page);
  await typed('không có ở đâu cả');
  await page.locator('.found-said:not(.hidden-text)').waitFor();
  const nothing = await page.locator('.found-said').textContent();
  await page.keyboard.press('Escape');
  return { ward, marked, wardCard, parcels, zoom, coordinates, placeCard, nothing, expanded: await box.getAttribute('aria-expanded') };
}

async function speaks(page) {
  await open(page);
  await clickCentre(page);
  await page.locator('.language').click();
  await page.waitForFunction(() => document.querySelector('.card h2')?.textContent?.startsWith('Parcel'));
  await settled(page);
  const back = await languageOneBack(page);
  return {
    back,
    card: await card(page),
    layers: await page.locator('.layers label').allTextContents(),
    language: await page.evaluate(() => document.documentElement.lang),
    hash: await page.evaluate(() => location.hash),
  };
}

/** Choosing a language is not undone by the back button, opening a feature is. */
async function languageOneBack(page) {
  await page.goBack();
  await page.locator('.card').waitFor({ state: 'hidden' });
  const back = await page.evaluate(() => ({ language: document.documentElement.lang, hash: location.hash }));
  await page.goForward();
  await page.locator('.card dl').first().waitFor();
  return back;
}

async function switches(page) {
  await open(page);
  const before = await mapColors(page);
  await page.locator('#layer-parcels').uncheck();
  await settled(page);
  const off = { hash: await page.evaluate(() => location.hash), colors: await mapColors(page), focus: await page.evaluate(() => document.activeElement?.id) };
  await page.locator('#layer-parcels').check();
  await settled(page);
  return { before, off, on: await mapColors(page) };
}

async function dates(page) {
  await open(page);
  await clickCentre(page);
  const refused = {};
  for (const typed of ['31/02/2024', '12/13/1980', 'mai']) refused[typed] = await typeDay(page, typed);
  await settled(page);
  const kept = await page.locator('#day').inputValue();
  await page.locator('#day').fill('1/2/1980');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => location.hash.includes('at=1980-02-01'));
  await page.locator('.card .remark').waitFor();
  await settled(page);
  const then = {
    said: await page.locator('#day-state').textContent(),
    card: await page.locator('.card .remark').textContent(),
    colors: await mapColors(page),
    hint: await page.locator('.notice').allTextContents(),
  };
  await page.locator('#today').click();
  await page.locator('.card dl').first().waitFor();
  return { refused, kept, mended: await page.locator('#day-fault').textContent(), then, now: await card(page) };
}

/** What the page says to a day that is none. */
async function typeDay(page, typed) {
  await page.locator('#day').fill(typed);
  await page.keyboard.press('Enter');
  await page.locator('#day-fault:not(:empty)').waitFor();
  return page.locator('#day').evaluate((field) => ({
    invalid: field.getAttribute('aria-invalid'),
    said: field.getAttribute('aria-describedby').split(' ').map((id) => document.getElementById(id)).filter((one) => one.role === 'alert').map((one) => one.textContent),
    hash: location.hash,
  }));
}

async function survives(page, context) {
  await open(page);
  await context.setOffline(true);
  await page.keyboard.press('Tab');
  await page.locator('canvas').focus();
  for (let i = 0; i < 12; i += 1) await page.keyboard.press('ArrowRight');
  await page.locator('.notice.error').waitFor();
  const notices = await page.locator('.notice.error').allTextContents();
  await context.setOffline(false);
  await page.locator('.notice.error button').first().click();
  await settled(page);
  return { notices, after: await page.locator('.notice.error').count(), colors: await mapColors(page) };
}

/** Text of a source that looks like HTML stays text. */
async function escapes(page) {
  await page.route(/\/items\/[0-9a-f-]+/, async (route) => {
    const response = await route.fetch();
    const feature = await response.json();
    for (const name of Object.keys(feature.properties)) if (typeof feature.properties[name] === 'string' && !/^valid/.test(name)) feature.properties[name] = HOSTILE;
    await route.fulfill({ response, json: feature });
  });
  await open(page);
  await clickCentre(page);
  return { card: await card(page), title: await page.title(), hostile: HOSTILE };
}

async function unfolds(page) {
  await open(page);
  await page.locator('.unfold').tap();
  const panel = await page.locator('.panel').boundingBox();
  await page.screenshot({ path: join(asked.shots, 'phone-panel.png') });
  await page.locator('.unfold').tap();
  const { width, height } = page.viewportSize();
  await page.touchscreen.tap(width / 2, height / 2);
  await page.locator('.card dl').first().waitFor();
  await settled(page);
  await found(page);
  const facts = await page.locator('.card').evaluate((element) => {
    const { bottom } = element.getBoundingClientRect();
    const seen = [...element.querySelectorAll('dd')].filter((value) => value.getBoundingClientRect().bottom <= bottom);
    const before = [...element.querySelectorAll('button')].filter((one) => one.getBoundingClientRect().top < element.querySelector('dt').getBoundingClientRect().top);
    return { titles: seen.map((value) => value.previousElementSibling.textContent), buttonsBefore: before.length };
  });
  return {
    panel,
    facts,
    panelAfter: await page.locator('.panel').isVisible(),
    box: await page.locator('.card').boundingBox(),
    card: await card(page),
    width: await page.evaluate(() => document.documentElement.scrollWidth),
    hash: await page.evaluate(() => location.hash),
    pointed: [asked.lon, asked.lat],
    targets: await page.locator('.layers label, .round, .card button, .card a').evaluateAll((elements) => elements.map((element) => element.getBoundingClientRect().height).filter((high) => high > 0)),
  };
}

/** What other layers have at the point, though only parcels are on. */
async function here(page) {
  const zones = /\/collections\/zones\/items\?bbox/;
  await page.route(zones, (route) => route.abort());
  await open(page);
  await clickCentre(page);
  const failed = await hereLists(page);
  await page.unroute(zones);
  await page.locator('#here button.plain').click();
  await page.locator('#here button.plain').waitFor({ state: 'detached' });
  await found(page);
  const parcel = await hereLists(page);
  const hash = await page.evaluate(() => location.hash);
  await page.locator('.jump button').click();
  const focus = await page.evaluate(() => document.activeElement?.id);
  await page.locator('#here .hit').first().click();
  await page.waitForFunction(() => document.querySelector('.card .kicker')?.textContent !== 'Thửa đất');
  await found(page);
  const opened = { ...await card(page), ...await hereLists(page), hash: await page.evaluate(() => location.hash) };
  await page.goBack();
  await page.waitForFunction(() => document.querySelector('.card .kicker')?.textContent === 'Thửa đất');
  await found(page);
  const back = await hereLists(page);
  await page.reload();
  await found(page);
  const link = await hereLists(page);
  await page.goto('about:blank');
  await page.goto(`${asked.base}/${hash}&at=2024-06-01`);
  await found(page);
  return { failed, parcel, hash, focus, opened, back, link, then: await hereLists(page) };
}

/** Titles of features by title of layer, and what is said below. */
async function hereLists(page) {
  return page.locator('#here').evaluate((element) => ({
    lists: Object.fromEntries([...element.querySelectorAll('.hits > li')].map((group) => [
      group.querySelector('.hit-layer').textContent, [...group.querySelectorAll('.hit')].map((hit) => hit.textContent),
    ])),
    said: [...element.querySelectorAll('.quiet')].map((one) => one.textContent),
    jump: document.querySelector('.jump')?.textContent,
  }));
}

/** A server that fails at the tiles of two layers, and then no more. */
async function breaks(page) {
  const tiles = /\/collections\/(parcels|wards)\/tiles\//;
  await page.route(tiles, (route) => route.fulfill({ status: 500, body: '' }));
  await open(page, `#map=17/${asked.lat}/${asked.lon}&layers=parcels,wards`);
  await page.waitForFunction(() => document.querySelector('.notice')?.textContent?.includes(','));
  const notices = await page.locator('.notice').allTextContents();
  await page.unroute(tiles);
  await page.locator('.notice button').click();
  await page.locator('.notice').first().waitFor({ state: 'detached' });
  await settled(page);
  return { notices, after: await page.locator('.notice').allTextContents(), colors: await mapColors(page) };
}

/** Tiles of this zoom need not carry ids. */
async function far(page) {
  await open(page, `#map=16.1/${asked.lat}/${asked.lon}&layers=parcels`);
  await clickCentre(page);
  return card(page);
}

/** The language of the browser, and another one chosen. */
async function follows(page, context) {
  const speech = (tab) => tab.evaluate(() => ({ language: document.documentElement.lang, hash: location.hash }));
  await open(page, '');
  const first = await speech(page);
  await page.locator('.language').click();
  await page.waitForFunction(() => location.hash.includes('lang='));
  const chosen = await speech(page);
  const later = await context.newPage();
  await open(later, '');
  const kept = await speech(later);
  await open(later, '#lang=en');
  const linked = await speech(later);
  return { first, chosen, kept, linked };
}

/** A legend of many codes can be shown whole. */
async function legends(page) {
  await open(page, '');
  const legend = page.locator('.layers > li', { has: page.locator('#layer-parcels') }).locator('.legend li');
  const short = await legend.allTextContents();
  await page.locator('#legend-parcels').click();
  await page.locator('#legend-parcels[aria-expanded=true]').waitFor();
  return { short, whole: await legend.allTextContents(), focus: await page.evaluate(() => document.activeElement?.id) };
}

async function zooms(page) {
  await open(page);
  await clickCentre(page);
  const { width, height } = page.viewportSize();
  const inside = await page.locator('.card, .top, .language, .unfold, .card .round').evaluateAll((elements, [wide, high]) => (
    elements.filter((element) => element.offsetParent !== null).map((element) => {
      const { left, top, right, bottom } = element.getBoundingClientRect();
      return left >= 0 && top >= 0 && right <= wide && bottom <= high;
    })), [width, height]);
  return {
    inside,
    width: await page.evaluate(() => document.documentElement.scrollWidth),
    moving: await page.locator('.progress').evaluate((element) => getComputedStyle(element, '::before').animationName),
    shrunk: await page.evaluate(() => [...document.querySelectorAll('.card *')].some((element) => element.scrollWidth > element.clientWidth + 1 && getComputedStyle(element).overflowX === 'hidden')),
  };
}
