/** react-admin inside our own shell: our router, our questions, our colours and words; it brings lists and forms only. */
import createCache from '@emotion/cache';
import { CacheProvider } from '@emotion/react';
import { useQueryClient } from '@tanstack/react-query';
import { muiTheme } from '@voltdock/theme/mui';
import { useMemo, type ReactNode } from 'react';
import { AdminContext, memoryStore, Notification, type I18nProvider, type RaThemeOptions } from 'react-admin';
import { useAround } from '../app/context';
import type { Words } from '../i18n/words';
import { hubProvider } from './provider';

// The policy takes style elements with the page's nonce only.
const cache = createCache({
  key: 'vd',
  nonce: document.querySelector<HTMLMetaElement>('meta[name=csp-nonce]')?.content ?? '',
});
const store = memoryStore();

export function Admin({ children }: { readonly children: ReactNode }) {
  const { t, prefs, mode, session } = useAround();
  const client = useQueryClient();
  const provider = useMemo(() => hubProvider(session), [session]);
  const words = useMemo(() => wordsFor(t, prefs.lang), [t, prefs.lang]);
  const theme = useMemo(() => muiTheme(mode, 'normal', 'dense') as RaThemeOptions, [mode]);
  return (
    <CacheProvider value={cache}>
      <AdminContext
        dataProvider={provider}
        queryClient={client}
        i18nProvider={words}
        store={store}
        theme={theme}
        darkTheme={null}
        defaultTheme="light"
      >
        {children}
        <Notification />
      </AdminContext>
    </CacheProvider>
  );
}

/** react-admin's own words (`ra.action.export`) stand in our catalogue as `ra_action_export`. */
function wordsFor(t: Words, lang: string): I18nProvider {
  return {
    translate: (key: string, options: Record<string, string | number | undefined> = {}) => {
      const ours = key.replaceAll('.', '_');
      if (!t.has(ours)) return typeof options['_'] === 'string' ? options['_'] : key;
      return t(ours, { ...options, count: options['smart_count'] });
    },
    changeLocale: () => Promise.resolve(),
    getLocale: () => lang,
  };
}
