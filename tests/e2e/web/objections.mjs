// What axe has against a page, held against WCAG 2.2 AA.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';

const AXE = readFileSync(createRequire(new URL('../../../services/web/package.json', import.meta.url)).resolve('axe-core/axe.min.js'), 'utf8');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22a', 'wcag22aa'];

/** By a rule's name, what offends against it. axe stands in the page by the debugger, so the page's own policy on scripts holds. */
export async function objections(page) {
  await page.evaluate(AXE);
  return page.evaluate(async (tags) => {
    const { violations } = await window.axe.run(document, { runOnly: { type: 'tag', values: tags }, resultTypes: ['violations'] });
    return Object.fromEntries(violations.map(({ id, nodes }) => [id, nodes.map(({ target, failureSummary }) => `${target.join(' ')}: ${failureSummary}`)]));
  }, TAGS);
}
