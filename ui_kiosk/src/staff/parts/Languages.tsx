/** The languages, always in sight. */
import type { Lang } from '../../lib/format';
import { useSpeaking } from '../context';

const LANGUAGES: readonly { readonly lang: Lang; readonly name: string; readonly short: string }[] = [
  { lang: 'en', name: 'English', short: 'EN' },
  { lang: 'de', name: 'Deutsch', short: 'DE' },
  { lang: 'vi', name: 'Tiếng Việt', short: 'VI' },
];

export function Languages() {
  const { prefs, prefer, t } = useSpeaking();
  return (
    <div className="languages" role="group" aria-label={t('language')}>
      {LANGUAGES.map(({ lang, name, short }) => (
        <button
          key={lang}
          type="button"
          lang={lang}
          aria-label={name}
          aria-pressed={prefs.lang === lang}
          data-testid={`lang-${lang}`}
          onClick={() => {
            prefer({ lang });
          }}
        >
          {short}
        </button>
      ))}
    </div>
  );
}
