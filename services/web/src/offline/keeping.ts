/** Keeps the frozen city on this device: at the user's word, or quietly where it costs nothing. */

import './keeping.css';
import { address, ApiError, explain } from '../api';
import { button, el, fill } from '../dom';
import { formatInstant, formatNumber } from '../format';
import { words, type Language } from '../words';
import { FROZEN, FROZEN_CACHE, mayFetchQuietly, type Connection } from './rules';

/** A kept one is older than this: ms */
const DAY = 86_400_000;

const WORDS = {
  vi: {
    title: 'Dùng khi mất mạng',
    help: 'Giữ trên thiết bị này bản đồ cả thành phố, đóng băng tại một ngày, để xem cả những nơi chưa từng mở khi mất mạng hoặc máy chủ.',
    none: 'Chưa giữ bản đồ đóng băng.',
    kept: (day: string, size: string) => `Đang giữ bản đồ đóng băng, dữ liệu đến ngày ${day} (${size} MB).`,
    keep: 'Giữ bản đồ', renew: 'Lấy bản mới', drop: 'Xoá khỏi thiết bị', fetching: 'Đang tải bản đồ…',
    being: 'Máy chủ đang tạo bản đồ đóng băng; hãy thử lại sau ít phút.',
  },
  en: {
    title: 'Use without a connection',
    help: 'Keeps a map of the whole city on this device, frozen on a day, so that you can look anywhere when the network or the server is away.',
    none: 'No frozen map is kept.',
    kept: (day: string, size: string) => `A frozen map is kept, data up to ${day} (${size} MB).`,
    keep: 'Keep the map', renew: 'Fetch a new one', drop: 'Delete from this device', fetching: 'Fetching the map…',
    being: 'The server is making the frozen map; try again in a few minutes.',
  },
} satisfies Record<Language, unknown>;

export interface KeptCity {
  /** RFC 3339 */
  readonly instant: string;
  readonly bytes: number;
}

/** What is kept; null where nothing is. */
export async function keptCity(): Promise<KeptCity | null> {
  const file = await caches.match(address(FROZEN), { cacheName: FROZEN_CACHE, ignoreVary: true });
  if (!file) return null;
  const instant = new Date(file.headers.get('Last-Modified') ?? '');
  return { instant: Number.isNaN(instant.getTime()) ? '' : instant.toISOString(), bytes: Number(file.headers.get('Content-Length')) };
}

/** Fetches the newest one; the kept one stays where that is it. ApiError where it cannot be had. */
export async function keepCity(): Promise<void> {
  const cache = await caches.open(FROZEN_CACHE);
  const etag = (await cache.match(address(FROZEN), { ignoreVary: true }))?.headers.get('ETag');
  let answer: Response;
  try {
    answer = await fetch(address(FROZEN), { cache: 'no-store', headers: etag ? { 'If-None-Match': etag } : {} });
  } catch (error) {
    throw new ApiError(`${FROZEN}: ${String(error)}`, 0);
  }
  if (answer.status === 304) return;
  if (answer.status !== 200) throw new ApiError(`${FROZEN}: ${answer.status}`, answer.status);
  await cache.put(address(FROZEN), answer);
}

export async function dropCity(): Promise<void> {
  await caches.delete(FROZEN_CACHE);
}

/** Once a day at most, and only where nobody pays for it. */
export async function keepQuietly(): Promise<void> {
  const { connection } = navigator as { connection?: Connection };
  if (!mayFetchQuietly(connection ?? {}, matchMedia('(pointer: coarse)').matches)) return;
  const kept = await keptCity();
  if (kept && Date.now() - Date.parse(kept.instant) < DAY) return;
  await keepCity();
}

/** What is kept, with buttons that change it; nothing where the browser keeps nothing. */
export function keepingPart(language: Language): readonly HTMLElement[] {
  if (!('caches' in globalThis) || !('serviceWorker' in navigator)) return [];
  const w = WORDS[language];
  const state = el('p', { class: 'quiet', role: 'status' });
  const buttons = el('p', { class: 'keeping-buttons' });
  const tell = async () => {
    const kept = await keptCity();
    state.textContent = kept ? w.kept(formatInstant(kept.instant).slice(0, 'dd/mm/yyyy'.length), formatNumber(kept.bytes / 1e6, language, 1)) : w.none;
    fill(buttons, [
      button(kept ? w.renew : w.keep, { class: 'plain' }, () => act(keepCity)),
      kept && button(w.drop, { class: 'plain' }, () => act(dropCity)),
    ]);
  };
  const act = (what: () => Promise<void>) => {
    if (what === keepCity) state.textContent = w.fetching;
    for (const one of buttons.querySelectorAll('button')) one.disabled = true;
    what().then(tell).catch(async (error: unknown) => {
      console.error(error);
      await tell();
      state.textContent = error instanceof ApiError && error.status === 503 ? w.being : explain(error, words[language]);
    });
  };
  void tell().catch((error: unknown) => {
    console.error(error);
    state.textContent = explain(error, words[language]);
  });
  return [el('h3', {}, w.title), el('p', { class: 'quiet' }, w.help), state, buttons];
}
