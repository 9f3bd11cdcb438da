/** What a person has set: language, light or dark. Kept in this browser; the address may say otherwise (`?lang=de`). */
import { cssVariables, tokensFor, type Mode } from '@voltdock/theme';
import type { Lang } from '../lib/format';

export interface Prefs {
  readonly lang: Lang;
  readonly isPseudo: boolean;
  readonly mode: Mode | 'system';
}

const KEY = 'voltdock.prefs';
const LANGS: readonly string[] = ['en', 'de', 'vi'];
const MODES: readonly string[] = ['light', 'dark', 'system'];

export function readPrefs(
  search: string,
  storage: Pick<Storage, 'getItem'>,
  languages: readonly string[],
): Prefs {
  const asked = new URLSearchParams(search);
  const kept = parsed(storage.getItem(KEY));
  const own = languages.map((one) => one.slice(0, 2)).find((one) => LANGS.includes(one));
  const lang = [asked.get('lang'), kept['lang'], own].find((one) => LANGS.includes(one ?? '')) ?? 'en';
  const mode = [asked.get('theme'), kept['mode']].find((one) => MODES.includes(one ?? '')) ?? 'system';
  return { lang: lang as Lang, isPseudo: asked.get('lang') === 'pseudo', mode: mode as Prefs['mode'] };
}

export function keepPrefs(storage: Pick<Storage, 'setItem'>, prefs: Prefs): void {
  storage.setItem(KEY, JSON.stringify({ lang: prefs.lang, mode: prefs.mode }));
}

export function modeOf(prefs: Prefs, isDarkOutside: boolean): Mode {
  if (prefs.mode !== 'system') return prefs.mode;
  return isDarkOutside ? 'dark' : 'light';
}

/** Dresses the document: colours as CSS variables, language for screen readers and hyphens. */
export function wear(root: HTMLElement, lang: Lang, mode: Mode): void {
  for (const [name, value] of Object.entries(cssVariables(tokensFor(mode))))
    root.style.setProperty(name, value);
  root.style.colorScheme = mode;
  root.lang = lang;
  root.dataset['mode'] = mode;
}

function parsed(text: string | null): Readonly<Record<string, string>> {
  try {
    const value: unknown = JSON.parse(text ?? '{}');
    return typeof value === 'object' && value !== null ? (value as Record<string, string>) : {};
  } catch {
    return {};
  }
}
