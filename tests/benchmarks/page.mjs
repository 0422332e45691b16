// Opens the map page as a phone of the middle class does, again and again, and prints what it took as JSON.
// `asked` is the first argument of the command: {"base": …, "chromium": …, "playwright": …, "hash": …, "rounds": …, "networks": […]}.
import { createRequire } from 'node:module';

const asked = JSON.parse(process.argv[2]);
const { chromium } = createRequire(asked.playwright)('playwright-core');
const ARGS = ['--headless=new', '--no-sandbox', '--disable-gpu', '--use-angle=swiftshader', '--enable-unsafe-swiftshader'];
const PHONE = { locale: 'vi-VN', viewport: { width: 412, height: 823 }, isMobile: true, hasTouch: true, deviceScaleFactor: 1.75 };
/** Bytes a second, and the time of a round trip in ms */
const NETWORKS = {
  '4G': { latency: 170, downloadThroughput: 9e6 / 8, uploadThroughput: 9e6 / 8 },
  'slow 4G': { latency: 150, downloadThroughput: 1.6e6 / 8, uploadThroughput: 0.75e6 / 8 },
};
const SLOWER = 4;

const browser = await chromium.launch({ executablePath: asked.chromium, args: ARGS });
const seen = [];
try {
  for (let round = 0; round < asked.rounds; round += 1) {
    for (const network of asked.networks) seen.push({ network, ...await visit(network) });
  }
} finally {
  await browser.close();
}
console.log(JSON.stringify(seen));

/** A first visit: nothing is kept. */
async function visit(network) {
  const context = await browser.newContext(PHONE);
  const page = await context.newPage();
  page.setDefaultTimeout(120_000);
  const cdp = await context.newCDPSession(page);
  await cdp.send('Network.enable');
  await cdp.send('Emulation.setCPUThrottlingRate', { rate: SLOWER });
  await cdp.send('Network.emulateNetworkConditions', { offline: false, ...NETWORKS[network] });
  const sizes = new Map();
  const files = [];
  cdp.on('Network.responseReceived', ({ requestId, response }) => sizes.set(requestId, response.url));
  cdp.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => files.push({ url: sizes.get(requestId) ?? '', bytes: encodedDataLength }));
  const begun = Date.now();
  await page.goto(`${asked.base}/${asked.hash}`, { waitUntil: 'commit' });
  await page.waitForFunction(() => performance.getEntriesByName('landmap-ground').length > 0);
  const first = await page.evaluate(() => ({
    contentful: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null,
    // Where the map was quicker there is no picture before it.
    picture: (performance.getEntriesByName('landmap-picture')[0] ?? performance.getEntriesByName('landmap-ground')[0]).startTime,
    ground: performance.getEntriesByName('landmap-ground')[0].startTime,
  }));
  const script = files.reduce((sum, { url, bytes }) => (/\.m?js$/.test(url) ? sum + bytes : sum), 0);
  await page.waitForFunction(() => document.querySelector('.progress')?.hidden === true);
  const quiet = Date.now() - begun;
  const frames = await pan(page);
  const opened = Date.now();
  await page.touchscreen.tap(206, 480);
  await page.locator('.card dl, .notice').first().waitFor();
  const card = Date.now() - opened;
  await context.close();
  return { ...first, script, quiet, frames, card };
}

/** The map is dragged to and fro; times between frames, ms. */
async function pan(page) {
  await page.evaluate(() => {
    globalThis.frames_ = [];
    let last = performance.now();
    const tick = (now) => {
      globalThis.frames_.push(now - last);
      last = now;
      globalThis.ticking = requestAnimationFrame(tick);
    };
    globalThis.ticking = requestAnimationFrame(tick);
  });
  for (const [dx, dy] of [[-150, -60], [120, 80]]) {
    await page.mouse.move(206, 500);
    await page.mouse.down();
    for (let step = 1; step <= 10; step += 1) {
      await page.mouse.move(206 + (dx * step) / 10, 500 + (dy * step) / 10);
      await page.waitForTimeout(16);
    }
    await page.mouse.up();
  }
  return page.evaluate(() => {
    cancelAnimationFrame(globalThis.ticking);
    return globalThis.frames_;
  });
}
