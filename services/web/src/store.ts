/** The one mutable thing of the page: its state, kept equal to the URL's fragment. */

import { firstSpeech } from './speech';
import { readHash, writeHash, type State } from './state';

/** Marks the entries of the history that this page made itself. */
const OWN = 'landmap';

export type Listener = (now: State, before: State) => void;

export class Store {
  #state: State;
  #listeners: readonly Listener[] = [];

  constructor() {
    this.#state = readHash(location.hash, firstSpeech());
    // Back, forward and a link pasted over the page: the URL leads. Only the language stays on the way back.
    addEventListener('popstate', ({ state: entry }) => {
      const { language, chosen } = this.#state;
      const read = readHash(location.hash, { language, chosen });
      const now = entry === OWN ? { ...read, language, chosen } : read;
      history.replaceState(OWN, '', writeHash(now));
      this.#change(now);
    });
  }

  get state(): State {
    return this.#state;
  }

  /** Listeners are called in the order they were added, until the function they get back is called. */
  subscribe(listener: Listener): () => void {
    this.#listeners = [...this.#listeners, listener];
    return () => {
      this.#listeners = this.#listeners.filter((one) => one !== listener);
    };
  }

  /** Sets or, with null, removes what parts of the page keep in the URL. */
  setOptions(change: Readonly<Record<string, string | null>>): void {
    const merged = Object.entries({ ...this.#state.options, ...change });
    this.set({ options: Object.fromEntries(merged.filter((entry): entry is [string, string] => entry[1] !== null)) });
  }

  /** Opening or closing a feature or a tool can be undone with the back button; moving the map cannot. */
  set(change: Partial<State>): void {
    const before = this.#state;
    const now = { ...before, ...change };
    const hash = writeHash(now);
    if (hash !== location.hash) {
      if (now.selected?.id === before.selected?.id && now.tool === before.tool) history.replaceState(OWN, '', hash);
      else history.pushState(OWN, '', hash);
    }
    this.#change(now);
  }

  #change(now: State): void {
    const before = this.#state;
    this.#state = now;
    for (const listener of this.#listeners) listener(now, before);
  }
}
