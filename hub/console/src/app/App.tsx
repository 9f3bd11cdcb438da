/** The console: dressed in a language and a mode, then whoever is signed in sees the shell, everybody else the door. */
import { QueryClientProvider, useQueryClient, type QueryClient } from '@tanstack/react-query';
import { Suspense, useEffect, useMemo, useState, useSyncExternalStore, type ReactNode } from 'react';
import type { Session } from '../api/session';
import type { Me } from '../api/shapes';
import { useAsk } from '../api/queries';
import { lexicon } from '../i18n/lexicon';
import { wordsOf } from '../i18n/words';
import { formats } from '../lib/format';
import { useLater } from '../lib/later';
import { Failure } from '../ui/States';
import { AroundContext, MeContext, useAround } from './context';
import { page } from './page';
import { Stay } from './Stay';
import { keepPrefs, modeOf, wear, type Prefs } from './prefs';

const Shell = page(() => import('./Shell'), 'Shell');
const door = () => import('../pages/door/SignIn');
const SignIn = page(door, 'SignIn', 'door', 'form');
const SignInAgain = page(door, 'SignInAgain', 'door', 'form');

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
  const lang = useSyncExternalStore(lexicon.subscribe, lexicon.spoken);
  const mode = modeOf(prefs, useDarkOutside());
  // A language that cannot be fetched is not spoken: the one before it stays.
  useEffect(() => void lexicon.speak(prefs.lang).catch(() => undefined), [prefs.lang]);
  useEffect(() => wear(document.documentElement, lang, mode), [lang, mode]);
  const around = useMemo(
    () => ({
      t: wordsOf(lang, () => lexicon.messages(lang), prefs.isPseudo),
      f: formats(lang, Intl.DateTimeFormat().resolvedOptions().timeZone),
      prefs,
      mode,
      setPrefs: (chosen: Prefs) => {
        keepPrefs(window.localStorage, chosen);
        setPrefs(chosen);
      },
      session,
    }),
    [prefs, lang, mode, session],
  );
  return (
    <AroundContext value={around}>
      <Stay>{children}</Stay>
    </AroundContext>
  );
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
  return (
    <>
      {wasInside && <Inside />}
      <Suspense fallback={null}>{wasInside ? hasLapsed && <SignInAgain /> : <SignIn />}</Suspense>
    </>
  );
}

function Inside() {
  const { t } = useAround();
  const me = useAsk<Me>('/api/v1/me', { stale: 60_000 });
  const isLater = useLater();
  useEffect(() => {
    // A session may run out when the line is down: the door is here by then.
    if (isLater) void Promise.allSettled([door(), lexicon.need('door', 'form')]);
  }, [isLater]);
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
