/** One station as a picture: docks in a row, live; chargers; what needs a person and what happened; orders and their fate. */
import { lazy, Suspense } from 'react';
import { Link, useParams } from 'react-router';
import { useAround, useMay } from '../../app/context';
import { useNeeds } from '../../app/needs';
import { useTagged, useWhole } from '../../api/queries';
import type { ReservationShape, StationDetail, StationState, VehicleShape } from '../../api/shapes';
import { useNow } from '../../lib/clock';
import { docksOf } from '../../lib/docks';
import { standingOf, STALE_S } from '../../lib/station';
import { Chip } from '../../ui/Chip';
import { Card, Head } from '../../ui/Head';
import { Age, Empty, Failure, Loading } from '../../ui/States';
import { StateChip } from '../../ui/StateChip';
import { NeedList } from '../network/NeedList';
import { Chargers } from './Chargers';
import { Docks } from './Docks';
import { Enrolment } from './Enrolment';
import { Happened } from './Happened';
import { Orders } from './Orders';
import { Policy } from './Policy';

const Power = lazy(() => import('./Power').then((module) => ({ default: module.Power })));
const LIVE_MS = 3_000;

export function Station() {
  const { t } = useAround();
  const may = useMay();
  const { stationId = '' } = useParams();
  const asked = useTagged<StationDetail>(`/api/v1/stations/${stationId}`, { every: LIVE_MS });
  if (asked.data === undefined) {
    if (asked.isError) return <Failure error={asked.error} again={() => void asked.refetch()} />;
    return <Loading rows={8} />;
  }
  const station = asked.data.value;
  return (
    <>
      <Head title={station.name} under={<Under station={station} />}>
        {may('balance:read') && (
          <Link className="button" to={`/stations/${station.id}/demand`}>
            {t('demand_open')}
          </Link>
        )}
      </Head>
      {asked.isError && <Failure error={asked.error} again={() => void asked.refetch()} />}
      {station.last_seen_at === null && station.docks.length === 0 ? (
        <Enrolment station={station} />
      ) : (
        <Picture station={station} />
      )}
      <p className="sr-only">{t('station_number', { number: station.number })}</p>
    </>
  );
}

function Under({ station }: { station: StationDetail }) {
  const { t, f } = useAround();
  const now = useNow(1);
  return (
    <>
      <p className="muted line">
        {[
          t('station_number', { number: station.number }),
          station.agent === null ? t('no_agent') : t('agent_version', { version: station.agent }),
          station.timezone,
          station.help_phone,
        ]
          .filter(Boolean)
          .join(' · ')}
      </p>
      <StateChip state={standingOf(station.state)} seen={station.last_seen_at} />
      {station.picture !== null && <Age at={station.picture.at} now={now} staleAfter={STALE_S} />}
      {station.last_seen_at !== null && (
        <Chip tone={station.online ? 'plain' : 'amber'}>
          {station.online
            ? t('last_contact', { time: f.when(station.last_seen_at) })
            : t('waits_unknown', { time: f.when(station.last_seen_at) })}
        </Chip>
      )}
      <Reported state={station.state} />
      {station.facts_lost > 0 && <Chip tone="coral">{t('need_lost', { count: station.facts_lost })}</Chip>}
    </>
  );
}

/** What the station said of itself with its last sync: what waits there, its clock, its store. */
function Reported({ state }: { state: StationState }) {
  const { t, f } = useAround();
  const { outbox, clock, agent } = state;
  return (
    <>
      {state.online && outbox !== null && (
        <Chip tone={outbox.late ? 'amber' : 'plain'}>
          {outbox.late && outbox.oldest_at !== null
            ? t('outbox_late', { count: outbox.waiting, time: f.when(outbox.oldest_at) })
            : t('outbox_fine')}
        </Chip>
      )}
      {clock?.trusted === false && <Chip tone="amber">{t('why_clock_doubtful')}</Chip>}
      {agent.store_damaged === true && <Chip tone="coral">{t('why_store_damaged')}</Chip>}
      {agent.store_low === true && <Chip tone="amber">{t('why_store_low')}</Chip>}
      {agent.unclean_start && <Chip tone="amber">{t('unclean_start')}</Chip>}
    </>
  );
}

function Picture({ station }: { station: StationDetail }) {
  const { t } = useAround();
  const may = useMay();
  const vehicles = useWhole<VehicleShape>('/api/v1/vehicles', {}, { stale: 15_000, every: 15_000 });
  const own = { station_id: station.id };
  const readable = { enabled: may('reservations:read'), every: 15_000, most: 200 };
  const bookings = useWhole<ReservationShape>('/api/v1/reservations', own, readable);
  const needs = useNeeds().rows.filter((one) => one.station?.id === station.id);
  const docks = docksOf(station, vehicles.data?.items ?? [], bookings.data?.items ?? []);
  return (
    <div className="station">
      <div className="station-main">
        <Docks station={station} docks={docks} />
        <Chargers station={station} />
        {may('telemetry:read') && (
          <Suspense fallback={<Loading rows={4} />}>
            <Power station={station} />
          </Suspense>
        )}
      </div>
      <div className="station-side">
        <Card title={t('needs_short')}>
          {needs.length === 0 ? <p className="muted">{t('needs_none')}</p> : <NeedList rows={needs} />}
        </Card>
        {may('reservations:read') && <Policy station={station} />}
        {may('orders:read') && <Orders stationId={station.id} />}
        {may('facts:read') && <Happened stationId={station.id} vehicles={vehicles.data?.items ?? []} />}
        {!may('facts:read') && !may('orders:read') && <Empty icon="lock" title={t('nothing_more')} />}
      </div>
    </div>
  );
}
