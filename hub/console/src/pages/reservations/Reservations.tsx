/** Bookings as a calendar: days across, vehicles or stations down, each booking a bar that opens what is known of it. */
import { useState } from 'react';
import { useSearchParams } from 'react-router';
import { useAround } from '../../app/context';
import { useAsk, useWhole } from '../../api/queries';
import type { ReservationShape, StationShape, VehicleShape } from '../../api/shapes';
import { DAY_MS, dayStart, rowsOf, spanOf, type Row } from '../../lib/calendar';
import { named } from '../../i18n/words';
import { useNow } from '../../lib/clock';
import { Card, Head } from '../../ui/Head';
import { Icon } from '../../ui/Icon';
import { Empty, Failure, Loading } from '../../ui/States';
import { Booking } from './Booking';

const DAYS = 7;
type By = 'vehicle' | 'station';

export function Reservations() {
  const { t, f } = useAround();
  const now = useNow(60);
  const [search, setSearch] = useSearchParams();
  const by: By = search.get('by') === 'station' ? 'station' : 'vehicle';
  const today = dayStart(now, f.timeZone);
  const asked = useWhole<ReservationShape>('/api/v1/reservations', {}, { every: 10_000, most: 2000 });
  const open = useOpen(search.get('open'), asked.data?.items);
  const [week, setWeek] = useWeek(open, today);
  const begin = today + week * DAYS * DAY_MS;
  const names = useNames();
  const items = asked.data?.items ?? [];
  const all = withOne(items, open);
  const rows = rowsOf(all, (one) => names.key(one, by), begin, DAYS);
  const set = (name: string, value: string | null) => {
    const next = new URLSearchParams(search);
    if (value === null) next.delete(name);
    else next.set(name, value);
    setSearch(next);
  };
  return (
    <>
      <Head title={t('nav_reservations')} />
      {asked.error !== null && <Failure error={asked.error} again={() => void asked.refetch()} />}
      <Card
        title={`${f.day(begin)} – ${f.day(begin + (DAYS - 1) * DAY_MS)}`}
        aside={<Ways week={week} setWeek={setWeek} by={by} setBy={(value) => set('by', value)} />}
      >
        {asked.isLoading && <Loading rows={6} />}
        {asked.data !== undefined && rows.length === 0 && (
          <Empty icon="calendar" title={t('bookings_none')}>
            <p>{t('bookings_none_do')}</p>
          </Empty>
        )}
        {rows.length > 0 && (
          <Calendar
            rows={rows}
            begin={begin}
            now={now}
            name={(key) => names.name(key, by)}
            show={(id) => set('open', id)}
          />
        )}
        {asked.data?.complete === false && <p className="small muted">{t('bookings_cut')}</p>}
      </Card>
      {open !== undefined && <Booking booking={open} close={() => set('open', null)} />}
    </>
  );
}

/** The week that is looked at: whoever comes by a link finds the booking in it; afterwards the weeks are his to turn. */
function useWeek(open: ReservationShape | undefined, today: number) {
  const [week, setWeek] = useState(0);
  const [shownId, setShown] = useState('');
  if (open !== undefined && open.id !== shownId) {
    setShown(open.id);
    setWeek(spanOf(open, today, DAYS, week));
  }
  return [week, setWeek] as const;
}

function withOne(items: readonly ReservationShape[], one: ReservationShape | undefined) {
  return one === undefined || items.includes(one) ? items : [...items, one];
}

/** The booking that the address names, also one that the list is too short for. */
function useOpen(
  id: string | null,
  items: readonly ReservationShape[] | undefined,
): ReservationShape | undefined {
  const listed = items?.find((one) => one.id === id);
  const enabled = id !== null && items !== undefined && listed === undefined;
  const alone = useAsk<ReservationShape>(`/api/v1/reservations/${id ?? ''}`, { enabled });
  if (id === null) return undefined;
  return listed ?? (enabled ? alone.data : undefined);
}

interface WaysProps {
  readonly week: number;
  readonly setWeek: (week: number) => void;
  readonly by: By;
  readonly setBy: (by: By) => void;
}

function Ways({ week, setWeek, by, setBy }: WaysProps) {
  const { t } = useAround();
  return (
    <div className="ways">
      <div className="views" role="group" aria-label={t('rows_by')}>
        {(['vehicle', 'station'] as const).map((one) => (
          <button key={one} type="button" aria-pressed={by === one} onClick={() => setBy(one)}>
            {t(`by_${one}`)}
          </button>
        ))}
      </div>
      <div className="views" role="group" aria-label={t('week')}>
        <button type="button" onClick={() => setWeek(week - 1)}>
          <Icon name="left" size={16} />
          <span className="sr-only">{t('week_before')}</span>
        </button>
        <button type="button" aria-pressed={week === 0} onClick={() => setWeek(0)}>
          {t('today')}
        </button>
        <button type="button" onClick={() => setWeek(week + 1)}>
          <Icon name="right" size={16} />
          <span className="sr-only">{t('week_after')}</span>
        </button>
      </div>
    </div>
  );
}

function useNames() {
  const { t } = useAround();
  const stale = { stale: 120_000 };
  const vehicles = useWhole<VehicleShape>('/api/v1/vehicles', {}, { ...stale, most: 1000 }).data?.items ?? [];
  const stations = useWhole<StationShape>('/api/v1/stations', {}, stale).data?.items ?? [];
  return {
    key: (one: ReservationShape, by: By) =>
      by === 'station' ? one.station_id : (one.vehicle_id ?? `any-${one.vehicle_kind ?? ''}`),
    name: (key: string, by: By) => {
      if (by === 'station') return stations.find((one) => one.id === key)?.name ?? key.slice(-6);
      if (key.startsWith('any-')) return t('any_of', { kind: named(t, 'kind', key.slice(4)) });
      return vehicles.find((one) => one.id === key)?.label ?? key.slice(-6);
    },
  };
}

interface CalendarProps {
  readonly rows: readonly Row[];
  readonly begin: number;
  readonly now: number;
  readonly name: (key: string) => string;
  readonly show: (id: string) => void;
}

function Calendar({ rows, begin, now, name, show }: CalendarProps) {
  const { t, f } = useAround();
  const days = Array.from({ length: DAYS }, (_, index) => begin + index * DAY_MS);
  const share = (now - begin) / (DAYS * DAY_MS);
  return (
    <div className="scroll">
      <div className="calendar">
        <div className="calendar-days" aria-hidden="true">
          {days.map((day) => (
            <span key={day}>{f.weekday(day)}</span>
          ))}
        </div>
        {rows.map((row) => (
          <section key={row.key} className="calendar-row" aria-label={name(row.key)}>
            <h3>{name(row.key)}</h3>
            <div className="calendar-lane" style={{ height: row.lanes * 34 + 6 }}>
              {days.map((day) => (
                <span key={day} className="calendar-day" aria-hidden="true" />
              ))}
              {share > 0 && share < 1 && (
                <span
                  className="calendar-now"
                  aria-hidden="true"
                  style={{ left: `${String(share * 100)}%` }}
                />
              )}
              {row.bars.map(({ booking, from, until, lane }) => (
                <button
                  key={booking.id}
                  type="button"
                  className={`bar ${booking.state}${until - from < 0.08 ? ' brief' : ''}`}
                  style={{
                    left: `${String(from * 100)}%`,
                    width: `${String((until - from) * 100)}%`,
                    top: lane * 34 + 4,
                  }}
                  onClick={() => show(booking.id)}
                >
                  <span>{booking.code}</span>
                  <span className="sr-only">
                    {named(t, 'state', booking.state)}, {f.when(booking.from_at)} – {f.when(booking.until_at)}
                  </span>
                </button>
              ))}
            </div>
          </section>
        ))}
      </div>
    </div>
  );
}
