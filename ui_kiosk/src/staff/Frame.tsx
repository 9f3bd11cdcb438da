/** The frame of every page: where am I, is there a line, who am I; the four pages; the strips that must be seen. */
import { useEffect, useRef, type ReactNode } from 'react';
import { keyFor, type StaffKey } from './words';
import { Icon, type Sign } from '../ui/icons';
import { useStaff } from './context';
import { Languages } from './parts/Languages';
import { Press } from './parts/Press';
import type { Route } from './route';

interface FrameProps {
  readonly route: Route;
  readonly isStale: boolean;
  readonly isLeaving: boolean;
  readonly onSignOut: () => void;
  readonly children: ReactNode;
}

export function Frame({ route, isStale, isLeaving, onSignOut, children }: FrameProps) {
  const { view, session, t } = useStaff();
  const main = useRef<HTMLElement>(null);
  useEffect(() => {
    window.scrollTo(0, 0);
  }, [route.page]);
  return (
    <div className="frame" data-testid={`page-${route.page}`}>
      <a
        className="skip"
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          main.current?.focus();
        }}
      >
        {t('skip')}
      </a>
      <header>
        <div className="where">
          <strong>{view.station.name}</strong>
          <span>{t('station_line', { number: view.station.number })}</span>
        </div>
        <LineChip />
        <div className="who">
          <Languages />
          <span className="me" data-testid="me">
            {session.name}
          </span>
          <Press id="sign-out" tone="plain" busy={isLeaving} onPress={onSignOut}>
            {t('sign_out')}
          </Press>
        </div>
      </header>
      <Pages route={route} />
      <main id="main" tabIndex={-1} ref={main}>
        <Strips isStale={isStale} />
        {children}
      </main>
    </div>
  );
}

function LineChip() {
  const { view, t } = useStaff();
  const isOn = view.hub.online;
  return (
    <span className={`chip ${isOn ? 'good' : 'amber'}`} data-testid="line">
      {!isOn && <Icon sign="offline" />}
      {t(isOn ? 'online' : 'offline')}
    </span>
  );
}

const PAGES: readonly { page: Route['page']; to: string; key: StaffKey; sign: Sign }[] = [
  { page: 'station', to: '#/', key: 'nav_station', sign: 'park' },
  { page: 'rides', to: '#/rides', key: 'nav_rides', sign: 'ride' },
  { page: 'lists', to: '#/lists', key: 'nav_lists', sign: 'list' },
  { page: 'waiting', to: '#/waiting', key: 'nav_waiting', sign: 'up' },
];

function Pages({ route }: { readonly route: Route }) {
  const { view, t } = useStaff();
  const counts: Partial<Record<Route['page'], number>> = {
    rides: view.rides,
    waiting: view.sync.waiting + view.sync.photos,
  };
  const here = route.page === 'out' ? 'rides' : route.page;
  return (
    <nav aria-label={t('nav')}>
      {PAGES.map(({ page, to, key, sign }) => (
        <a key={page} href={to} data-testid={`nav-${page}`} aria-current={page === here ? 'page' : undefined}>
          <Icon sign={sign} />
          <span>{t(key)}</span>
          {(counts[page] ?? 0) > 0 && <b>{counts[page]}</b>}
        </a>
      ))}
    </nav>
  );
}

function Strips({ isStale }: { readonly isStale: boolean }) {
  const { view, t, f } = useStaff();
  const since =
    view.hub.since === null || !view.clock.trusted ? null : f.when(view.hub.since, Date.parse(view.at));
  return (
    <>
      {isStale && (
        <p className="strip coral" role="alert" data-testid="stale">
          <Icon sign="warn" />
          <span>{t('lost', { time: f.time(view.at) })}</span>
        </p>
      )}
      {!view.hub.online && (
        <p className="strip amber" data-testid="offline-strip">
          <Icon sign="offline" />
          <span>
            <strong>{t('offline_since', { time: since })}</strong> {t('offline_what')}
          </span>
        </p>
      )}
      {!view.clock.trusted && (
        <p className="strip amber" data-testid="clock-strip">
          <Icon sign="clock" />
          <span>{t('clock_unsure')}</span>
        </p>
      )}
      {view.trouble !== null && (
        <p className="strip coral" data-testid="trouble">
          <Icon sign="warn" />
          <span>{t(keyFor('trouble', view.trouble))}</span>
        </p>
      )}
    </>
  );
}
