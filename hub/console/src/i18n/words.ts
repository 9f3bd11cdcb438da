/** How messages are said in a language, by the words that are here. */
import { formatMessage, pseudo, type Values } from '@voltdock/theme';
import { localeOf, type Lang } from '../lib/format';
import type { Catalogue, MessageKey } from './rooms';

export const LANGUAGES: readonly { readonly lang: Lang; readonly name: string }[] = [
  { lang: 'en', name: 'English' },
  { lang: 'de', name: 'Deutsch' },
  { lang: 'vi', name: 'Tiếng Việt' },
];

export interface Words {
  (key: MessageKey, values?: Values): string;
  /** Whether there are words for what only the hub's answer names. */
  readonly has: (key: string) => key is MessageKey;
}

/** `catalogue` tells what is here when something is said. With `isPseudo` all words are accented and longer. */
export function wordsOf(lang: Lang, catalogue: () => Catalogue, isPseudo = false): Words {
  const locale = localeOf(lang);
  const say = (key: MessageKey, values: Values = {}) =>
    formatMessage(catalogue()[key] ?? readable(key), values, locale, isPseudo ? pseudo : undefined);
  const has = (key: string): key is MessageKey => Object.hasOwn(catalogue(), key);
  return Object.assign(say, { has });
}

/** What the hub names by a code (`state` + `active`); a code that we do not know yet is shown as it is, readable. */
export function named(t: Words, family: string, code: string): string {
  const key = `${family}_${code}`;
  return t.has(key) ? t(key) : readable(code);
}

function readable(code: string): string {
  return code.replaceAll('_', ' ');
}
