/** The console: dressed in a language and a mode, then whoever is signed in sees the shell, everybody else the door. */
import { QueryClientProvider, useQueryClient, type QueryClient } from '@tanstack/react-query';
import { lazy, Suspense, useEffect, useMemo, useState, useSyncExternalStore, type ReactNode } from 'react';
import type { Session } from '../api/session';
import type { Me } from '../api/shapes';
import { useAsk } from '../api/queries';
import { en, type Catalogue } from '../i18n/en';
import { catalogueOf, wordsOf } from '../i18n/words';
import { formats } from '../lib/format';
import { SignIn } from '../pages/door/SignIn';
import { Failure } from '../ui/States';
import { AroundContext, MeContext, useAround } from './context';
import { keepPrefs, modeOf, wear, type Prefs } from './prefs';

const Shell = lazy(() => import('./Shell').then((module) => ({ default: module.Shell })));

interface AppProps {
  readonly session: Session;
  readonly client: QueryClient;
  readonly first: Prefs;
}

export function App({ session, client, first }: AppProps) {
  return (
    <QueryClientProvider client={client}>
      <Dressed session={session} first={first}>
        <Door />
      </Dressed>
    </QueryClientProvider>
  );
}

export function Dressed(props: { session: Session; first: Prefs; children: ReactNode }) {
  const { session, first, children } = props;
  const [prefs, setPrefs] = useState(first);
  const [catalogue, setCatalogue] = useState<Catalogue>(en);
  const mode = modeOf(prefs, useDarkOutside());
  useEffect(() => {
    let isCurrent = true;
    void catalogueOf(prefs.lang).then((found) => isCurrent && setCatalogue(found));
    return () => {
      isCurrent = false;
    };
  }, [prefs.lang]);
  useEffect(() => wear(document.documentElement, prefs.lang, mode), [prefs.lang, mode]);
  const around = useMemo(
    () => ({
      t: wordsOf(prefs.lang, catalogue, prefs.isPseudo),
      f: formats(prefs.lang, Intl.DateTimeFormat().resolvedOptions().timeZone),
      prefs,
      mode,
      setPrefs: (chosen: Prefs) => {
        keepPrefs(window.localStorage, chosen);
        setPrefs(chosen);
      },
      session,
    }),
    [prefs, catalogue, mode, session],
  );
  return <AroundContext value={around}>{children}</AroundContext>;
}

const DARK = '(prefers-color-scheme: dark)';

function useDarkOutside(): boolean {
  return useSyncExternalStore(
    (listener) => {
      const media = window.matchMedia(DARK);
      media.addEventListener('change', listener);
      return () => media.removeEventListener('change', listener);
    },
    () => window.matchMedia(DARK).matches,
  );
}

function Door() {
  const { session } = useAround();
  const client = useQueryClient();
  const isSignedIn = useSyncExternalStore(session.subscribe, () => session.isSignedIn);
  const hasLapsed = useSyncExternalStore(session.subscribe, () => session.hasLapsed);
  const [wasInside, setInside] = useState(isSignedIn);
  if (isSignedIn && !wasInside) setInside(true);
  if (!isSignedIn && !hasLapsed && wasInside) {
    setInside(false);
    client.clear();
  }
  if (!isSignedIn && !wasInside) return <SignIn />;
  return (
    <>
      <Inside />
      {hasLapsed && <SignIn isAgain />}
    </>
  );
}

function Inside() {
  const { t } = useAround();
  const me = useAsk<Me>('/api/v1/me', { stale: 60_000 });
  if (me.data === undefined) {
    if (me.isError) return <Failure error={me.error} again={() => void me.refetch()} />;
    return <p className="sr-only">{t('loading')}</p>;
  }
  return (
    <MeContext value={me.data}>
      <Suspense fallback={<p className="sr-only">{t('loading')}</p>}>
        <Shell />
      </Suspense>
    </MeContext>
  );
}
