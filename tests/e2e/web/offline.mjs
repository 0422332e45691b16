// Looks at a place, then at the same place without the server: prints `stop` when the server is to be stopped and goes on
// when it gets a line. Assertions are the caller's: tests/e2e/test_web_offline.py.
import { once } from 'node:events';
import { shares } from './colors.mjs';
import { asked, open, PHONE, play, settled, shot } from './stage.mjs';

await play('offline', { away }, { away: PHONE });

async function away(page, heard) {
  await open(page, 18, '&layers=parcels,zones');
  const manifest = await page.evaluate(async () => (await fetch(document.querySelector('link[rel=manifest]').href)).json());
  const icons = await page.evaluate((all) => Promise.all(all.map(async ({ src }) => {
    const image = new Image();
    image.src = src;
    await image.decode();
    return [image.naturalWidth, image.naturalHeight];
  })), manifest.icons);
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
  await page.reload(); // what the page had asked before is not kept
  await settled(page);
  await page.mouse.click(180, 370);
  await page.locator('.card dl').first().waitFor();
  await settled(page);
  const card = await page.locator('.card h2').textContent();
  const before = await shares(page, { x: 20, y: 262, width: 320, height: 58 });
  await page.evaluate(() => { location.hash += '&tool=take'; });
  await page.getByRole('button', { name: 'Giữ bản đồ' }).click();
  const keeping = await page.locator('.sheet', { hasText: 'Đang giữ bản đồ đóng băng' }).locator('p[role=status]', { hasText: 'đóng băng' }).textContent();
  await shot(page, 'offline-keeping');
  await page.locator('.sheet header button:not(.fold)').click();
  await page.waitForTimeout(1500); // the worker writes
  const kept = await page.evaluate(async () => (await (await caches.open('landmap-data')).keys()).map(({ url }) => url));
  heard.errors.length = 0;
  const at = Date.now();
  process.stdout.write('stop\n');
  await once(process.stdin, 'data');

  const answered = await page.evaluate(() => fetch('healthz').then(({ status }) => status, () => 0));
  await page.reload();
  await page.locator('.notice', { hasText: 'Dữ liệu tại' }).waitFor();
  await settled(page);
  const after = await shares(page, { x: 20, y: 262, width: 320, height: 58 });
  const banner = await page.locator('.notice', { hasText: 'Dữ liệu tại' }).textContent();
  await page.locator('.card dl').first().waitFor();
  const again = await page.locator('.card h2').textContent();
  await shot(page, 'offline-card');
  const alone = await page.locator('.notice').allTextContents();

  // Somewhere that was never looked at: tiles of the frozen city, enlarged where it has none so near.
  const far = [];
  for (const zoom of [15, 17, 19]) {
    await page.goto('about:blank');
    await page.goto(`${asked.base}/#map=${zoom}/${asked.far.lat}/${asked.far.lon}&layers=parcels,zones`);
    await page.locator('.notice', { hasText: 'đóng băng' }).waitFor();
    await settled(page);
    far.push({ zoom, colors: await shares(page, { x: 20, y: 222, width: 320, height: 300 }), notices: await page.locator('.notice').allTextContents() });
    await shot(page, `offline-frozen-${zoom}`);
  }
  await page.mouse.click(180, 400); // a parcel of which nothing is kept
  await page.waitForTimeout(1500);
  const asks = await page.locator('.notice').allTextContents();
  await shot(page, 'offline-frozen-card');
  await page.goto('about:blank');
  await page.goto(`${asked.base}/`); // as an installed page is opened: without a place
  await page.locator('.layers li').first().waitFor({ state: 'attached' });
  await settled(page);
  const hash = await page.evaluate(() => location.hash);
  heard.errors.length = 0; // that the server does not answer is told by the browser too
  process.stdin.destroy();
  return { keeping, alone, far, asks, manifest, icons, card, again, before, after, kept, banner, answered, at, hash };
}
