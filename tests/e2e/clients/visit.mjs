// Opens the page of a client in a real Chromium and prints what it shows as JSON.
// Usage: node visit.mjs '{"page": "http://127.0.0.1:9000/leaflet.html", "api": "http://127.0.0.1:8080", "chromium": "/usr/bin/chromium",
//   "box": [106.699, 10.775, 106.701, 10.777], "points": [["id", 106.7, 10.776]], "shot": "/tmp/leaflet.png"}'
// Points are inside parcels. The middle of the box is clicked. Assertions are the caller's: tests/e2e/test_clients.py.
import { createRequire } from 'node:module';

import { shares } from '../web/colors.mjs';

const { chromium } = createRequire(new URL('../../../services/web/package.json', import.meta.url))('playwright-core');
const asked = JSON.parse(process.argv[2]);
const NO_GPU = ['--headless=new', '--no-sandbox', '--disable-gpu', '--use-angle=swiftshader', '--enable-unsafe-swiftshader'];

const browser = await chromium.launch({ executablePath: asked.chromium, args: NO_GPU });
try {
  const page = await browser.newPage({ locale: 'vi-VN', viewport: { width: 1000, height: 800 } });
  page.setDefaultTimeout(120_000);
  const heard = { errors: [], requests: [], answers: [] };
  page.on('console', (message) => message.type() === 'error' && heard.errors.push(message.text()));
  page.on('pageerror', (error) => heard.errors.push(error.stack ?? String(error)));
  // Of the whole context: requests of its workers too.
  page.context().on('request', (request) => heard.requests.push(request.url()));
  page.context().on('response', (response) => heard.answers.push([response.url(), response.status()]));
  await page.goto(`${asked.page}?${new URLSearchParams({ api: asked.api, box: asked.box.join(',') })}`);
  await page.waitForFunction(() => document.documentElement.dataset.state).catch((error) => {
    throw new Error(`${error}\n${heard.errors.join('\n')}`);
  });
  const state = await page.evaluate(() => document.documentElement.dataset.state);
  if (state !== 'drawn') throw new Error([state, ...heard.errors].join('\n'));
  const report = await page.evaluate(() => window.report());
  const at = await page.evaluate(async (points) => {
    const found = {};
    for (const [id, lon, lat] of points) found[id] = await window.at(lon, lat);
    return found;
  }, asked.points);
  const colors = await shares(page);
  await page.mouse.click(500, 400);
  await page.locator('#told').waitFor();
  await page.waitForTimeout(300); // popups fade in
  const told = Object.fromEntries(await page.locator('#told span').evaluateAll((parts) => parts.map((part) => [part.className, part.textContent])));
  await page.screenshot({ path: asked.shot });
  console.log(JSON.stringify({ ...report, at, colors, told, ...heard }));
} finally {
  await browser.close();
}
