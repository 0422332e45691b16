// Holds the page against WCAG 2.2 AA with axe, at rest and with everything that opens, and looks whether it has to be moved
// sideways. Prints for each scene what axe objects to, and the widest that lies beyond the screen. One tab per screen.
// `asked` also has `id`: a parcel.
import { objections } from './objections.mjs';
import { DESKTOP, PHONE, asked, play, shot } from './stage.mjs';

const TOOLS = ['wards', 'compare', 'time', 'solid', 'measure', 'check', 'report', 'take', 'officer'];
const LARGE_TEXT = '200%';

/** The page with a part of the fragment, in a state no earlier scene has left behind. */
async function enter(page, rest) {
  await page.goto('about:blank');
  await page.goto(`${asked.base}/#map=17/${asked.lat}/${asked.lon}${rest}`);
  await page.locator('.layers li').first().waitFor({ state: 'attached' });
  if (rest.includes('sel=')) await page.locator('.card .situation-body:not([aria-busy]) .themes li').first().waitFor({ state: 'attached' });
  if (rest.includes('tool=')) await page.locator('.sheet-body > :not([role="status"])').first().waitFor({ state: 'attached' });
  await page.waitForTimeout(300); // axe looks at the page, not at the drawn map
}

/** Elements that make the page or a sheet scroll sideways, at text of twice the size. */
async function sideways(page) {
  await page.evaluate((size) => document.documentElement.style.setProperty('font-size', size), LARGE_TEXT);
  await page.waitForTimeout(150);
  return page.evaluate(() => {
    const boxes = [document.documentElement, ...document.querySelectorAll('.card, .card-body, .sheet, .sheet-body, .panel, main')];
    return boxes.filter((box) => box.scrollWidth > box.clientWidth + 1 && (box === document.documentElement || getComputedStyle(box).overflowX !== 'visible'))
      .map((box) => `${box.tagName}.${box.className}: ${box.scrollWidth} > ${box.clientWidth}`);
  });
}

async function walk(page, screen, large) {
  const scenes = { rest: '', card: `&sel=parcels/${asked.id}` };
  for (const tool of TOOLS) scenes[tool] = tool === 'check' ? `${scenes.card}&tool=check` : `&tool=${tool}`;
  const seen = {};
  for (const [name, rest] of Object.entries(scenes)) {
    await enter(page, rest);
    seen[name] = { objections: await objections(page), wide: large ? await sideways(page) : [] };
    await shot(page, `axe-${screen}-${name}`);
  }
  await page.goto(`${asked.base}/thua/${asked.id}`);
  seen.sheet = { objections: await objections(page), wide: large ? await sideways(page) : [] };
  return { scenes: seen };
}

await play('axe', { desktop: (page) => walk(page, 'desktop', false), phone: (page) => walk(page, 'phone', true) }, {
  desktop: { ...DESKTOP, bare: true }, phone: { ...PHONE, bare: true },
});
