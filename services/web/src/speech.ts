/** Which language the page speaks before its URL says so: the one chosen here once, else the browser's, else Vietnamese. */

import type { State } from './state';
import type { Language } from './words';

export type Speech = Pick<State, 'language' | 'chosen'>;

const KEPT = 'landmap-language';

export function firstSpeech(): Speech {
  const kept = recall();
  return { language: kept ?? spokenBy(navigator.languages), chosen: kept !== null };
}

/** The first of the browser's languages that the page has. */
export function spokenBy(languages: readonly string[]): Language {
  const known = languages.map((tag) => tag.toLowerCase().split('-')[0]).find((tag) => tag === 'vi' || tag === 'en');
  return known === 'en' ? 'en' : 'vi';
}

export function remember(language: Language): void {
  try {
    localStorage.setItem(KEPT, language);
  } catch (error) {
    console.info(error); // a browser that keeps nothing: the choice still stands in the URL
  }
}

function recall(): Language | null {
  try {
    const kept = localStorage.getItem(KEPT);
    return kept === 'vi' || kept === 'en' ? kept : null;
  } catch {
    return null; // as above: nothing is kept
  }
}
