/** The officer's desk: what waits to be published, reports of citizens, what is not right with the data, and the cases with their clock. */

import './officer.css';
import { isAbort } from '../api';
import { button, el, fill } from '../dom';
import { formatInstant, formatNumber } from '../format';
import type { Page } from '../page';
import { signedIn, signOut, tokenOfSession } from '../session';
import type { Opened } from '../tools';
import { words } from '../words';
import { fetchCases, fetchWaiting, type Waiting } from './api';
import { caseList } from './cases';
import { Doubts } from './doubts';
import { faultOf } from './fault';
import { issuerOfPage, leave } from './oidc';
import { Reports } from './reports';
import { Review } from './review';
import { signInForm } from './sign';
import { officerWords } from './words';

/** In the URL: which part is open */
const PART = 'officer.part';
const PARTS = ['changes', 'reports', 'quarantine', 'cases'] as const;
type Part = typeof PARTS[number];

/** What is open of the desk, with what it has drawn on the map. */
interface Open {
  readonly element: HTMLElement;
  readonly close: () => void;
}

export function open(page: Page): Opened {
  const desk = new Desk(page);
  return { element: desk.element, close: () => desk.close() };
}

class Desk {
  readonly element = el('div', { class: 'officer' });
  readonly #page: Page;
  readonly #closing = new AbortController();
  #open: Open | null = null;

  constructor(page: Page) {
    this.#page = page;
    if (signedIn()) this.#show(null);
    else fill(this.element, [signInForm(page)]);
  }

  close(): void {
    this.#closing.abort();
    this.#open?.close();
  }

  /** `said`: what has just been done */
  #show(said: string | null): void {
    this.#open?.close();
    this.#open = null;
    const w = officerWords[this.#page.store.state.language];
    const host = el('div', { class: 'officer-part' });
    fill(this.element, [this.#who(), this.#tabs(), said && el('p', { class: 'officer-said', role: 'status' }, said), host]);
    const part = this.#part();
    if (part === 'reports' || part === 'quarantine') {
      this.#open = part === 'reports' ? new Reports(this.#page) : new Doubts(this.#page);
      fill(host, [this.#open.element]);
      return;
    }
    const list = el('div', {}, el('p', { role: 'status' }, words[this.#page.store.state.language].loading));
    fill(host, [el('h3', {}, part === 'changes' ? w.waiting : w.cases), list]);
    void this.#fill(list, part);
  }

  #part(): Part {
    const { options } = this.#page.store.state;
    return PARTS.find((part) => part === options[PART]) ?? 'changes';
  }

  #who(): HTMLElement {
    const w = officerWords[this.#page.store.state.language];
    const token = tokenOfSession();
    const out = () => {
      const at = issuerOfPage();
      if (token && at) void leave(at, token);
      else signOut();
    };
    return el('p', { class: 'officer-who' }, el('span', {}, token ? w.signedInAs(token.name) : w.signedIn), button(w.signOut, { class: 'plain' }, out));
  }

  #tabs(): HTMLElement {
    const w = officerWords[this.#page.store.state.language];
    const now = this.#part();
    return el('nav', { class: 'officer-tabs', 'aria-label': w.parts }, ...PARTS.map((part) => (
      button(w.part[part], { id: `officer-${part}`, class: 'plain', 'aria-current': part === now ? 'true' : null }, () => {
        this.#page.store.setOptions({ [PART]: part === 'changes' ? null : part });
        this.#show(null);
        document.getElementById(`officer-${part}`)?.focus();
      }))));
  }

  async #fill(host: HTMLElement, part: 'changes' | 'cases'): Promise<void> {
    const { language } = this.#page.store.state;
    const { signal } = this.#closing;
    try {
      fill(host, [part === 'changes' ? this.#waitingList(await fetchWaiting(language, signal)) : caseList(await fetchCases(language, signal), this.#page)]);
    } catch (error) {
      if (!isAbort(error)) fill(host, [faultOf(error, this.#page)]);
    }
  }

  #waitingList(waiting: readonly Waiting[]): HTMLElement {
    const w = officerWords[this.#page.store.state.language];
    if (waiting.length === 0) return el('p', { class: 'remark' }, w.noneWaiting);
    return el('ul', { class: 'officer-list' }, ...waiting.map((each) => el('li', {},
      el('strong', {}, `${each.name} · ${each.layerTitle}`),
      el('span', {}, [each.title, each.document && w.ground(each.document)].filter(Boolean).join(' · ')),
      el('span', { class: 'officer-counts' }, countsOf(each, this.#page).join(' · ')),
      el('small', {}, w.by(each.actor, formatInstant(each.created))),
      button(w.look, { class: 'plain' }, () => this.#look(each)))));
  }

  #look(waiting: Waiting): void {
    this.#open?.close();
    const review = new Review(this.#page, waiting, (said) => this.#show(said));
    this.#open = review;
    fill(this.element, [review.element]);
  }
}

function countsOf({ counts }: Waiting, page: Page): string[] {
  const { language } = page.store.state;
  const w = officerWords[language];
  const parts = [['insert', w.inserts], ['update', w.updates], ['close', w.closes], ['unchanged', w.unchanged]] as const;
  return parts.flatMap(([name, say]) => (counts[name] ? [say(formatNumber(counts[name], language))] : []));
}
