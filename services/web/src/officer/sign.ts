/** Signing in: with the account of the agency at its issuer, where the operator has named one, or with a key. */

import { ApiError, explain, get } from '../api';
import { button, el, fill } from '../dom';
import type { Page } from '../page';
import { endedByItself, isKey, signIn, takeReturned, withKey, withToken, type Returned } from '../session';
import { words, type Language } from '../words';
import { arrive, depart, issuerOfPage, SignInError, type Issuer } from './oidc';
import { officerWords } from './words';

export function signInForm(page: Page): HTMLElement {
  const { language } = page.store.state;
  const w = officerWords[language];
  const at = issuerOfPage();
  const host = el('div', { class: 'officer-sign' });
  const came = takeReturned();
  if (at && came) {
    fill(host, [el('p', { role: 'status' }, w.signingIn)]);
    void finish(at, came, page).catch((error: unknown) => fill(host, forms(page, at, explainSignIn(error, language))));
  } else {
    fill(host, forms(page, at, endedByItself() ? w.sessionEnded : ''));
  }
  return host;
}

async function finish(at: Issuer, came: Returned, page: Page): Promise<void> {
  const token = await arrive(at, came);
  await opens(withToken(token), page);
  signIn(token);
}

function forms(page: Page, at: Issuer | null, said: string): HTMLElement[] {
  const w = officerWords[page.store.state.language];
  const fault = el('p', { class: 'officer-fault', role: 'alert' }, said);
  return [el('p', {}, w.about), fault, ...(at ? [accountForm(page, at, fault)] : []), keyForm(page)];
}

function accountForm({ store }: Page, at: Issuer, fault: HTMLElement): HTMLElement {
  const { language } = store.state;
  const w = officerWords[language];
  const send = button(w.byAccount, { class: 'officer-send' }, () => {
    send.disabled = true;
    fault.textContent = '';
    depart(at).catch((error: unknown) => {
      send.disabled = false;
      fault.textContent = explainSignIn(error, language);
    });
  });
  return el('div', { class: 'officer-account' }, send, el('p', { class: 'help' }, w.accountHelp(new URL(at.issuer).host)), el('p', { class: 'officer-or' }, w.or));
}

function keyForm(page: Page): HTMLElement {
  const { language } = page.store.state;
  const w = officerWords[language];
  const input = el('input', { id: 'officer-key', type: 'password', autocomplete: 'off', maxlength: 250, spellcheck: 'false', 'aria-describedby': 'officer-help officer-fault' });
  const fault = el('p', { id: 'officer-fault', class: 'officer-fault', role: 'alert' });
  const send = el('button', { type: 'submit', class: 'officer-send' }, w.signIn);
  const form = el('form', { class: 'officer-key' },
    el('label', { for: 'officer-key' }, w.key), input, el('p', { id: 'officer-help', class: 'help' }, w.keyHelp), fault, send);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const key = input.value.trim();
    const wrong = (text: string) => {
      fault.textContent = text;
      input.setAttribute('aria-invalid', 'true');
      input.focus();
    };
    if (!isKey(key)) return wrong(w.notAKey);
    send.disabled = true;
    opens(withKey(key), page).then(() => signIn(key), (error: unknown) => wrong(unknown(error) ? w.refusedKey : explain(error, words[language]))).finally(() => {
      send.disabled = false;
    });
  });
  return form;
}

/** Throws where the service does not know who this is; who may not review is known all the same. */
async function opens(headers: Record<string, string>, { store }: Page): Promise<void> {
  try {
    await get('changesets?f=json', store.state.language, { accept: 'application/json', headers });
  } catch (error) {
    if (!(error instanceof ApiError && error.status === 403)) throw error;
  }
}

function unknown(error: unknown): error is ApiError {
  return error instanceof ApiError && error.status === 401;
}

function explainSignIn(error: unknown, language: Language): string {
  const w = officerWords[language];
  if (error instanceof SignInError) {
    console.warn(error); // what the issuer said, for who looks after it
    return w.signInFaults[error.reason];
  }
  return unknown(error) ? `${w.unknownAccount} ${error.problem.detail ?? ''}`.trim() : explain(error, words[language]);
}
