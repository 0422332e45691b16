// The one box, by keyboard alone: coordinates of VN-2000 in either order, a house number, parcels of the same numbers.
// `asked` also has `metres`: northing and easting of the place, and `street`: a street that parcels name.
import { asked, DESKTOP, hash, launch, open, PHONE, play, settled, shot } from './stage.mjs';

/** At once and into an empty box: it is asked for this alone. */
async function write(page, text) {
  await page.getByRole('combobox').focus();
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+A');
  await page.keyboard.insertText(text);
}

async function typed(page, text) {
  await write(page, text);
  await page.locator('.found li').first().waitFor();
  return { list: await page.getByRole('option').allTextContents(), said: await page.locator('.found-said').textContent() };
}

async function metres(page) {
  await open(page, 12);
  const [north, east] = asked.metres;
  const plain = await typed(page, `${north} ${east}`);
  const turned = await typed(page, `Y=${east} X=${north}`);
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => location.hash.includes('sel=parcels'));
  await settled(page);
  await shot(page, 'find-metres');
  await write(page, `${north} 880000`); // too far east
  await page.locator('.found-said:not(.hidden-text):not(:empty)').waitFor();
  const outside = await page.locator('.found-said').textContent();
  return { plain, turned, at: await hash(page), outside };
}

async function house(page) {
  await open(page, 16);
  const found = await typed(page, `123/45/6A ${asked.street}`);
  await shot(page, 'find-house');
  return found;
}

async function alike(page) {
  await open(page, 16);
  const found = await typed(page, 'tờ 1 thửa 2');
  await shot(page, 'find-alike');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => location.hash.includes('sel=parcels'));
  return found;
}

/** On a phone, by touch: the box lists, a touch opens the card. */
async function touched(page) {
  await open(page, 16);
  await page.getByRole('combobox').tap();
  await page.keyboard.insertText('tờ 1 thửa 2');
  await page.locator('.found li').first().waitFor();
  await shot(page, 'find-touched-list');
  await page.getByRole('option').first().tap();
  await page.waitForFunction(() => location.hash.includes('sel=parcels'));
  await page.locator('.card h2').waitFor();
  await settled(page);
  return { card: await page.locator('.card h2').textContent() };
}

/** Without script: a text in the form of the page, a parcel of its answer, the card. */
async function scriptless(page) {
  await page.goto(asked.base);
  const said = await page.locator('main.without').innerText();
  await shot(page, 'find-scriptless-start');
  await page.locator('input[type="search"]').fill('tờ 1 thửa 2');
  await page.locator('main.without button').click();
  return { said, ...await cardOfFirst(page) };
}

/** A browser that draws nothing in three dimensions, as an old phone. */
async function flat() {
  const browser = await launch(['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-3d-apis']);
  try {
    const page = await (await browser.newContext(PHONE)).newPage();
    await page.goto(asked.base);
    const notice = page.locator('.notice.error', { hasText: 'WebGL' });
    await notice.waitFor();
    const said = await notice.innerText();
    await shot(page, 'find-flat-notice');
    await notice.getByRole('button').click();
    await page.locator('input[type="search"]').fill('tờ 1 thửa 2');
    await page.getByRole('button', { name: 'Tìm kiếm' }).click();
    return { said, ...await cardOfFirst(page) };
  } finally {
    await browser.close();
  }
}

/** The card of the first parcel that the page of hits lists. */
async function cardOfFirst(page) {
  await page.locator('.hits a').first().click();
  await page.waitForURL('**/thua/*');
  return { card: await page.locator('h1').first().innerText(), at: new URL(page.url()).pathname };
}

await play('find', { metres, house, alike, touched, scriptless, flat }, {
  touched: PHONE, scriptless: { ...PHONE, javaScriptEnabled: false }, flat: DESKTOP,
});
