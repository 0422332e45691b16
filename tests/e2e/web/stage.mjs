// Runs journeys through the map page in a real Chromium, each in a browser context of its own, and prints what they saw as
// JSON. `asked` is the first argument of the command: {"base": …, "chromium": …, "shots": …, "lon": …, "lat": …}.
import { createRequire } from 'node:module';
import { join } from 'node:path';

const { chromium } = createRequire(new URL('../../../services/web/package.json', import.meta.url))('playwright-core');

export const asked = JSON.parse(process.argv[2]);
export const DESKTOP = { locale: 'vi-VN', viewport: { width: 1280, height: 800 } };
export const PHONE = { locale: 'vi-VN', viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 };
export const NO_GPU = ['--headless=new', '--no-sandbox', '--disable-gpu', '--use-angle=swiftshader', '--enable-unsafe-swiftshader'];

export function launch(args) {
  return chromium.launch({ executablePath: asked.chromium, args });
}

/** `screens`: the context of a journey that is no Vietnamese desktop; `bare` where it is about the page and not about what the map
 *  draws, which takes most of the time. */
export async function play(prefix, journeys, screens = {}) {
  const browser = await launch(NO_GPU);
  const seen = {};
  try {
    for (const [name, journey] of Object.entries(journeys)) {
      const { bare, ...screen } = screens[name] ?? DESKTOP;
      // Requests of a service worker would pass by the route.
      const context = await browser.newContext(bare ? { ...screen, serviceWorkers: 'block' } : screen);
      if (bare) await context.route('**/tiles/WebMercatorQuad/**', (route) => route.fulfill({ status: 204 }));
      const page = await context.newPage();
      page.setDefaultTimeout(60_000);
      const heard = { errors: [], requests: [] };
      page.on('console', (message) => message.type() === 'error' && heard.errors.push(message.text()));
      page.on('pageerror', (error) => heard.errors.push(String(error)));
      page.on('request', (request) => heard.requests.push(request.url()));
      seen[name] = { ...await journey(page, heard), ...heard };
      await page.screenshot({ path: join(asked.shots, `${prefix}-${name}.png`) });
      await context.close();
    }
  } finally {
    await browser.close();
  }
  console.log(JSON.stringify(seen));
}

/** The place asked for at a zoom: `rest` are further parts of the fragment. */
export async function open(page, zoom, rest = '') {
  await page.goto(`${asked.base}/#map=${zoom}/${asked.lat}/${asked.lon}${rest}`);
  await page.locator('.layers li').first().waitFor({ state: 'attached' });
  await settled(page);
}

export async function settled(page) {
  await page.waitForFunction(() => document.querySelector('.progress')?.hidden === true);
  await page.waitForTimeout(700); // the map eases and fades
}

export function hash(page) {
  return page.evaluate(() => decodeURIComponent(location.hash));
}

export async function shot(page, name) {
  await page.screenshot({ path: join(asked.shots, `${name}.png`) });
}
