/**
 * Links to answers of the service (`data-answer`). A browser sends no key with a link: for who is signed in the answer is asked
 * for here, with the key in a header and never in an address, and handed over as a file.
 */

import { address, explain, isAbort, request } from './api';
import type { Notices } from './notices';
import { signedIn } from './session';
import type { Store } from './store';
import { words } from './words';

/** A browser begins to read the file at once; until then it must not be taken away, ms. */
const TAKEN = 60_000;

export function mountAnswers(store: Store, notices: Notices): void {
  document.addEventListener('click', (event) => {
    const link = event.target instanceof Element ? event.target.closest<HTMLAnchorElement>('a[data-answer]') : null;
    if (!link || !signedIn() || new URL(link.href).origin !== new URL(address('.')).origin) return;
    event.preventDefault();
    void handOver(link.href, store, notices);
  });
}

async function handOver(href: string, store: Store, notices: Notices): Promise<void> {
  notices.busy('answer', true);
  notices.clear('answer');
  try {
    const response = await request(href, store.state.language, { accept: '*/*' });
    const file = URL.createObjectURL(await response.blob());
    const made = document.createElement('a');
    made.href = file;
    made.download = fileName(response.headers.get('Content-Disposition'), href);
    made.click();
    setTimeout(() => URL.revokeObjectURL(file), TAKEN);
  } catch (error) {
    if (isAbort(error)) return;
    console.error(error);
    notices.show('answer', {
      kind: 'error', text: (language) => explain(error, words[language]),
      action: { label: (language) => words[language].retry, run: () => void handOver(href, store, notices) },
    });
  } finally {
    notices.busy('answer', false);
  }
}

/** The name that the service gives the file, else the last part of its address. */
export function fileName(disposition: string | null, href: string): string {
  const told = /filename="?(\w[\w.-]{0,99})"?/.exec(disposition ?? '')?.[1];
  return told ?? new URL(href).pathname.split('/').at(-1) ?? 'landmap';
}
