/** Whether the page lives on answers that were kept, and how old the oldest of them is. */

/** Header of a kept answer: when it was written, RFC 3339. */
export const KEPT = 'Landmap-Kept';

let oldest: string | null = null;
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

/** Since when the oldest kept answer that was shown has been kept; null where all come from the server. */
export function keptSince(): string | null {
  return oldest;
}

export function onKept(listener: () => void): void {
  listeners.push(listener);
}
