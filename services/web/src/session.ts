/** Who is signed in on this tab: a key of an agency, kept until the tab closes and sent to this service alone. */

const KEPT = 'landmap-key';
const FORM = /^lmk_[A-Za-z0-9_-]{10,200}$/;

/** null: nobody; so in a frame, where the page around it could lead an officer's clicks. */
export function keyOfSession(): string | null {
  if (globalThis.top !== globalThis.self) return null;
  try {
    return sessionStorage.getItem(KEPT);
  } catch {
    return null; // a browser that keeps nothing
  }
}

export function isKey(text: string): boolean {
  return FORM.test(text);
}

/** Every part of the page starts again with what the key opens. */
export function signIn(key: string): void {
  sessionStorage.setItem(KEPT, key);
  location.reload();
}

export function signOut(): void {
  sessionStorage.removeItem(KEPT);
  location.reload();
}

/** Headers of requests to this service. */
export function credentials(key: string | null = keyOfSession()): Record<string, string> {
  return key ? { 'X-Api-Key': key } : {};
}
