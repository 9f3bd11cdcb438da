/**
 * Asks before what is half typed is left: by a link, by the browser's Back, by closing the tab.
 * The router's own blocker needs a data router, which is 17 kB of the first load; this stands between it and us.
 */
import { useContext, useEffect, useInsertionEffect, useMemo, useState, type ReactNode } from 'react';
import {
  UNSAFE_NavigationContext as NavigationContext,
  useLocation,
  type Navigator,
  type To,
} from 'react-router';
import { Sheet } from '../ui/Sheet';
import { useAround } from './context';
import { Leaving, LeavingContext } from './leaving';

export function Stay({ children }: { readonly children: ReactNode }) {
  const [go, setGo] = useState<(() => void) | null>(null);
  const leaving = useMemo(() => new Leaving((asked) => setGo(() => asked)), []);
  const around = useContext(NavigationContext);
  const { pathname } = useLocation();
  useEffect(() => leaving.stand(pathname), [leaving, pathname]);
  const guarded = useMemo(
    () => ({ ...around, navigator: guard(around.navigator, leaving) }),
    [around, leaving],
  );
  // Before the router listens, which it does in a layout effect: it would have left the page already.
  useInsertionEffect(() => watchBrowser(leaving), [leaving]);
  return (
    <LeavingContext value={leaving}>
      <NavigationContext value={guarded}>
        {children}
        {go !== null && <Question go={() => leaving.anyway(go)} close={() => setGo(null)} />}
      </NavigationContext>
    </LeavingContext>
  );
}

function Question({ go, close }: { go: () => void; close: () => void }) {
  const { t } = useAround();
  const leave = () => {
    close();
    go();
  };
  return (
    <Sheet title={t('unsaved')} close={close}>
      <div className="form" data-testid="unsaved">
        <p>{t('unsaved_what')}</p>
        <div className="form-foot">
          <button type="button" className="button danger" onClick={leave}>
            {t('unsaved_leave')}
          </button>
          <button type="button" className="button primary" onClick={close}>
            {t('unsaved_stay')}
          </button>
        </div>
      </div>
    </Sheet>
  );
}

/** Steps to another page are asked about first; filters in the address are no other page. */
function guard(navigator: Navigator, leaving: Leaving): Navigator {
  const asked = (to: To, go: () => void) => {
    if (pathOf(to) === leaving.path) go();
    else leaving.ask(go);
  };
  return {
    ...navigator,
    push: (to, state, options) => asked(to, () => navigator.push(to, state, options)),
    replace: (to, state, options) => asked(to, () => navigator.replace(to, state, options)),
  };
}

function pathOf(to: To): string | undefined {
  return typeof to === 'string' ? new URL(to, window.location.href).pathname : to.pathname;
}

/** The browser's own ways out. It has gone Back already when it tells: then it is sent forth again, and asked. */
function watchBrowser(leaving: Leaving): () => void {
  let [place, path] = [placeNow(), window.location.pathname];
  let returning = false;
  const popped = (event: PopStateEvent) => {
    if (returning) {
      returning = false;
      event.stopImmediatePropagation();
      return;
    }
    const [was, now] = [place, placeNow()];
    if (window.location.pathname === path || was === null || now === null || !leaving.isHeld) return;
    event.stopImmediatePropagation();
    returning = true;
    window.history.go(was - now);
    leaving.ask(() => window.history.go(now - was));
  };
  const closing = (event: BeforeUnloadEvent) => {
    if (leaving.isHeld) event.preventDefault();
  };
  // Where one is, as it is before the next step: looked at when something is typed.
  const typed = () => {
    [place, path] = [placeNow() ?? place, window.location.pathname];
  };
  window.addEventListener('popstate', popped, { capture: true });
  window.addEventListener('beforeunload', closing);
  window.addEventListener('input', typed, { capture: true });
  window.addEventListener('click', typed, { capture: true });
  return () => {
    window.removeEventListener('popstate', popped, { capture: true });
    window.removeEventListener('beforeunload', closing);
    window.removeEventListener('input', typed, { capture: true });
    window.removeEventListener('click', typed, { capture: true });
  };
}

/** The number that the router gives each entry of the history; null for one that it has not made. */
function placeNow(): number | null {
  const state = window.history.state as { idx?: number } | null;
  return state?.idx ?? null;
}
