// Opens views of the map page that look the same whenever they are opened, and prints what draws them as JSON; the
// screenshots lie in `asked.shots`. `asked` is the first argument of the command, see stage.mjs.
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { join } from 'node:path';

import { asked, DESKTOP, NO_GPU, open, PHONE } from './stage.mjs';

const { chromium } = createRequire(new URL('../../../services/web/package.json', import.meta.url))('playwright-core');
const SMALL = { ...PHONE, deviceScaleFactor: 1 };
/** Of layers that no journey changes where the map looks; labels of zones stand elsewhere each time */
const VIEWS = {
  land: { screen: DESKTOP, zoom: 17, rest: '&layers=parcels,wards' },
  city: { screen: SMALL, zoom: 14, rest: '&layers=wards&lang=en' },
};
/** What tells the day or a time */
const TIMES = 'time, input[type=date], .day';

const browser = await chromium.launch({ executablePath: asked.chromium, args: NO_GPU });
try {
  const drawn = { chromium: browser.version().split('.')[0] };
  for (const [name, { screen, zoom, rest }] of Object.entries(VIEWS)) {
    // What a service worker keeps is told in a notice, at its own time.
    const context = await browser.newContext({ ...screen, serviceWorkers: 'block', reducedMotion: 'reduce' });
    const page = await context.newPage();
    page.setDefaultTimeout(60_000);
    await open(page, zoom, rest);
    await page.evaluate(() => document.fonts.ready);
    drawn.text ??= createHash('sha256').update(await page.evaluate(reference)).digest('hex');
    await page.screenshot({ path: join(asked.shots, `${name}.png`), animations: 'disabled', caret: 'hide', mask: [page.locator(TIMES)] });
    await context.close();
  }
  console.log(JSON.stringify(drawn));
} finally {
  await browser.close();
}

/** A text as this browser draws it, in the page's fonts and in those that the system has instead. */
function reference() {
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [420, 150];
  const pen = canvas.getContext('2d');
  for (const [line, font] of ['400 16px "Be Vietnam Pro"', '600 16px "Be Vietnam Pro"', '16px sans-serif', '16px monospace'].entries()) {
    pen.font = font;
    pen.fillText('Thửa đất, quy hoạch, giấy phép: 1.234,5 m² ẶỘỮ', 4, 30 + 34 * line);
  }
  return canvas.toDataURL();
}
