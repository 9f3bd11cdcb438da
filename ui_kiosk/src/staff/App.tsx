/** Joins session, words and look; shows the log-in, or the pages of whoever is signed in. */
import { useCallback, useEffect, useMemo, useState } from 'react';
import type { StaffSessionView } from '../api/types';
import { wear, type Prefs } from '../app/prefs';
import { formats } from '../lib/format';
import type { StaffApi } from './api';
import { SpeakingContext, type Speaking } from './context';
import { Inside } from './Inside';
import { SignIn } from './pages/SignIn';
import { keep, recall, type Kept } from './session';
import { catalogueOf, sayer, type StaffKey } from './words';
import { en, type StaffWords } from './words/en';

interface AppProps {
  readonly api: StaffApi;
  readonly first: Prefs;
  readonly kept: Kept;
}

export function App({ api, first, kept }: AppProps) {
  const [prefs, setPrefs] = useState(first);
  const [session, setSession] = useState<StaffSessionView | null>(() => recall(kept));
  const [farewell, setFarewell] = useState<StaffKey | null>(null);
  const [zone, setZone] = useState('UTC');
  const speaking = useSpeakingOf(prefs, zone, setPrefs);
  useEffect(() => {
    wear(document.documentElement, prefs);
  }, [prefs]);
  const enter = useCallback(
    (found: StaffSessionView) => {
      keep(kept, found);
      setFarewell(null);
      setSession(found);
    },
    [kept],
  );
  const leave = useCallback(
    (why: StaffKey) => {
      keep(kept, null);
      setFarewell(why);
      setSession(null);
    },
    [kept],
  );
  return (
    <SpeakingContext value={speaking}>
      {session === null ? (
        <SignIn api={api} farewell={farewell} onIn={enter} onZone={setZone} />
      ) : (
        <Inside api={api} session={session} onLeave={leave} onZone={setZone} />
      )}
    </SpeakingContext>
  );
}

function useSpeakingOf(
  prefs: Prefs,
  zone: string,
  setPrefs: (change: (old: Prefs) => Prefs) => void,
): Speaking {
  const [spoken, setSpoken] = useState<{ lang: Prefs['lang']; words: StaffWords }>({ lang: 'en', words: en });
  useEffect(() => {
    let isWanted = true;
    void catalogueOf(prefs.lang).then((words) => {
      if (isWanted) setSpoken({ lang: prefs.lang, words });
    });
    return () => {
      isWanted = false;
    };
  }, [prefs.lang]);
  return useMemo(
    () => ({
      t: sayer(spoken.lang, spoken.words, prefs.isPseudo),
      f: formats(spoken.lang, zone),
      prefs,
      prefer: (change) => {
        setPrefs((old) => ({ ...old, ...change }));
      },
    }),
    [spoken, zone, prefs, setPrefs],
  );
}
