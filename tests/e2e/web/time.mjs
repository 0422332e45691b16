// The way through time: days on which something changed here, what differs since a day, and plans that wait.
// Assertions are the caller's: tests/e2e/test_web_time.py.
import { asked, hash, open, PHONE, play, settled, shot } from './stage.mjs';

await play('time', { steps, changes, pending, refused, far, fails, officer, stranger, phone }, { phone: PHONE });

async function openTime(page, zoom = 17, rest = '') {
  await open(page, zoom, `&layers=parcels,plans&tool=time${rest}`);
  await page.locator('.steps > *').first().waitFor();
  await found(page);
}

/** All parts have their answers. */
async function found(page) {
  await page.waitForFunction(() => document.querySelector('.time') && !document.querySelector('.time [aria-busy]'));
  await settled(page);
}

function sliderOf(page) {
  return page.locator('#time-step').evaluate((input) => ({
    value: Number(input.value), max: Number(input.max), text: input.getAttribute('aria-valuetext'), label: input.labels[0].textContent, day: document.querySelector('.step-day').textContent,
  }));
}

function listed(page) {
  return page.locator('.changes').evaluateAll((hosts) => hosts.map((host) => ({
    text: host.textContent,
    rows: [...host.querySelectorAll('.change')].map((row) => ({
      layer: row.parentElement.parentElement.querySelector('h4')?.textContent, title: row.querySelector('.hit').textContent, said: row.querySelector('.kind').textContent,
    })),
  })));
}

async function steps(page, heard) {
  await openTime(page);
  const first = await sliderOf(page);
  heard.requests.length = 0;
  await page.locator('.time-line .round').first().click();
  await settled(page);
  const one = { ...await sliderOf(page), hash: await hash(page), header: await page.locator('.top .past').textContent(), tiles: heard.requests.filter((address) => address.includes('/tiles/')) };
  await page.locator('#time-step').focus();
  await page.keyboard.press('ArrowLeft');
  await page.waitForFunction((before) => document.querySelector('#time-step').getAttribute('aria-valuetext') !== before, one.text);
  const two = { ...await sliderOf(page), hash: await hash(page) };
  await page.keyboard.press('Home');
  await settled(page);
  const start = { ...await sliderOf(page), hash: await hash(page) };
  await page.locator('#day').fill('15/6/2015');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => location.hash.includes('at=2015-06-15'));
  const free = await sliderOf(page);
  await page.locator('#today').click();
  await settled(page);
  return { first, one, two, start, free, back: { ...await sliderOf(page), hash: await hash(page) } };
}

async function changes(page) {
  await openTime(page, 17, '&time.since=2025-06-01');
  const [since] = await listed(page);
  await shot(page, 'time-changes');
  await page.locator('.change.delete .hit').first().click();
  await page.locator('.card dl').first().waitFor();
  await settled(page);
  return { since: since.rows, card: await page.locator('.card h2').textContent(), hash: await hash(page) };
}

async function pending(page) {
  await openTime(page);
  const [, waiting] = await listed(page);
  return { waiting };
}

async function refused(page) {
  await openTime(page);
  await page.locator('#time-since').fill('31/02/2024');
  await page.keyboard.press('Enter');
  return { fault: await page.locator('#time-since-fault').textContent(), hash: await hash(page) };
}

async function far(page) {
  await openTime(page, 12);
  return { said: await page.locator('.time').textContent() };
}

/** A list that cannot be had says so, and is asked for again. */
async function fails(page) {
  const feed = /\/changes\?/;
  await page.route(feed, (route) => route.abort());
  await open(page, 17, '&layers=parcels,plans&tool=time');
  await page.locator('.changes [role=alert]').waitFor();
  const said = await page.locator('.changes [role=alert]').textContent();
  await page.unroute(feed);
  await page.locator('.changes button.plain').click();
  await page.locator('.change').first().waitFor();
  return { said, rows: await page.locator('.change').count() };
}

/** Somebody with a key sees the map as it was known on a day. */
async function officer(page, heard) {
  await page.addInitScript((key) => sessionStorage.setItem('landmap-key', key), asked.key);
  await openTime(page);
  heard.requests.length = 0;
  await page.locator('#time-known').fill('1/1/2020');
  await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
  await page.locator('#time-known').waitFor();
  await found(page);
  return { header: await page.locator('.top .past').textContent(), hash: await hash(page), field: await page.locator('#time-known').inputValue(), shown: heard.requests.filter((address) => /\/(tiles|items)\b/.test(address)) };
}

/** A link of an officer does nothing of that for the public. */
async function stranger(page, heard) {
  await openTime(page, 17, '&time.known=2020-01-01');
  return { fields: await page.locator('#time-known').count(), past: await page.locator('.top .past').count(), asked: heard.requests.filter((address) => address.includes('knownAt=2020')) };
}

async function phone(page) {
  await openTime(page);
  return {
    width: await page.evaluate(() => document.documentElement.scrollWidth),
    targets: await page.locator('.time-line .round, .time-line input, .change .hit').evaluateAll((all) => all.map((one) => one.getBoundingClientRect().height)),
    line: await page.locator('.time-line').boundingBox(),
  };
}
