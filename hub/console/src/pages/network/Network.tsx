/** The home: where everything is on the left, what needs a person now on the right, and how the whole stands on top. */
import { lazy, Suspense, useEffect, useState } from 'react';
import { Link } from 'react-router';
import { useAround } from '../../app/context';
import { useIsLive } from '../../app/live';
import { useNeeds, type Needs } from '../../app/needs';
import type { StationState } from '../../api/shapes';
import { useNow } from '../../lib/clock';
import { standingOf } from '../../lib/station';
import { Card, Head } from '../../ui/Head';
import { Icon } from '../../ui/Icon';
import { StateChip } from '../../ui/StateChip';
import { Empty, Failure, Loading } from '../../ui/States';
import { Caught } from '../../ui/Caught';
import { NeedList } from './NeedList';

const NetworkMap = lazy(() => import('./NetworkMap').then((module) => ({ default: module.NetworkMap })));

export function Network() {
  const { t } = useAround();
  const needs = useNeeds();
  const now = useNow(5);
  const isStale = needs.at > 0 && now - needs.at > 60_000;
  return (
    <>
      <Head title={t('nav_network')} under={<Summary needs={needs} isStale={isStale} />} />
      {needs.error !== null && <Failure error={needs.error} again={needs.again} />}
      <div className="network">
        <Places needs={needs} />
        <Card title={t('needs_title')} className="network-needs" testId="needs">
          {needs.isLoading ? <Loading rows={5} /> : <NeedList rows={needs.rows} />}
        </Card>
      </div>
    </>
  );
}

function Summary({ needs, isStale }: { needs: Needs; isStale: boolean }) {
  const { t, f } = useAround();
  const isLive = useIsLive();
  const online = needs.stations.filter((one) => one.online).length;
  const away = needs.stations.filter((one) => !one.online && one.last_seen_at !== null).length;
  if (needs.isLoading) return <span className="muted">{t('loading')}</span>;
  return (
    <p className="muted tabular">
      {t('network_summary', { count: needs.stations.length, online, away })}
      {isLive && <span className="live">{t('live')}</span>}
      {isStale && <span className="chip amber">{t('as_of', { time: f.time(needs.at), ago: '' })}</span>}
    </p>
  );
}

function Places({ needs }: { needs: Needs }) {
  const { t } = useAround();
  const [view, setView] = useState<'map' | 'list'>('map');
  const placed = needs.stations.filter((one) => one.latitude !== null && one.longitude !== null);
  const isQuiet = useQuiet(!needs.isLoading);
  const shown = view === 'map' && placed.length > 0 ? 'map' : 'list';
  return (
    <Card
      title={t('network_where')}
      aside={<Views view={shown} setView={setView} hasMap={placed.length > 0} />}
      className="network-places"
    >
      {needs.isLoading && <Loading rows={8} />}
      {!needs.isLoading && needs.stations.length === 0 && (
        <Empty icon="station" title={t('no_stations')}>
          <p>{t('no_stations_do')}</p>
        </Empty>
      )}
      {shown === 'map' && !isQuiet && !needs.isLoading && <div className="map" />}
      {shown === 'map' && isQuiet && (
        <Caught>
          <Suspense fallback={<Loading rows={8} />}>
            <NetworkMap stations={placed} />
          </Suspense>
        </Caught>
      )}
      {shown === 'list' && needs.stations.length > 0 && <StationRows needs={needs} />}
    </Card>
  );
}

/** The map is large: it is fetched when what needs a person can be read and pressed, and the browser has nothing to do. */
const QUIET_MS = 600;

function useQuiet(isReady: boolean): boolean {
  const [isQuiet, setQuiet] = useState(false);
  useEffect(() => {
    if (!isReady) return undefined;
    const timer = setTimeout(() => whenIdle(() => setQuiet(true)), QUIET_MS);
    return () => clearTimeout(timer);
  }, [isReady]);
  return isQuiet;
}

function whenIdle(go: () => void): void {
  if ('requestIdleCallback' in window) requestIdleCallback(go, { timeout: 2000 });
  else go();
}

interface ViewsProps {
  readonly view: 'map' | 'list';
  readonly setView: (view: 'map' | 'list') => void;
  readonly hasMap: boolean;
}

function Views({ view, setView, hasMap }: ViewsProps) {
  const { t } = useAround();
  return (
    <div className="views" role="group" aria-label={t('network_where')}>
      <button type="button" aria-pressed={view === 'map'} disabled={!hasMap} onClick={() => setView('map')}>
        <Icon name="network" size={16} />
        {t('view_map')}
      </button>
      <button type="button" aria-pressed={view === 'list'} onClick={() => setView('list')}>
        <Icon name="list" size={16} />
        {t('view_list')}
      </button>
    </div>
  );
}

function StationRows({ needs }: { needs: Needs }) {
  return (
    <ul className="rows">
      {[...needs.stations].sort(byNumber).map((one) => (
        <li key={one.id}>
          <Link to={`/stations/${one.id}`} className="row-link">
            <span className="muted tabular">{one.number}</span>
            <strong>{one.name}</strong>
            <StateChip state={standingOf(one)} seen={one.last_seen_at} />
          </Link>
        </li>
      ))}
    </ul>
  );
}

function byNumber(a: StationState, b: StationState): number {
  return a.number.localeCompare(b.number, undefined, { numeric: true });
}
