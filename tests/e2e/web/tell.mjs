// Reports something on the map as a citizen, by mouse on a desktop and by keyboard on a phone, and prints what it saw.
// Usage: node tell.mjs '{"base": …, "chromium": …, "shots": …, "lon": …, "lat": …, "key": an editor's}'
import { createRequire } from 'node:module';
import { deflateSync } from 'node:zlib';
import { fileURLToPath } from 'node:url';

const asked = JSON.parse(process.argv[2]);
const require = createRequire(fileURLToPath(new URL('../../../services/web/package.json', import.meta.url)));
const { chromium } = require('playwright-core');

const browser = await chromium.launch({ executablePath: asked.chromium, args: ['--use-gl=swiftshader', '--enable-webgl', '--ignore-gpu-blocklist', '--enable-unsafe-swiftshader', '--no-sandbox'] });
const seen = { problems: [], foreign: [] };
const TEXT = 'Vỉa hè bị lấn chiếm <img src=x onerror=alert(1)> từ tháng trước';

/** A PNG of one colour, larger than what may be sent. */
function photo(width, height) {
  const chunk = (name, body) => {
    const head = Buffer.alloc(8);
    head.writeUInt32BE(body.length);
    head.write(name, 4, 'latin1');
    const crc = Buffer.alloc(4);
    crc.writeUInt32BE(crc32(Buffer.concat([head.subarray(4), body])));
    return Buffer.concat([head, body, crc]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const line = Buffer.concat([Buffer.from([0]), Buffer.alloc(width * 3, 0x7a)]);
  const pixels = deflateSync(Buffer.concat(Array.from({ length: height }, () => line)));
  return Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), chunk('IHDR', header), chunk('tEXt', Buffer.from('Author\0TACGIA')), chunk('IDAT', pixels), chunk('IEND', Buffer.alloc(0))]);
}

function crc32(bytes) {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let k = 0; k < 8; k += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ -1) >>> 0;
}

async function page(viewport, touch = false) {
  const context = await browser.newContext({ viewport, hasTouch: touch, locale: 'vi-VN', permissions: ['clipboard-write', 'clipboard-read'] });
  const made = await context.newPage();
  made.on('pageerror', (error) => seen.problems.push(String(error)));
  made.on('console', (message) => { if (message.type() === 'error' && !/status of 4/.test(message.text())) seen.problems.push(message.text()); });
  made.on('request', (request) => { if (!/^(data|blob):/.test(request.url()) && !request.url().startsWith(asked.base)) seen.foreign.push(request.url()); });
  return made;
}

async function open(made, fragment) {
  await made.goto(`${asked.base}/${fragment}`);
  await made.locator('.tell').waitFor({ timeout: 60_000 });
  await made.locator('.tell-form, .tell-one, .tell > div > .tell-fault').first().waitFor({ timeout: 60_000 });
  await settled(made);
}

/** Nothing is being loaded any more. */
const settled = (made) => made.waitForFunction(() => document.querySelector('.progress')?.hidden === true);

const shot = (made, name) => made.screenshot({ path: `${asked.shots}/tell-${name}.png` });
const at = `map=17/${asked.lat}/${asked.lon}`;

/** On a desktop, by mouse. */
async function byMouse() {
  const made = await page({ width: 1280, height: 800 });
  await made.goto(`${asked.base}/#${at}`);
  await made.locator('#tool-report').click({ timeout: 60_000 });
  await made.locator('.tell-form').waitFor();
  await settled(made);
  await shot(made, 'form');
  await made.locator('.tell-send').click();
  const refused = [await made.locator('#tell-fault').textContent()];
  await made.selectOption('#tell-category', 'urban-order');
  const help = await made.locator('#tell-category-help').textContent();
  await made.locator('.tell-send').click();
  refused.push(await made.locator('#tell-fault').textContent());
  await made.mouse.click(600, 400);
  const position = await made.locator('.tell-position b').textContent();
  await made.locator('.tell-send').click();
  refused.push(await made.locator('#tell-fault').textContent());
  await made.locator('#tell-text').fill(TEXT);
  await made.setInputFiles('#tell-file', { name: 'no.jpg', mimeType: 'image/jpeg', buffer: Buffer.from('no photo') });
  await made.waitForFunction((before) => document.querySelector('#tell-fault')?.textContent !== before, refused.at(-1));
  refused.push(await made.locator('#tell-fault').textContent());
  await made.setInputFiles('#tell-file', { name: 'a.png', mimeType: 'image/png', buffer: photo(2400, 1200) });
  const canvas = made.locator('.tell-photo canvas');
  await canvas.waitFor();
  const size = await canvas.evaluate(({ width, height }) => [width, height]);
  await made.locator('.tell-contact summary').click();
  await made.locator('#tell-phone').fill('0901 234 567');
  await shot(made, 'filled');
  // What is typed outlives another language.
  await made.getByRole('button', { name: 'English' }).click();
  await made.locator('.tell-form').waitFor();
  const english = { label: await made.locator('label[for=tell-text]').textContent(), text: await made.locator('#tell-text').inputValue() };
  await made.getByRole('button', { name: 'Tiếng Việt' }).click();
  await made.locator('.tell-send').waitFor();
  const request = made.waitForRequest((sent) => sent.method() === 'POST');
  await made.locator('.tell-send').click();
  const body = (await request).postDataBuffer()?.toString('latin1') ?? '';
  await made.locator('.tell-number').waitFor({ timeout: 30_000 });
  const number = await made.locator('.tell-number').textContent();
  const link = await made.locator('.tell-sent a').getAttribute('href');
  await settled(made);
  await shot(made, 'sent');
  await made.getByRole('button', { name: 'Xem tình trạng' }).click();
  await made.locator('.tell-one').waitFor();
  const state = await made.locator('.tell-state').innerText();
  const listed = await made.locator('.tell-item').allInnerTexts();
  await shot(made, 'state');
  await made.context().close();
  return { refused, help, position, size, english, number, link, state, listed, leaked: body.includes('TACGIA') };
}

/** What an officer answers is seen by who has the link, and by who looks at the map. */
async function answered(number, link) {
  const url = `${asked.base}/reports/${number}/events`;
  const headers = { 'X-Api-Key': asked.key, 'If-Match': '*', 'Content-Type': 'application/json' };
  const statuses = [];
  for (const body of [{ photo: 'released' }, { state: 'answered', answer: 'Đã nhắc nhở.\nĐã thu dọn <b>vỉa hè</b>.' }]) {
    statuses.push((await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })).status);
  }
  const made = await page({ width: 1280, height: 800 });
  await made.goto(link);
  await made.locator('.tell-one').waitFor({ timeout: 60_000 });
  await made.locator('.tell-picture').evaluate((image) => image.decode());
  await settled(made);
  const told = await made.locator('.tell-one').innerText();
  const picture = await made.locator('.tell-picture').evaluate((image) => image.complete && image.naturalWidth);
  await shot(made, 'answered');
  await made.context().close();
  return { statuses, told, picture };
}

/** On a phone of 360 px, by keyboard alone. */
async function byKeyboard() {
  const made = await page({ width: 360, height: 740 }, true);
  await open(made, `#${at}&tool=report`);
  await shot(made, 'phone');
  const wide = await made.evaluate(() => document.documentElement.scrollWidth);
  const small = await made.locator('.tell button, .tell select, .tell input:not([type=file]), .tell summary').evaluateAll((found) => (
    found.map((one) => one.getBoundingClientRect()).filter(({ height }) => height > 0 && height < 43.5).length
  ));
  const focus = () => made.evaluate(() => document.activeElement?.id ?? '');
  await made.locator('#tell-category').focus();
  await made.keyboard.type('Hạ tầng');
  await made.keyboard.press('Tab');
  const order = [await focus()];
  await made.keyboard.press('Enter');
  await made.locator('.tell-position b').waitFor();
  for (let i = 0; i < 4 && await focus() !== 'tell-text'; i += 1) await made.keyboard.press('Tab');
  order.push(await focus());
  await made.keyboard.type('Ngập nước sau mưa');
  await shot(made, 'phone-filled');
  for (let i = 0; i < 6 && !(await made.evaluate(() => document.activeElement?.classList.contains('tell-send'))); i += 1) await made.keyboard.press('Tab');
  await made.keyboard.press('Enter');
  await made.locator('.tell-number').waitFor({ timeout: 30_000 });
  const number = await made.locator('.tell-number').textContent();
  await settled(made);
  await shot(made, 'phone-sent');
  await made.locator('#tell-lookup').fill('sai');
  await made.keyboard.press('Enter');
  const wrong = await made.locator('.tell-lookup .tell-fault').textContent();
  await made.locator('#tell-lookup').fill(number.toLowerCase());
  await made.keyboard.press('Enter');
  await made.locator('.tell-one').waitFor();
  const title = await made.locator('.tell-one h3').textContent();
  await settled(made);
  await shot(made, 'phone-state');
  await made.context().close();
  return { wide, small, order, number, wrong, title };
}

async function unknown() {
  const made = await page({ width: 1280, height: 800 });
  await open(made, `#${at}&tool=report&tell.id=PA-ZZZZZZZZ`);
  const told = await made.locator('.tell > div > .tell-fault').textContent();
  await open(made, `#${at}&tool=report&tell.id=%3Cscript%3E`);
  await made.reload();
  await made.locator('.tell-form').waitFor();
  await made.context().close();
  return told;
}

seen.mouse = await byMouse();
seen.answered = await answered(seen.mouse.number, seen.mouse.link);
seen.keyboard = await byKeyboard();
seen.unknown = await unknown();
await browser.close();
console.log(JSON.stringify(seen));
