/** Joins the kiosk, its line to the agent, its words and its look; chooses the screen. */
import { lazy, Suspense, useCallback, useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import { en, type Catalogue } from '../i18n/en';
import { catalogueOf, wordsOf } from '../i18n/words';
import { formats } from '../lib/format';
import { listenForScans } from '../lib/scanner';
import { Down } from '../screens/Down';
import Start from '../screens/Start';
import { SurroundingsContext, type Surroundings } from './context';
import { Idle } from './Idle';
import type { Kiosk } from './kiosk';
import { wear, type Prefs } from './prefs';
import { isOpening } from './state';

const loadRest = () => import('../screens/rest');
const Rest = lazy(loadRest);

interface AppProps {
  readonly kiosk: Kiosk;
  readonly first: Prefs;
  readonly link: Link;
}

/** Whether what is drawn is fresh; null until the agent has answered once. */
export interface Link {
  readonly now: () => boolean;
  readonly subscribe: (listener: () => void) => () => void;
}

export function App({ kiosk, first, link }: AppProps) {
  const state = useSyncExternalStore(kiosk.subscribe, kiosk.now);
  const isLive = useSyncExternalStore(link.subscribe, link.now);
  const [prefs, setPrefs] = useState(first);
  const catalogue = useCatalogue(prefs.lang);
  const zone = state.view?.station.timezone ?? 'UTC';
  const t = useMemo(
    () => wordsOf(catalogue.lang, catalogue.words, prefs.isPseudo),
    [catalogue, prefs.isPseudo],
  );
  const f = useMemo(() => formats(catalogue.lang, zone), [catalogue.lang, zone]);
  const prefer = useCallback((change: Partial<Prefs>) => {
    setPrefs((old) => ({ ...old, ...change }));
  }, []);

  useEffect(() => {
    wear(document.documentElement, prefs);
  }, [prefs]);
  useEffect(
    () =>
      listenForScans(window, (token) => {
        kiosk.tell({ on: 'scanned', token });
      }),
    [kiosk],
  );
  useEffect(() => {
    void loadRest();
  }, []);

  const { view } = state;
  if (view === null || !isLive) return <Down t={t} last={view} isOpening={isOpening(state)} />;
  const surroundings: Surroundings = {
    state,
    view,
    tell: kiosk.tell,
    press: (on) => () => kiosk.tell({ on }),
    t,
    f,
    prefs,
    prefer,
  };
  const isStart = state.screen.name === 'start' && !state.help;
  return (
    <SurroundingsContext value={surroundings}>
      <Suspense>{isStart ? <Start /> : <Rest />}</Suspense>
      <Idle
        isStart={isStart}
        at={`${state.screen.name} ${String(state.ticket)} ${String(state.help)}`}
        isHeld={isOpening(state)}
        onOver={() => {
          kiosk.tell({ on: 'idle' });
          setPrefs(first);
        }}
      />
    </SurroundingsContext>
  );
}

interface Spoken {
  readonly lang: Prefs['lang'];
  readonly words: Catalogue;
}

/** The words of the language; until its file is here, those of the one before. */
function useCatalogue(lang: Prefs['lang']): Spoken {
  const [spoken, setSpoken] = useState<Spoken>({ lang: 'en', words: en });
  useEffect(() => {
    let isWanted = true;
    void catalogueOf(lang).then((words) => {
      if (isWanted) setSpoken({ lang, words });
    });
    return () => {
      isWanted = false;
    };
  }, [lang]);
  return spoken;
}
