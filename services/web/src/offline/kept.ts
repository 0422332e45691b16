/** Whether the page lives on answers that were kept, and how old the oldest of them is. */

import type { Language } from '../words';

/** Header of a kept answer: when it was written, RFC 3339. */
export const KEPT = 'Landmap-Kept';

export type Named = Readonly<Record<Language, string>>;

/** What the service worker tells its pages. */
export interface Told {
  /** Since when the answer that it gave has been kept */
  readonly kept?: string | null;
  /** When the frozen city holds from which it gave a tile */
  readonly frozen?: string;
  /** A layer that was asked for and that the frozen city has not */
  readonly lacks?: Named | undefined;
}

let oldest: string | null = null;
let frozen: string | null = null;
const lacking = new Map<string, Named>();
const listeners: (() => void)[] = [];

/** Called with every answer. */
export function noteAge(answer: Response): void {
  noteKept(answer.headers.get(KEPT));
}

export function noteKept(since: string | null): void {
  if (since === null || Number.isNaN(Date.parse(since)) || (oldest !== null && since >= oldest)) return;
  oldest = since;
  for (const listener of listeners) listener();
}

/** `data`: whatever came as a message. */
export function noteTold(data: unknown): void {
  if (typeof data !== 'object' || data === null) return;
  if ('kept' in data && typeof data.kept === 'string') noteKept(data.kept);
  if ('frozen' in data && typeof data.frozen === 'string' && data.frozen !== frozen && !Number.isNaN(Date.parse(data.frozen))) {
    frozen = data.frozen;
    for (const listener of listeners) listener();
  }
  const { lacks } = data as Told;
  if (lacks && !lacking.has(lacks.vi)) {
    lacking.set(lacks.vi, lacks);
    for (const listener of listeners) listener();
  }
}

/** The layers that the frozen city was asked for and has not. */
export function lackingLayers(): readonly Named[] {
  return [...lacking.values()];
}

/** When the frozen city holds that is shown; null where none of it is. */
export function frozenAt(): string | null {
  return frozen;
}

/** Since when the oldest kept answer that was shown has been kept; null where all come from the server. */
export function keptSince(): string | null {
  return oldest;
}

export function onKept(listener: () => void): void {
  listeners.push(listener);
}
