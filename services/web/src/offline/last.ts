/** The view of the last time, for a page that is opened without its server and without a place in its address. */

import { readHash, writeHash, type State, type View } from '../state';

const LAST = 'landmap-last';

export function lastView(): View | null {
  try {
    return readHash(localStorage.getItem(LAST) ?? '', { language: 'vi', chosen: false }).view;
  } catch {
    return null; // a browser that keeps nothing
  }
}

export function keepView(state: State): void {
  try {
    localStorage.setItem(LAST, writeHash({ ...state, selected: null, place: null, tool: null, options: {} }));
  } catch (error) {
    console.info(error); // as above
  }
}
