/** A page that is fetched when it is wanted, together with its words in the language that is spoken. */
import { lazy, type ComponentType, type LazyExoticComponent } from 'react';
import { lexicon } from '../i18n/lexicon';
import type { Room } from '../i18n/rooms';

/** `rooms` are exactly those whose words the page and its parts say; a test reads them out of the sources. */
export function page<K extends string>(
  load: () => Promise<Readonly<Record<K, ComponentType>>>,
  name: K,
  ...rooms: readonly Room[]
): LazyExoticComponent<ComponentType> {
  return lazy(async () => {
    const [module] = await Promise.all([load(), lexicon.need(...rooms)]);
    return { default: module[name] };
  });
}
