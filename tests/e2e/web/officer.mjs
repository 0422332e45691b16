// The officer's desk in a real Chromium: a wrong key, signing in, before and after on the map, publishing; then on a phone.
// `asked` also has `key` (a publisher's), and `staged`, `doubtful`: names of changesets that wait.
import { DESKTOP, PHONE, asked, open, play, settled, shot } from './stage.mjs';

const KEPT = 'landmap-key';

async function desk(page) {
  await page.addInitScript(([name, key]) => sessionStorage.setItem(name, key), [KEPT, asked.key]);
  await open(page, 17, '&tool=officer');
  await page.locator('.officer-list').first().waitFor();
}

async function signs(page) {
  await open(page, 17);
  await page.getByRole('button', { name: 'Cán bộ' }).click();
  const input = page.getByLabel('Khóa truy cập của cơ quan');
  const faults = [];
  for (const key of ['không phải khóa', 'lmk_0123456789abcdef_không', `lmk_${'a'.repeat(30)}`]) {
    await input.fill(key);
    await page.keyboard.press('Enter');
    await page.locator('.officer-fault:not(:empty)').waitFor();
    await page.waitForFunction(() => !document.querySelector('.officer-send').disabled);
    faults.push(await page.locator('.officer-fault').textContent());
  }
  await shot(page, 'officer-refused');
  await input.fill(asked.key);
  await Promise.all([page.waitForEvent('load'), page.keyboard.press('Enter')]);
  await page.locator('.officer-list').first().waitFor();
  await settled(page);
  const waiting = await page.locator('.officer-list').first().locator('li').allTextContents();
  const inUrl = await page.evaluate(() => location.href);
  await page.getByRole('button', { name: 'Đăng xuất' }).click();
  await input.waitFor();
  return { faults, waiting, inUrl, kept: await page.evaluate((name) => sessionStorage.getItem(name), KEPT) };
}

async function reviews(page) {
  await desk(page);
  const row = page.locator('.officer-list > li').filter({ hasText: `${asked.staged} ·` });
  await row.getByRole('button', { name: 'Xem trước và sau' }).click();
  await page.locator('.review-update').first().waitFor();
  await page.locator('.review-error').first().waitFor();
  await settled(page);
  const update = await page.locator('.review-update').first().locator('tbody tr').allTextContents();
  const error = await page.locator('.review-error').first().textContent();
  await page.locator('.review-update button').first().hover();
  await page.waitForTimeout(500);
  await shot(page, 'officer-review');
  const drawn = await page.evaluate(() => document.querySelector('.maplibregl-canvas') !== null);
  await page.getByRole('button', { name: 'Công bố', exact: true }).click();
  const sure = await page.locator('.officer-buttons p').textContent();
  const focused = await page.evaluate(() => document.activeElement.textContent);
  await page.getByRole('button', { name: 'Chưa' }).click();
  await page.getByRole('button', { name: 'Công bố', exact: true }).click();
  await page.getByRole('button', { name: 'Công bố toàn bộ' }).click();
  await page.locator('.officer-said').waitFor();
  const said = await page.locator('.officer-said').textContent();
  await page.waitForTimeout(500);
  const left = await page.locator('.officer-list').first().locator('li').allTextContents();
  return { update, error, drawn, sure, focused, said, left };
}

async function refuses(page) {
  await desk(page);
  const row = page.locator('.officer-list > li').filter({ hasText: `${asked.doubtful} ·` });
  await row.getByRole('button').click();
  await page.locator('.review-update').first().waitFor();
  await shot(page, 'officer-phone');
  await page.getByRole('button', { name: 'Không công bố' }).click();
  await page.getByRole('button', { name: 'Bỏ lần cập nhật này' }).click();
  await page.locator('.officer-said').waitFor();
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  return { said: await page.locator('.officer-said').textContent(), wide };
}

await play('officer', { signs, reviews, refuses }, { signs: DESKTOP, refuses: PHONE });
