// Asks about parcels on the map page in a real Chromium and prints what it saw as JSON.
// Usage: node ask.mjs '{"base", "chromium", "shots", "broken": {"id", "lot"}, "other": {"id"}, "built": {"id"}}': parcels, of the first its corners, on the last a building.
// Assertions are the caller's: tests/e2e/test_web_ask.py.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const { chromium } = createRequire(new URL('../../../services/web/package.json', import.meta.url))('playwright-core');
const asked = JSON.parse(process.argv[2]);
const DESKTOP = { locale: 'vi-VN', viewport: { width: 1280, height: 800 } };
const PHONE = { locale: 'vi-VN', viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 };
const SCREENS = { phone: PHONE };
const NO_GPU = ['--headless=new', '--no-sandbox', '--disable-gpu', '--use-angle=swiftshader', '--enable-unsafe-swiftshader'];
const EXTRACT = /\/parcels\/[0-9a-f-]+\/extract\.json/;

const browser = await chromium.launch({ executablePath: asked.chromium, args: NO_GPU });
const journeys = { situation, english, dated, overtaken, fails, checks, stands, keyboard, measures, phone };
const seen = {};
try {
  for (const [name, journey] of Object.entries(journeys)) {
    // Requests of a service worker would pass by `page.route`.
    const context = await browser.newContext({ ...(SCREENS[name] ?? DESKTOP), serviceWorkers: 'block' });
    const page = await context.newPage();
    page.setDefaultTimeout(60_000);
    const errors = [];
    page.on('pageerror', (error) => errors.push(String(error)));
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
    seen[name] = { ...await journey(page, context), errors };
    await page.screenshot({ path: join(asked.shots, `ask-${name}.png`) });
    await context.close();
  }
} finally {
  await browser.close();
}
console.log(JSON.stringify(seen));

async function open(page, { id }, more = '') {
  await page.goto(`${asked.base}/#sel=parcels/${id}${more}`);
  await page.locator('.card .situation').waitFor();
}

/** The extract has been told. */
async function told(page) {
  await page.locator('.situation-body:not([aria-busy]) .themes li').first().waitFor();
  await page.locator('.sides summary').waitFor();
}

async function settled(page) {
  await page.waitForFunction(() => document.querySelector('.progress')?.hidden === true);
  await page.waitForTimeout(400);
}

/** The map has eased to where an action brought it: its view in the URL is another one. */
async function moved(page, action) {
  const before = await page.evaluate(() => location.hash);
  await action();
  await page.waitForFunction((then) => location.hash !== then, before);
}

async function readSituation(page) {
  return page.locator('.card').evaluate((card) => {
    const text = (element) => element?.textContent ?? null;
    const pairs = (list) => Object.fromEntries([...list.querySelectorAll('dt')].map((term) => [term.textContent, text(term.nextElementSibling)]));
    return {
      title: text(card.querySelector('h2')),
      figures: pairs(card.querySelector('.figures')),
      lacking: text(card.querySelector('.situation .lacking')),
      zones: [...card.querySelectorAll('.zones > li')].map((zone) => ({
        name: text(zone.querySelector('b')), part: text(zone.querySelector('.zone-part')), limits: pairs(zone), plan: text(zone.querySelector('.quiet')),
      })),
      themes: Object.fromEntries([...card.querySelectorAll('.themes > li')].map((theme) => [text(theme.querySelector('.theme')), text(theme.querySelector('.standing'))])),
      headings: [...card.querySelectorAll('.situation h3')].map(text),
      links: Object.fromEntries([...card.querySelectorAll('.actions a')].map((link) => [text(link), link.href])),
      sides: { summary: text(card.querySelector('.sides summary')), list: [...card.querySelectorAll('.sides li')].map(text), note: text(card.querySelector('.sides .quiet')) },
      facts: [...card.querySelectorAll('.card-body > dl:first-of-type dt')].map(text),
    };
  });
}

async function situation(page) {
  await open(page, asked.broken);
  await told(page);
  await settled(page);
  const read = await readSituation(page);
  await page.locator('.sides summary').click();
  return { ...read, opened: await page.locator('.sides li').first().isVisible() };
}

async function english(page) {
  await open(page, asked.broken, '&lang=en');
  await told(page);
  return readSituation(page);
}

async function dated(page) {
  const request = page.waitForRequest(EXTRACT);
  await open(page, asked.broken, '&at=2026-03-01');
  const url = (await request).url();
  await told(page);
  return { url, ...await readSituation(page) };
}

/** A second parcel is opened while the first one's situation is still awaited. */
async function overtaken(page) {
  let release;
  const held = new Promise((resolve) => { release = resolve; });
  await page.route((url) => EXTRACT.test(url.pathname) && url.pathname.includes(asked.broken.id), async (route) => {
    await held;
    await route.continue().catch(() => {});
  });
  const failed = page.waitForEvent('requestfailed', (request) => EXTRACT.test(request.url()));
  await open(page, asked.broken);
  const first = { busy: await page.locator('.situation-body').getAttribute('aria-busy'), facts: await page.locator('.card dl').first().textContent() };
  await page.evaluate((id) => { location.hash = location.hash.replace(/sel=parcels\/[0-9a-f-]+/, `sel=parcels/${id}`); }, asked.other.id);
  const aborted = (await failed).failure().errorText;
  release();
  await told(page);
  return { first, aborted, ...await readSituation(page) };
}

async function fails(page) {
  await page.route(EXTRACT, (route) => route.fulfill({ status: 503, contentType: 'application/problem+json', body: '{}' }));
  await open(page, asked.broken);
  await page.locator('.situation-body [role=alert]').waitFor();
  const said = await page.locator('.situation-body [role=alert]').textContent();
  const facts = await page.locator('.card dl').first().textContent();
  await page.unroute(EXTRACT);
  await page.locator('.situation-body button').click();
  await told(page);
  return { ...await readSituation(page), said, facts };
}

async function openCheck(page, parcel, touch = false) {
  await open(page, parcel);
  await told(page);
  const start = page.locator('.actions .primary');
  await (touch ? start.tap() : start.click());
  await page.locator('#ask-storeys').waitFor();
  await settled(page);
}

/** Pixels of places on the map: its view stands in the URL. */
async function pixels(page, places) {
  return page.evaluate((wanted) => {
    const [zoom, lat, lon] = new URLSearchParams(location.hash.slice(1)).get('map').split('/').map(Number);
    const { left, top, width, height } = document.querySelector('.map').getBoundingClientRect();
    const size = 512 * 2 ** zoom;
    const x = (degrees) => ((degrees + 180) / 360) * size;
    const y = (degrees) => (0.5 - Math.log(Math.tan(Math.PI / 4 + (degrees * Math.PI) / 360)) / (2 * Math.PI)) * size;
    return wanted.map(([east, north]) => [left + width / 2 + x(east) - x(lon), top + height / 2 + y(north) - y(lat)]);
  }, places);
}

async function readAnswer(page) {
  await page.locator('#ask-result').waitFor();
  return page.locator('.ask-answer').evaluate((answer) => {
    const text = (element) => element?.textContent ?? null;
    return {
      verdict: text(answer.querySelector('.verdict b')),
      counts: text(answer.querySelector('.verdict .counts')),
      advice: text(answer.querySelector('.verdict .quiet')),
      read: text(answer.querySelector('.read-as')),
      groups: [...answer.querySelectorAll('h3, summary')].map(text),
      findings: [...answer.querySelectorAll('.finding')].map((finding) => ({
        status: finding.className.split(' ')[1], title: text(finding.querySelector('h4')), values: text(finding.querySelector('.values')), clause: text(finding.querySelector('.clause')),
        place: text(finding.querySelector('.text')),
      })),
      needed: [...answer.querySelectorAll('.needed .text')].map(text),
      law: {
        office: text(answer.querySelector('.office')), limits: [...answer.querySelectorAll('.limits-told b')].map(text),
        lacking: [...answer.querySelectorAll('.dossier li > :first-child')].map(text), unseen: answer.querySelectorAll('.unseen li').length,
      },
      pins: text(answer.querySelector('.advice')),
      focused: document.activeElement?.id,
    };
  });
}

async function checks(page) {
  await openCheck(page, asked.broken);
  const form = await page.locator('.ask-form').evaluate((element) => ({
    parcel: element.querySelector('.parcel')?.textContent,
    labels: [...element.querySelectorAll('label')].map((label) => label.textContent),
    uses: [...element.querySelectorAll('#ask-use option')].map((option) => option.textContent),
    codes: Object.fromEntries(['city', 'district', 'land_use'].map((name) => [name, [...element.querySelectorAll(`#ask-fact-${name} option`)].map((option) => option.textContent)])),
    footprint: element.querySelector('fieldset p')?.textContent,
  }));
  await page.locator('#ask-more').evaluate((more) => { more.open = true; });
  await page.locator('#ask-fact-district').selectOption('760');
  await page.locator('#ask-fact-district').scrollIntoViewIfNeeded();
  await page.screenshot({ path: join(asked.shots, 'ask-codes.png') });
  await page.locator('#ask-fact-district').selectOption('');
  await page.locator('#ask-storeys').fill('ba bốn gì đó');
  await page.locator('[type=submit]').click();
  await page.locator('.ask-form > .ask-fault:not(:empty)').waitFor();
  const refused = { said: await page.locator('.ask-form > .ask-fault').textContent(), invalid: await page.locator('#ask-storeys').getAttribute('aria-invalid') };
  await page.locator('#ask-storeys').fill('trệt + 8 lầu');
  await page.locator('#ask-height').fill('4o');
  await page.locator('[type=submit]').click();
  await page.locator('.ask-form > .ask-fault:not(:empty)').waitFor();
  const number = await page.locator('.ask-form > .ask-fault').textContent();
  await page.locator('#ask-height').fill('40,5');
  const drawn = await drawLot(page);
  await page.locator('[type=submit]').click();
  const answer = await readAnswer(page);
  await page.locator('.finding .text').first().hover();
  const lit = await page.locator('.finding.lit h4').allTextContents();
  await page.locator('.finding .text').first().click();
  await settled(page);
  await page.screenshot({ path: join(asked.shots, 'ask-conflict.png') });
  await page.getByText('Tạo Phiếu kiểm tra hồ sơ').click();
  await page.locator('.sheet-link').waitFor();
  const download = page.waitForEvent('download');
  await page.locator('.sheet-link').click();
  const file = readFileSync(await (await download).path());
  const sheet = { text: await page.locator('.sheet-link').textContent(), start: file.subarray(0, 5).toString() };
  await page.locator('#ask-height').fill('12');
  const stale = await page.locator('.stale').textContent();
  await page.locator('.needed .text').first().click();
  const goneTo = await page.evaluate(() => document.activeElement?.id);
  await page.locator('.language').click();
  await page.locator('.ask-form').getByText('Footprint').first().waitFor();
  const kept = await page.locator('#ask-height').inputValue();
  return { form, refused, number, drawn, answer, lit, sheet, stale, goneTo, kept };
}

/** What becomes of the buildings that stand there is asked, and sent as it was told. */
async function stands(page) {
  await openCheck(page, asked.built);
  const group = page.locator('.ask-standing');
  const form = { legend: await group.locator('legend').textContent(), titles: await group.locator('label').allTextContents(), choices: await group.locator('#ask-standing-0 option').allTextContents() };
  const run = async () => {
    const request = page.waitForRequest((one) => one.url().endsWith('/processes/permit-check/execution') && one.method() === 'POST');
    await page.locator('[type=submit]').click();
    const { inputs } = (await request).postDataJSON();
    return { existing: inputs.existing ?? null, ...await readAnswer(page) };
  };
  const open = await run();
  for (const choice of await group.locator('select').all()) await choice.selectOption('demolished');
  const demolished = await run();
  await page.screenshot({ path: join(asked.shots, 'ask-standing.png') });
  return { form, open, demolished };
}

/** Clicks a corner too many and takes it back, then the corners of the parcel, each some pixels off, which it is drawn to. */
async function drawLot(page) {
  await page.locator('#ask-footprint').click();
  const hidden = await page.locator('#ask-height').isVisible();
  await page.mouse.click(640, 700);
  await page.getByText('Bỏ điểm cuối').click();
  const undone = await page.locator('.ask-draw [role=status]').textContent();
  const corners = await pixels(page, asked.broken.lot);
  for (const [x, y] of corners) await page.mouse.click(x + 3, y + 2, { delay: 20 });
  const status = await page.locator('.ask-draw [role=status]').textContent();
  await page.getByRole('button', { name: 'Xong' }).click();
  return { hidden, undone, status, said: await page.locator('.ask-draw [role=status]').textContent() };
}

async function keyboard(page) {
  await openCheck(page, asked.other);
  await page.locator('#ask-footprint').focus();
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.activeElement?.tagName === 'CANVAS');
  for (const key of ['ArrowRight', 'ArrowDown', 'ArrowLeft']) {
    await page.keyboard.press('Enter');
    await moved(page, () => page.keyboard.press(key));
  }
  await page.keyboard.press('Enter');
  const four = await page.locator('.ask-draw [role=status]').textContent();
  await page.keyboard.press('Backspace');
  const three = await page.locator('.ask-draw [role=status]').textContent();
  await page.getByRole('button', { name: 'Xong' }).focus();
  await page.keyboard.press('Enter');
  const drawn = await page.locator('.ask-draw [role=status]').textContent();
  await page.locator('#ask-footprint').click();
  await page.keyboard.press('Escape');
  const cancelled = { drawing: await page.evaluate(() => document.body.classList.contains('drawing')), selected: await page.evaluate(() => location.hash.includes('sel=')), kept: await page.locator('.ask-draw [role=status]').textContent() };
  await page.getByText('Nhập kích thước').click();
  await page.locator('#ask-width').fill('4');
  await page.getByText('Đặt hình').click();
  const fault = await page.locator('.ask-draw .ask-fault').textContent();
  await page.locator('#ask-depth').fill('12,5');
  await page.getByText('Đặt hình').click();
  const rectangle = await page.locator('.ask-draw [role=status]').textContent();
  await page.locator('[type=submit]').click();
  return { four, three, drawn, cancelled, fault, rectangle, answer: await readAnswer(page) };
}

async function measures(page) {
  await page.goto(`${asked.base}/#map=18/10.776/106.7&layers=parcels&tool=measure`);
  await page.locator('.kinds').waitFor();
  await settled(page);
  const hint = await page.locator('.ask-draw p').first().textContent();
  for (const [x, y] of [[400, 300], [700, 300], [700, 500]]) await page.mouse.click(x, y, { delay: 20 });
  await page.mouse.click(700, 500);
  const length = { value: await page.locator('.measured-value').textContent(), parts: await page.locator('.ask-draw .quiet').first().textContent() };
  await page.screenshot({ path: join(asked.shots, 'ask-length.png') });
  await page.getByText('Diện tích', { exact: true }).click();
  for (const [x, y] of [[400, 300], [700, 300], [700, 500], [400, 500]]) await page.mouse.click(x, y, { delay: 20 });
  await page.mouse.click(400, 300);
  const area = { value: await page.locator('.measured-value').textContent(), around: await page.locator('.ask-draw p').nth(1).textContent() };
  const how = await page.locator('.ask-form > .quiet').textContent();
  await page.locator('.kinds input').first().check();
  for (const [x, y] of [[400, 300], [700, 300]]) await page.mouse.click(x, y, { delay: 20 });
  await page.keyboard.press('Escape');
  return { hint, length, area, how, after: await page.evaluate(() => document.querySelector('.measured-value')?.textContent ?? '') };
}

async function phone(page) {
  await open(page, asked.broken);
  await told(page);
  await settled(page);
  const box = await page.locator('.card').boundingBox();
  const read = await readSituation(page);
  const visible = await page.locator('.card').evaluate((card) => [...card.querySelectorAll('dd')].filter((one) => one.getBoundingClientRect().bottom <= innerHeight).map((one) => one.previousElementSibling.textContent));
  const high = (selector) => page.locator(selector).evaluateAll((elements) => elements.map((element) => element.getBoundingClientRect().height).filter((one) => one > 0));
  const cardTargets = await high('.situation button, .situation .actions a, .situation summary');
  await page.screenshot({ path: join(asked.shots, 'ask-phone-card.png') });
  await page.locator('.actions .primary').tap();
  await page.locator('#ask-storeys').waitFor();
  await settled(page);
  await page.locator('#ask-storeys').fill('trệt + 8 lầu');
  await page.locator('#ask-height').fill('40');
  await page.locator('#ask-footprint').tap();
  await page.locator('body.drawing').waitFor();
  await settled(page);
  const sheet = await page.locator('.sheet').boundingBox();
  const corners = await pixels(page, asked.broken.lot);
  for (const [x, y] of corners) {
    await page.touchscreen.tap(x, y);
    await page.waitForTimeout(350); // two quick taps are a zoom
  }
  await page.screenshot({ path: join(asked.shots, 'ask-phone-draw.png') });
  await page.getByRole('button', { name: 'Xong' }).tap();
  const drawn = await page.locator('.ask-draw [role=status]').textContent();
  const targets = await high('.sheet button, .sheet input, .sheet select, .sheet summary');
  await page.locator('[type=submit]').tap();
  const answer = await readAnswer(page);
  return { box, read, visible, cardTargets, targets, sheet, corners, drawn, answer, width: await page.evaluate(() => document.documentElement.scrollWidth) };
}
