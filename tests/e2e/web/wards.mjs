// Walks through the map of wards in a real Chromium and prints what it saw as JSON.
// Usage: node wards.mjs '{"base": "http://127.0.0.1:8080", "chromium": "/usr/bin/chromium", "shots": "/tmp/x"}'
// Assertions are the caller's: tests/e2e/test_web_wards.py.
import { createRequire } from 'node:module';
import { join } from 'node:path';

const { chromium } = createRequire(new URL('../../../services/web/package.json', import.meta.url))('playwright-core');
const asked = JSON.parse(process.argv[2]);
const DESKTOP = { locale: 'vi-VN', viewport: { width: 1280, height: 800 } };
const PHONE = { locale: 'vi-VN', viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 };
const SCREENS = { phone: PHONE, english: { ...DESKTOP, locale: 'en-US' } };
const NO_GPU = ['--headless=new', '--no-sandbox', '--disable-gpu', '--use-angle=swiftshader', '--enable-unsafe-swiftshader'];

const browser = await chromium.launch({ executablePath: asked.chromium, args: NO_GPU });
const journeys = { ranks, chooses, travels, former, phone, cut, english };
const seen = {};
try {
  for (const [name, journey] of Object.entries(journeys)) {
    const context = await browser.newContext(SCREENS[name] ?? DESKTOP);
    const page = await context.newPage();
    page.setDefaultTimeout(60_000);
    const errors = [];
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
    page.on('pageerror', (error) => errors.push(String(error)));
    seen[name] = { ...await journey(page), errors };
    await page.screenshot({ path: join(asked.shots, `wards-${name}.png`) });
    await context.close();
  }
} finally {
  await browser.close();
}
console.log(JSON.stringify(seen));

async function open(page, hash) {
  await page.goto(`${asked.base}/${hash}`);
  await page.locator('.wards-ranking tbody tr').first().waitFor();
  await settled(page);
}

async function settled(page) {
  await page.locator('.wards[aria-busy=false]').waitFor();
  await page.waitForFunction(() => document.querySelector('.progress')?.hidden === true);
  await page.waitForTimeout(400); // the map eases and fades
}

/** What the sheet says. */
async function told(page) {
  return page.evaluate(() => {
    const texts = (selector, root = document) => [...root.querySelectorAll(selector)].map((one) => one.textContent.trim());
    return {
      title: document.querySelector('#sheet-title')?.textContent,
      indicator: document.querySelector('#wards-by')?.selectedOptions[0]?.textContent,
      groups: [...document.querySelectorAll('#wards-by optgroup')].map((group) => group.label),
      set: document.querySelector('#wards-set')?.selectedOptions[0]?.textContent,
      day: document.querySelector('#wards-at')?.value,
      days: [...(document.querySelector('#wards-at')?.options ?? [])].map((option) => option.value),
      legend: texts('.wards-legend li'),
      rows: [...document.querySelectorAll('.wards-ranking tbody tr')].map((row) => ({
        code: row.getAttribute('data-ward'), chosen: row.classList.contains('chosen'), cells: texts('th, td', row),
      })),
      notes: texts('.wards-notes li'),
      standing: document.querySelector('#wards-standing')?.textContent ?? null,
      series: document.querySelector('svg.series')?.getAttribute('aria-label') ?? null,
      hollow: document.querySelectorAll('svg.series circle.hollow').length,
      points: document.querySelectorAll('svg.series circle').length,
      downloads: [...document.querySelectorAll('.wards-take a')].map((link) => link.href),
      hash: location.hash,
    };
  });
}

/** From the button of the panel: the first indicator, ranked. */
async function ranks(page) {
  await page.goto(`${asked.base}/`);
  await page.locator('#tool-wards').click();
  await page.locator('.wards-ranking tbody tr').first().waitFor();
  await settled(page);
  return told(page);
}

/** A ward of the table goes to the map; a click on the map to the table. */
async function chooses(page) {
  await open(page, '#tool=wards&wards.by=share_residential');
  const before = page.url();
  const row = page.locator('.wards-ranking tbody tr').nth(1);
  await row.getByRole('button').click();
  await settled(page);
  const byTable = await told(page);
  const sheet = await page.locator('.sheet').boundingBox();
  const side = await page.locator('.side').boundingBox();
  const middle = { x: (side.x + side.width + sheet.x) / 2, y: 400 };
  const byMap = [];
  for (const [dx, dy] of [[0, 0], [0, -180], [0, 180], [-60, -90], [60, 90]]) {
    await page.mouse.click(middle.x + dx, middle.y + dy);
    await page.waitForTimeout(300);
    byMap.push((await told(page)).rows.find(({ chosen }) => chosen)?.code ?? null);
  }
  return { before, byTable, byMap, after: await told(page) };
}

/** Another indicator, an earlier day, by keyboard; the link brings it back. */
async function travels(page) {
  await open(page, '#tool=wards');
  await page.locator('#wards-by').selectOption('over_density');
  await settled(page);
  const newest = await told(page);
  await page.locator('#wards-by').selectOption('share_agricultural');
  await settled(page);
  await page.locator('#wards-before').focus();
  for (let step = 0; step < 7; step++) {
    await page.keyboard.press('Enter');
    await settled(page);
  }
  await page.locator('.wards-ranking tbody tr').first().getByRole('button').click();
  await settled(page);
  const earlier = await told(page);
  await page.reload();
  await page.locator('.wards-ranking tbody tr').first().waitFor();
  await settled(page);
  return { newest, earlier, again: await told(page), focused: await page.evaluate(() => document.activeElement?.id ?? null) };
}

async function former(page) {
  await open(page, '#tool=wards&wards.set=OLD&wards.at=2025-01-01');
  const then = await told(page);
  await page.locator('#wards-at').selectOption((await told(page)).days.at(-1));
  await settled(page);
  const now = await told(page);
  await page.locator('#wards-at').selectOption('2025-01-01');
  await settled(page);
  return { then, now };
}

async function phone(page) {
  await open(page, '#tool=wards&wards.by=share_residential');
  await page.locator('.wards-ranking tbody tr').first().getByRole('button').click();
  await settled(page);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  const small = await page.evaluate(() => [...document.querySelectorAll('.wards button, .wards select, .wards .wards-take a')]
    .map((one) => one.getBoundingClientRect()).filter(({ height }) => height > 0 && height < 43.5).length);
  const overflow = await page.evaluate(() => {
    const body = document.querySelector('.sheet-body');
    return body.scrollWidth - body.clientWidth;
  });
  const clipped = await page.evaluate(() => {
    const chart = document.querySelector('svg.series').getBoundingClientRect();
    return [...document.querySelectorAll('svg.series text')]
      .filter((one) => { const box = one.getBoundingClientRect(); return box.left < chart.left - 1 || box.right > chart.right + 1; })
      .map((one) => one.textContent);
  });
  await page.screenshot({ path: join(asked.shots, 'wards-phone-top.png') });
  const high = () => page.locator('#sheet').evaluate((sheet) => sheet.getBoundingClientRect().height / innerHeight);
  const fold = page.locator('#sheet .fold');
  const open_ = await high();
  await fold.tap();
  const folded = [await high(), await fold.getAttribute('aria-expanded')];
  await page.screenshot({ path: join(asked.shots, 'wards-phone-folded.png') });
  await fold.focus();
  await page.keyboard.press('Enter');
  const again = await high();
  await page.locator('.wards-ranking').scrollIntoViewIfNeeded();
  return { ...await told(page), wide, small, overflow, clipped, open: open_, folded, again };
}

/** The connection is gone when the tool is opened, and comes back. */
async function cut(page) {
  const server = '**/processes/indicators/execution*';
  await page.route(server, (route) => route.abort());
  await page.goto(`${asked.base}/#tool=wards`);
  const none = page.locator('.wards-none');
  await none.waitFor();
  const said = await none.textContent();
  await page.screenshot({ path: join(asked.shots, 'wards-cut.png') });
  await page.unroute(server);
  await page.locator('.wards').getByRole('button', { name: 'Thử lại' }).click();
  await page.locator('.wards-ranking tbody tr').first().waitFor();
  return { said, ...await told(page) };
}

async function english(page) {
  await open(page, '#tool=wards&wards.by=permits_issued&wards.at=2026-01-01&lang=en');
  return told(page);
}
