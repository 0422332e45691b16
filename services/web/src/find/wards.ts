/** What the codes of wards mean: today, and before 1 July 2025, when other wards had some of the same codes. */

import { get } from '../api';

/** The last day of the wards of before */
const LAST_DAY = '2025-06-30';
const FIELDS = 'properties=code,name,full_name&skipGeometry=true&limit=1000&f=json';

type Names = ReadonlyMap<string, string>;

/** Asked for once, when the first parcel is listed. */
export class WardNames {
  #today: Promise<Names> | null = null;
  #former: Promise<Names> | null = null;

  /** `Phường Hòa Hưng`; undefined where the data do not tell. */
  async today(code: string): Promise<string | undefined> {
    return (await (this.#today ??= this.#ask('')))?.get(code);
  }

  /** `Phường 12, Quận 10` */
  async former(code: string): Promise<string | undefined> {
    return (await (this.#former ??= this.#ask(`&datetime=${LAST_DAY}`)))?.get(code);
  }

  async #ask(when: string): Promise<Names> {
    try {
      const { body } = await get<{ features: readonly { properties: Record<string, string | null> }[] }>(`collections/wards/items?${FIELDS}${when}`, 'vi');
      return new Map(body.features.map(({ properties: { code, name, full_name: full } }) => [code ?? '', full ?? name ?? '']));
    } catch (error) {
      console.info(error); // names are a help only: the codes stand in the list without them
      if (when) this.#former = null;
      else this.#today = null;
      return new Map();
    }
  }
}
