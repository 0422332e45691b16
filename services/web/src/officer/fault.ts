/** Why a part of the desk cannot be shown. */

import { ApiError, explain } from '../api';
import { el } from '../dom';
import type { Page } from '../page';
import { words } from '../words';

/** What the service says against it; who has no right to a part is told so without alarm. */
export function faultOf(error: unknown, { store }: Page): HTMLElement {
  const refused = error instanceof ApiError && error.status === 403;
  const told = error instanceof ApiError && error.problem.detail ? error.problem.detail : explain(error, words[store.state.language]);
  return el('p', { class: refused ? 'remark' : 'officer-fault', ...(refused ? {} : { role: 'alert' }) }, told);
}
