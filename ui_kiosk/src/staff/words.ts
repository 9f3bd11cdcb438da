/** The staff pages' words: one catalogue a language, each in its own file, fetched when wanted. */
import { formatMessage, pseudo, type Values } from '@voltdock/theme';
import { localeOf, type Lang } from '../lib/format';
import { en, type StaffKey, type StaffWords } from './words/en';

export type { StaffKey };
export type Say = (key: StaffKey, values?: Values) => string;

/** The catalogue of a language. */
export async function catalogueOf(lang: Lang): Promise<StaffWords> {
  switch (lang) {
    case 'en':
      return en;
    case 'de':
      return (await import('./words/de')).de;
    case 'vi':
      return (await import('./words/vi')).vi;
  }
}

/** How messages are said. With `isPseudo` everything that came from a catalogue is accented and longer. */
export function sayer(lang: Lang, catalogue: StaffWords, isPseudo = false): Say {
  const locale = localeOf(lang);
  return (key, values = {}) => formatMessage(catalogue[key], values, locale, isPseudo ? pseudo : undefined);
}

type Family = 'why' | 'fault' | 'problem' | 'trouble' | 'reason' | 'connector' | 'bill' | 'voided' | 'by';

/** A message that the agent names by key; the one for all others when we do not know it. */
export function keyFor(family: Family, name: string): StaffKey {
  const key = `${family}_${name}`;
  if (key in en) return key as StaffKey;
  const other = `${family}_other`;
  return other in en ? (other as StaffKey) : 'none';
}
