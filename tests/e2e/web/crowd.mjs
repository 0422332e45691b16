// A journey while many others look at the map: the parcel that was pointed at is opened, and the map goes on to other places.
// Assertions are the caller's: tests/e2e/test_web_crowd.py.
import { open, play, settled, shot } from './stage.mjs';

await play('crowd', { crowded });

async function crowded(page) {
  const failed = [];
  page.on('response', (answer) => answer.status() >= 400 && failed.push(`${answer.status()} ${answer.url()}`));
  page.on('requestfailed', (request) => request.failure()?.errorText !== 'net::ERR_ABORTED' && failed.push(`${request.failure()?.errorText} ${request.url()}`));
  await open(page, 18, '&layers=parcels,zones');
  await page.mouse.click(640, 400);
  await page.locator('.card dl').first().waitFor();
  const card = await page.locator('.card h2').textContent();
  for (const [dx, dy] of [[-300, 0], [0, -200], [300, 100]]) {
    await page.mouse.move(700, 450);
    await page.mouse.down();
    await page.mouse.move(700 + dx, 450 + dy, { steps: 10 });
    await page.mouse.up();
  }
  await settled(page);
  await shot(page, 'crowd-end');
  return { card, failed, notices: await page.locator('.notice').allTextContents() };
}
