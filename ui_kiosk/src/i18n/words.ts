/** The words in the chosen language, and how the other languages arrive: each in its own file, fetched when wanted. */
import { formatMessage, pseudo, type Values } from '@voltdock/theme';
import { localeOf, type Lang } from '../lib/format';
import { en, type Catalogue, type MessageKey } from './en';

export const LANGUAGES: readonly { readonly lang: Lang; readonly name: string; readonly short: string }[] = [
  { lang: 'en', name: 'English', short: 'EN' },
  { lang: 'de', name: 'Deutsch', short: 'DE' },
  { lang: 'vi', name: 'Tiếng Việt', short: 'VI' },
];

export type Words = (key: MessageKey, values?: Values) => string;

/** The catalogue of a language. */
export async function catalogueOf(lang: Lang): Promise<Catalogue> {
  switch (lang) {
    case 'en':
      return en;
    case 'de':
      return (await import('./de')).de;
    case 'vi':
      return (await import('./vi')).vi;
  }
}

/** How messages are said. With `isPseudo` everything that came from a catalogue is accented and longer. */
export function wordsOf(lang: Lang, catalogue: Catalogue, isPseudo = false): Words {
  const locale = localeOf(lang);
  return (key, values = {}) => formatMessage(catalogue[key], values, locale, isPseudo ? pseudo : undefined);
}

/** A message that the agent names by key (`why_` + low_charge); the one for all others when we do not know it. */
export function keyFor(
  family: 'why' | 'fault' | 'problem' | 'voided' | 'paused' | 'update',
  name: string,
): MessageKey {
  const key = `${family}_${name}`;
  return key in en ? (key as MessageKey) : `${family}_other`;
}
