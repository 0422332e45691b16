/** Where the device is, asked of the browser when somebody wants to know. */

import type { Place } from '../shape';

export interface Fix extends Place {
  /** Metres within which the device says to be */
  readonly accuracy: number;
}

/** Why there is no position */
export type NoFix = 'refused' | 'unavailable' | 'late';

const PATIENCE = 15_000;
const WHY: Readonly<Record<number, NoFix>> = { 1: 'refused', 2: 'unavailable', 3: 'late' };

/** Browsers tell it to pages that came over HTTPS or from this machine. */
export function canLocate(): boolean {
  return window.isSecureContext && 'geolocation' in navigator;
}

export function locate(): Promise<Fix | NoFix> {
  return new Promise((resolve) => {
    navigator.geolocation.getCurrentPosition(
      ({ coords: { longitude: lon, latitude: lat, accuracy } }) => resolve({ lon, lat, accuracy }),
      ({ code }) => resolve(WHY[code] ?? 'unavailable'),
      { enableHighAccuracy: true, timeout: PATIENCE },
    );
  });
}
