/** The words in the chosen language, and how the other languages arrive: each in its own file, fetched when wanted. */
import { formatMessage, pseudo, type Values } from '@voltdock/theme';
import { localeOf, type Lang } from '../lib/format';
import { en, type Catalogue, type MessageKey } from './en';

export const LANGUAGES: readonly { readonly lang: Lang; readonly name: string }[] = [
  { lang: 'en', name: 'English' },
  { lang: 'de', name: 'Deutsch' },
  { lang: 'vi', name: 'Tiếng Việt' },
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

/** What the hub names by a code (`state` + `active`); a code that we do not know yet is shown as it is, readable. */
export function named(t: Words, family: string, code: string): string {
  const key = `${family}_${code}`;
  return key in en ? t(key as MessageKey) : code.replaceAll('_', ' ');
}
