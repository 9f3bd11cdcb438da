/** Behind the log-in: the frame, the page, and the watch over whether somebody is still there. */
import { useCallback, useEffect, useMemo, useState } from 'react';
import type { StaffSessionView } from '../api/types';
import type { StaffApi } from './api';
import { StaffContext, useSpeaking, type Staff } from './context';
import { Frame } from './Frame';
import { Idle } from './Idle';
import { CheckIn } from './pages/CheckIn';
import { CheckOut } from './pages/CheckOut';
import { Lists } from './pages/Lists';
import { Rides } from './pages/Rides';
import { Station } from './pages/Station';
import { Waiting } from './pages/Waiting';
import { readRoute, useHash, type Route } from './route';
import { useStation } from './useStation';
import type { StaffKey } from './words';

interface InsideProps {
  readonly api: StaffApi;
  readonly session: StaffSessionView;
  readonly onLeave: (why: StaffKey) => void;
  readonly onZone: (zone: string) => void;
}

export function Inside({ api, session, onLeave, onZone }: InsideProps) {
  const speaking = useSpeaking();
  const { t } = speaking;
  const mine = useMemo(() => api.with(session.token), [api, session.token]);
  const over = useCallback(() => {
    onLeave('signed_out_over');
  }, [onLeave]);
  const { view, isStale, look } = useStation(mine, over);
  const [isLeaving, setLeaving] = useState(false);
  const route = readRoute(useHash());
  const zone = view?.station.timezone;
  useEffect(() => {
    if (zone !== undefined) onZone(zone);
  }, [zone, onZone]);
  const leave = (why: StaffKey) => {
    setLeaving(true);
    void mine
      .signOut()
      .catch(() => undefined)
      .then(() => {
        onLeave(why);
      });
  };
  if (view === null)
    return (
      <main className="blank" data-testid="staff-loading">
        <p>{t(isStale ? 'problem_unreachable' : 'one_moment')}</p>
      </main>
    );
  const staff: Staff = { ...speaking, session, api: mine, view, look, over };
  return (
    <StaffContext value={staff}>
      <Frame
        route={route}
        isStale={isStale}
        isLeaving={isLeaving}
        onSignOut={() => {
          leave('signed_out');
        }}
      >
        <Page route={route} />
      </Frame>
      <Idle
        onOver={() => {
          leave('signed_out_idle');
        }}
      />
    </StaffContext>
  );
}

function Page({ route }: { readonly route: Route }) {
  switch (route.page) {
    case 'rides':
      return route.ride === null ? <Rides /> : <CheckIn rideId={route.ride} />;
    case 'out':
      return <CheckOut dockNo={route.dock} />;
    case 'lists':
      return <Lists listKey={route.list} dockNo={route.dock} />;
    case 'waiting':
      return <Waiting />;
    case 'station':
      return <Station dockNo={route.dock} />;
  }
}
