/** The map's style, and titles and schemas of the layers, each asked for once in each language. */

import type { StyleSpecification } from 'maplibre-gl';
import { fetchCollections, fetchSchema, fetchStyle, type Collection, type Schema } from './api';
import type { Language } from './words';

export class Catalog {
  readonly #collections = new Map<string, Promise<readonly Collection[]>>();
  readonly #schemas = new Map<string, Promise<Schema>>();
  readonly #styles = new Map<string, Promise<StyleSpecification>>();

  /** In all languages: they stand beside each other in it. */
  style(): Promise<StyleSpecification> {
    return once(this.#styles, '', fetchStyle);
  }

  collections(language: Language): Promise<readonly Collection[]> {
    return once(this.#collections, language, () => fetchCollections(language));
  }

  schema(layer: string, language: Language): Promise<Schema> {
    return once(this.#schemas, `${language} ${layer}`, () => fetchSchema(layer, language));
  }

  async collection(layer: string, language: Language): Promise<Collection | undefined> {
    return (await this.collections(language)).find(({ id }) => id === layer);
  }

  async title(layer: string, language: Language): Promise<string> {
    return (await this.collection(layer, language))?.title ?? layer;
  }
}

/** A failed request is not kept: the next caller asks again. */
function once<T>(kept: Map<string, Promise<T>>, key: string, ask: () => Promise<T>): Promise<T> {
  const known = kept.get(key);
  if (known) return known;
  const asked = ask();
  kept.set(key, asked);
  asked.catch(() => kept.delete(key));
  return asked;
}
