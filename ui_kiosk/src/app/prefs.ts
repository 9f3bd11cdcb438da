/** How this screen looks and speaks for the person in front of it; wiped when they leave. */
import { cssVariables, tokensFor, type Contrast, type Mode } from '@voltdock/theme';
import type { Lang } from '../lib/format';

export interface Prefs {
  readonly lang: Lang;
  readonly isPseudo: boolean;
  readonly mode: Mode;
  readonly contrast: Contrast;
  readonly large: boolean;
  readonly low: boolean;
  readonly aloud: boolean;
  /** The dock that the kiosk stands beside (`?at=3`): then people are told which way to walk. */
  readonly atDock: number | null;
}

/** From the address: `?lang=de&theme=dark&at=3`; what is not there comes from the browser or is plain. */
export function readPrefs(search: string, isDark: boolean): Prefs {
  const query = new URLSearchParams(search);
  const lang = query.get('lang');
  const theme = query.get('theme');
  const at = Number(query.get('at'));
  return {
    lang: lang === 'de' || lang === 'vi' ? lang : 'en',
    isPseudo: lang === 'pseudo',
    mode: theme === 'dark' || (theme !== 'light' && isDark) ? 'dark' : 'light',
    contrast: query.get('contrast') === 'high' ? 'high' : 'normal',
    large: query.get('type') === 'large',
    low: query.get('controls') === 'low',
    aloud: false,
    atDock: Number.isInteger(at) && at > 0 ? at : null,
  };
}

/** Puts the look on the document, so that it holds before and outside React too. */
export function wear(root: HTMLElement, prefs: Prefs): void {
  for (const [name, value] of Object.entries(cssVariables(tokensFor(prefs.mode, prefs.contrast)))) {
    root.style.setProperty(name, value);
  }
  root.style.colorScheme = prefs.mode;
  root.dataset['mode'] = prefs.mode;
  root.lang = prefs.lang;
  root.dataset['type'] = prefs.large ? 'large' : 'normal';
  root.dataset['contrast'] = prefs.contrast;
  root.dataset['controls'] = prefs.low ? 'low' : 'normal';
}
