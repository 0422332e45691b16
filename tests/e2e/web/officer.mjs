// The officer's desk in a real Chromium: a wrong key, signing in, before and after on the map, publishing; then on a phone.
// `asked` also has `key` (a publisher's), and `staged`, `doubtful`: names of changesets that wait.
// `reports`: numbers of three reports beside the place.
import { objections } from './objections.mjs';
import { DESKTOP, PHONE, asked, hash, open, play, settled, shot } from './stage.mjs';

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
    await page.locator('#officer-fault:not(:empty)').waitFor();
    await page.waitForFunction(() => !document.querySelector('.officer-send').disabled);
    faults.push(await page.locator('#officer-fault').textContent());
  }
  await shot(page, 'officer-refused');
  await input.fill(asked.key);
  await Promise.all([page.waitForEvent('load'), page.keyboard.press('Enter')]);
  await page.locator('.officer-list').first().waitFor();
  await settled(page);
  const waiting = await page.locator('.officer-list').first().locator('li').allTextContents();
  const accounts = await page.getByRole('button', { name: 'Đăng nhập bằng tài khoản cơ quan' }).count();
  const inUrl = await page.evaluate(() => location.href);
  await page.getByRole('button', { name: 'Đăng xuất' }).click();
  await input.waitFor();
  return { faults, waiting, inUrl, accounts: accounts + await page.getByRole('button', { name: 'Đăng nhập bằng tài khoản cơ quan' }).count(), kept: await page.evaluate((name) => sessionStorage.getItem(name), KEPT) };
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

async function part(page, name) {
  await page.addInitScript(([kept, key]) => sessionStorage.setItem(kept, key), [KEPT, asked.key]);
  await open(page, 16, `&tool=officer&officer.part=${name}`);
  await page.locator('.officer-list > li').first().waitFor();
  await settled(page);
}

/** The queue, and one report of it; `number`: which. */
async function look(page, number, name) {
  await part(page, 'reports');
  const row = page.locator('.officer-list > li').filter({ hasText: number });
  await row.waitFor();
  const rows = await page.locator('.officer-list > li').allTextContents();
  await shot(page, `officer-${name}-list`);
  const found = [await objections(page)];
  await row.getByRole('button').click();
  await page.locator('.one-facts').waitFor();
  await settled(page);
  await shot(page, `officer-${name}-one`);
  found.push(await objections(page));
  const [lat, lon] = (await hash(page)).match(/map=[^/]+\/([^/]+)\/([^&]+)/).slice(1).map(Number);
  const away = page.viewportSize().width > 800 ? Math.abs(lat - asked.lat) : 0;
  return { rows, away, lon, facts: await page.locator('.one-facts').textContent(), objections: found };
}

async function needed(page, step) {
  await page.getByRole('button', { name: step }).click();
  await page.locator('.one-form button[type=submit]').click();
  return page.locator('.officer-fault:not(:empty)').textContent();
}

async function wide(page) {
  return page.evaluate(() => document.documentElement.scrollWidth);
}

async function queue(page) {
  const told = await look(page, asked.reports[0], 'queue');
  const image = page.locator('.one-photo img');
  await image.waitFor();
  const picture = await image.evaluate(async (img) => { await img.decode(); return img.naturalWidth; });
  await page.getByRole('button', { name: 'Nhận xử lý' }).click();
  await page.locator('.officer-said').waitFor();
  const states = [await page.locator('.one-report strong').first().textContent()];
  const missing = await needed(page, 'Trả lời, kết thúc');
  // Somebody else does something meanwhile.
  const headers = { 'X-Api-Key': asked.key, 'If-Match': '*', 'Content-Type': 'application/json' };
  await page.request.post(`${asked.base}/reports/${asked.reports[0]}/events`, { headers, data: { photo: 'released' } });
  await page.locator('#one-answer').fill('Đã khôi phục mốc ranh.');
  await page.locator('.one-form button[type=submit]').click();
  await page.locator('.officer-fault', { hasText: 'Phản ánh vừa' }).waitFor();
  const stale = await page.locator('.officer-fault:not(:empty)').textContent();
  await page.getByRole('button', { name: 'Về danh sách phản ánh' }).click();
  await page.locator('.officer-list > li').filter({ hasText: asked.reports[0] }).getByRole('button').click();
  await page.getByRole('button', { name: 'Trả lời, kết thúc' }).click();
  await page.locator('#one-answer').fill('Đã khôi phục mốc ranh.');
  await shot(page, 'officer-queue-answer');
  const asking = await objections(page);
  await page.locator('.one-form button[type=submit]').click();
  await page.locator('.officer-said').waitFor();
  states.push(await page.locator('.one-report strong').first().textContent());
  await page.getByRole('button', { name: 'Về danh sách phản ánh' }).click();
  await page.locator('.officer-list > li button').first().waitFor();
  const left = await page.locator('.officer-list > li').allTextContents();
  return { ...told, picture, states, needed: missing, stale, left, wide: await wide(page), objections: [...told.objections, asking] };
}

async function queuePhone(page) {
  const told = await look(page, asked.reports[1], 'queue-phone');
  const missing = await needed(page, 'Không xử lý');
  await page.locator('#one-answer').fill('Không thuộc thẩm quyền, xin gửi UBND phường.');
  await page.locator('#one-reason').fill('Gửi nhầm');
  await shot(page, 'officer-queue-phone-decline');
  await page.locator('.one-form button[type=submit]').click();
  await page.locator('.officer-said').waitFor();
  const choices = await page.locator('.one-report > .officer-buttons button').allTextContents();
  return { ...told, needed: missing, choices, state: await page.locator('.one-report strong').first().textContent(), wide: await wide(page) };
}

async function forwards(page) {
  await look(page, asked.reports[2], 'forward');
  await page.getByRole('button', { name: 'Chuyển cơ quan khác' }).click();
  await page.locator('#one-forward').selectOption('so-xay-dung');
  await page.locator('#one-reason').fill('Thuộc trật tự xây dựng');
  await page.locator('.one-form button[type=submit]').click();
  await page.locator('.officer-said').waitFor();
  const said = await page.locator('.officer-said').textContent();
  await page.waitForFunction(() => !document.querySelector('.officer-list [role=status]'));
  return { said, rows: await page.locator('.officer-list > li').allTextContents() };
}

async function lookDoubts(page, name) {
  await part(page, 'quarantine');
  const row = page.locator('.officer-list > li').filter({ hasText: 'bien-dong-ODT.gpkg' });
  await row.waitFor();
  await row.locator('summary').click();
  await row.getByRole('button').first().click();
  await settled(page);
  await shot(page, `officer-${name}`);
  const found = await objections(page);
  const told = {
    row: await row.textContent(), raw: await row.locator('details').textContent(), text: await page.evaluate(() => document.body.textContent),
    drawn: await page.locator('.doubts .officer-list button').count(), objections: [found], wide: await wide(page),
  };
  await page.getByLabel('Loại').selectOption('warning');
  const none = page.locator('.officer-list > li.remark');
  await none.waitFor();
  return { ...told, none: await none.textContent() };
}

const doubts = (page) => lookDoubts(page, 'doubts');
const doubtsPhone = (page) => lookDoubts(page, 'doubts-phone');

await play('officer', { signs, reviews, refuses, queue, queuePhone, forwards, doubts, doubtsPhone }, { signs: DESKTOP, refuses: PHONE, queuePhone: PHONE, doubtsPhone: PHONE });
