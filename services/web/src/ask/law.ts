/** What the law adds to the answer of a check: who decides, how long that may take, and what the dossier still lacks. */

import { button, el, type Child } from '../dom';
import type { Language } from '../words';
import { askWords, type AskWords } from './words';

type Both = Readonly<Record<Language, string>>;

/** Of works that need no permit. */
interface NotApplicable {
  readonly applicable: false;
}

interface Part {
  readonly id: string;
  readonly section: Both;
  readonly title: Both;
  /** Names of the inputs that stand for it and were not given */
  readonly inputs?: readonly string[];
}

interface Dossier {
  readonly document: string;
  readonly missing: readonly Part[];
  /** Papers that no check sees */
  readonly unseen: readonly Part[];
}

interface Office {
  readonly title: Both;
  /** The commune whose committee it is */
  readonly commune?: Both;
}

interface Competence {
  /** null: not certain, see `candidates` and `missing` */
  readonly office: Office | null;
  readonly candidates?: readonly Office[];
  readonly missing: readonly Both[];
  readonly clause?: { readonly document: string; readonly article: string };
}

interface Limit {
  /** null: not to be told, see `reason` */
  readonly days: number | null;
  readonly reason?: Both | null;
  readonly word?: Both;
  readonly count?: string;
  readonly document?: string;
  readonly article?: string | null;
  readonly confidence?: string;
  /** What follows where the office does not answer in time */
  readonly silence?: Both;
}

export interface Law {
  readonly dossier: Dossier | NotApplicable;
  readonly office: Competence | NotApplicable;
  readonly deadline: { readonly decide: Limit; readonly 'check-dossier': Limit } | NotApplicable;
}

/** `goTo` leads to the field of an input; null where it has none. */
export function lawParts({ office, deadline, dossier }: Law, language: Language, goTo: (name: string) => (() => void) | null): Child[] {
  const a = askWords[language];
  return [
    ...('applicable' in office ? [] : competence(office, a, language)),
    ...('applicable' in deadline ? [] : limits([deadline.decide, deadline['check-dossier']], a, language)),
    ...('applicable' in dossier ? [] : lacking(dossier, a, language, goTo)),
  ];
}

function competence({ office, candidates = [], missing, clause }: Competence, a: AskWords, language: Language): Child[] {
  const named = (office ? [office] : candidates).map(({ title, commune }) => (commune ? `${title[language]} (${commune[language]})` : title[language]));
  return [
    el('h3', {}, a.office),
    named.length > 0 && el('p', { class: 'office' }, named.join(a.or)),
    missing.length > 0 && el('p', { class: 'lacking' }, a.officeUnclear(missing.map((one) => one[language]).join(', '))),
    clause && el('p', { class: 'clause' }, `${a.clause}: ${clause.article}, ${clause.document}`),
  ];
}

/** Those that can be told; the decision alone also where it cannot. */
function limits([decide, check]: readonly [Limit, Limit], a: AskWords, language: Language): Child[] {
  const told = [decide, check].filter(({ days }) => days !== null);
  return [
    el('h3', {}, a.deadline),
    decide.days === null && el('p', { class: 'lacking' }, decide.reason?.[language] ?? a.deadlineUnclear),
    told.length > 0 && el('ul', { class: 'limits-told' }, ...told.map((one) => limit(one, a, language))),
  ];
}

function limit({ days, word, count, document, article, confidence, silence }: Limit, a: AskWords, language: Language): HTMLElement {
  const on = word?.[language] ?? '';
  return el('li', {},
    `${on.charAt(0).toUpperCase()}${on.slice(1)}: `, el('b', {}, a.days(days ?? 0, count === 'working')),
    el('span', { class: 'clause' }, [article, document].filter(Boolean).join(', ')),
    confidence !== undefined && confidence !== 'high' && el('span', { class: 'quiet' }, a.unsure),
    silence && el('span', { class: 'quiet' }, silence[language]));
}

function lacking({ document, missing, unseen }: Dossier, a: AskWords, language: Language, goTo: (name: string) => (() => void) | null): Child[] {
  const rows = missing.map(({ section, title, inputs = [] }) => {
    const go = inputs.map(goTo).find((one) => one !== null);
    return el('li', {}, go ? button(title[language], { class: 'text' }, go) : el('span', {}, title[language]), el('small', {}, section[language]));
  });
  return [
    el('h3', {}, missing.length > 0 ? a.dossier(missing.length) : a.dossierTitle),
    missing.length > 0 ? el('ul', { class: 'needed dossier' }, ...rows) : el('p', {}, a.dossierWhole),
    unseen.length > 0 && el('details', {},
      el('summary', {}, a.unseen(unseen.length)),
      el('ul', { class: 'needed unseen' }, ...unseen.map(({ section, title }) => el('li', {}, el('span', {}, title[language]), el('small', {}, section[language]))))),
    el('p', { class: 'clause' }, `${a.clause}: ${document}`),
  ];
}
