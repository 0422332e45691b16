// The one box, by keyboard alone: coordinates of VN-2000 in either order, a house number, parcels of the same numbers.
// `asked` also has `metres`: northing and easting of the place, and `street`: a street that parcels name.
import { asked, hash, open, play, settled, shot } from './stage.mjs';

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

await play('find', { metres, house, alike });
