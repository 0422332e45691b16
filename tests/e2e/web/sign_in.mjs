// Signing in with an account of the agency's issuer in a real Chromium: there and back, stopping, answers that do not fit,
// renewing and ending. `asked` also has `issuer`: the address of the provider.
import { DESKTOP, PHONE, asked, hash, open, play, settled, shot } from './stage.mjs';

const BUTTON = 'Đăng nhập bằng tài khoản cơ quan';

function kept(page) {
  return page.evaluate(() => Object.keys(sessionStorage).filter((name) => name.startsWith('landmap-')).sort());
}

async function leave(page) {
  await open(page, 16, '&layers=parcels&tool=officer');
  await page.getByRole('button', { name: BUTTON }).click();
  await page.waitForURL(`${asked.issuer}/**`);
}

async function enter(page, user) {
  await leave(page);
  await page.getByLabel('Tài khoản').fill(user);
  await page.getByRole('button', { name: 'Vào' }).click();
}

async function fault(page) {
  await page.locator('.officer-fault:not(:empty)').first().waitFor();
  return { fault: await page.locator('.officer-fault:not(:empty)').first().textContent(), kept: await kept(page) };
}

async function signs(page) {
  const [sent, leaked, tokens] = [[], [], []];
  page.on('request', (request) => {
    const header = request.headers().authorization;
    if (header && request.url().startsWith(asked.base)) sent.push(header);
    if (header && !request.url().startsWith(asked.base)) leaked.push(request.url());
    if (request.url().endsWith('/token')) tokens.push(request.postData() ?? '');
  });
  await open(page, 16, '&layers=parcels&tool=officer');
  await shot(page, 'sign-in-form');
  const before = await hash(page);
  await leave(page);
  const url = new URL(page.url());
  await page.getByLabel('Tài khoản').fill('can-bo');
  await page.getByRole('button', { name: 'Vào' }).click();
  await page.locator('.officer-who').waitFor();
  await settled(page);
  await shot(page, 'sign-in-done');
  const told = {
    before, after: await hash(page), address: page.url(), search: await page.evaluate(() => location.search), sent, leaked,
    asked: Object.fromEntries(url.searchParams), who: await page.locator('.officer-who span').textContent(),
    secrets: tokens.filter((form) => form.includes('client_secret')), longer: await page.evaluate(() => JSON.stringify(localStorage)),
  };
  await page.getByRole('button', { name: 'Đăng xuất' }).click();
  await page.getByRole('button', { name: BUTTON }).waitFor();
  await settled(page);
  return { ...told, out: { kept: await kept(page), hash: await hash(page), form: await page.getByRole('button', { name: BUTTON }).count() } };
}

async function stops(page) {
  await leave(page);
  await page.getByRole('button', { name: 'Thôi' }).click();
  const told = await fault(page);
  await shot(page, 'sign-in-stopped');
  return { ...told, wide: await page.evaluate(() => document.documentElement.scrollWidth) };
}

async function forged(page) {
  await leave(page);
  await page.goto(`${asked.base}/?code=stolen&state=forged&iss=${encodeURIComponent(asked.issuer)}`);
  return fault(page);
}

async function uncalled(page) {
  const exchanged = [];
  page.on('request', (request) => request.url().endsWith('/token') && exchanged.push(request.url()));
  await page.goto(`${asked.base}/?code=stolen&state=forged#map=16/${asked.lat}/${asked.lon}&tool=officer`);
  await page.getByRole('button', { name: BUTTON }).waitFor();
  return { exchanged, kept: await kept(page) };
}

async function nonce(page) {
  await enter(page, 'odd-nonce');
  return fault(page);
}

async function stranger(page) {
  await enter(page, 'nobody');
  return fault(page);
}

async function renews(page) {
  const given = [];
  await page.route('**/token', async (route) => { // here, as a browser forgets what a page got that it has left
    const response = await route.fetch();
    if (route.request().method() === 'POST') given.push((await response.json()).access_token);
    await route.fulfill({ response });
  });
  await enter(page, 'renewed');
  await page.locator('.officer-who').waitFor();
  while (given.length < 2) await page.waitForTimeout(100);
  await page.waitForFunction((fresh) => JSON.parse(sessionStorage.getItem('landmap-token')).access === fresh, given[1]);
  return { changed: given[0] !== given[1], who: await page.locator('.officer-who span').textContent() };
}

async function ends(page) {
  await enter(page, 'brief');
  await page.locator('.officer-who').waitFor();
  const notice = page.locator('.notice.error', { hasText: 'Phiên đăng nhập' });
  await notice.waitFor();
  const told = { notice: await notice.textContent(), kept: await kept(page) };
  await shot(page, 'sign-in-ended');
  await notice.getByRole('button').click();
  return { ...told, form: (await fault(page)).fault };
}

const BARE = { ...DESKTOP, bare: true };

await play('sign-in', { signs, stops, forged, uncalled, nonce, stranger, renews, ends }, {
  stops: PHONE, forged: BARE, uncalled: BARE, nonce: BARE, stranger: BARE, renews: BARE, ends: BARE,
});
