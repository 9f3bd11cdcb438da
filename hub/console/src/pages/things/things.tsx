/** Details of things whose lists are plain: a vehicle, a person, a charging session; each leads on to what it is part of. */
import { Link, useParams } from 'react-router';
import type { ReactNode } from 'react';
import { useAround, useMay } from '../../app/context';
import { useAsk, useWhole } from '../../api/queries';
import type { AccountShape, Page, RentalShape, ChargingRow, VehicleShape } from '../../api/shapes';
import { named } from '../../i18n/words';
import { listLink } from '../../lib/links';
import { BillTable } from '../../ui/BillTable';
import { Chip } from '../../ui/Chip';
import { Card, Head } from '../../ui/Head';
import { AccountName, short, StationName } from '../../ui/Names';
import { Failure, Loading } from '../../ui/States';

type Pair = readonly [string, ReactNode];

function Pairs({ pairs }: { pairs: readonly Pair[] }) {
  return (
    <dl className="pairs wide">
      {pairs.map(([name, value]) => (
        <div key={name} className="entry">
          <dt>{name}</dt>
          <dd>{value ?? '–'}</dd>
        </div>
      ))}
    </dl>
  );
}

function RentalRows({ filter }: { filter: Readonly<Record<string, string>> }) {
  const { t, f } = useAround();
  const may = useMay();
  const asked = useWhole<RentalShape>('/api/v1/rentals', filter, { enabled: may('rentals:read'), most: 20 });
  return (
    <Card title={t('last_rentals')} aside={<Link to={listLink('/rentals', filter)}>{t('all_of_them')}</Link>}>
      {asked.isLoading && may('rentals:read') && <Loading rows={4} />}
      {asked.data?.items.length === 0 && <p className="muted">{t('no_rentals')}</p>}
      <ul className="rows">
        {asked.data?.items.map((one) => (
          <li key={one.id}>
            <Link to={`/rentals/${one.id}`} className="row-link">
              <span className="tabular">{one.started_at === null ? '–' : f.when(one.started_at)}</span>
              <span className="muted">{one.duration_s === null ? '' : f.span(one.duration_s)}</span>
              <span>{one.total === null ? named(t, 'state', one.state) : f.money(one.total)}</span>
            </Link>
          </li>
        ))}
      </ul>
    </Card>
  );
}

export function Vehicle() {
  const { t, f } = useAround();
  const { vehicleId = '' } = useParams();
  const asked = useAsk<VehicleShape>(`/api/v1/vehicles/${vehicleId}`, { every: 10_000 });
  const one = asked.data;
  if (one === undefined) {
    return asked.isError ? (
      <Failure error={asked.error} again={() => void asked.refetch()} />
    ) : (
      <Loading rows={6} />
    );
  }
  return (
    <>
      <Head
        title={one.label}
        under={
          <>
            <Chip tone={one.state === 'docked' ? 'good' : 'sky'}>{named(t, 'state', one.state)}</Chip>
            {!one.rentable && <Chip tone="amber">{t('not_rentable')}</Chip>}
          </>
        }
      />
      <div className="station">
        <RentalRows filter={{ vehicle_id: one.id }} />
        <Card title={t('vehicle_facts')}>
          <Pairs
            pairs={[
              [t('col_kind'), named(t, 'kind', one.kind)],
              [t('col_model'), one.model],
              [t('col_station'), <StationName key="s" id={one.station_id} />],
              [t('dock'), one.dock_no],
              [t('col_since'), one.since === null ? null : f.when(one.since)],
              [t('col_charge'), one.soc_pct === null ? null : f.percent(one.soc_pct)],
              [t('health'), one.soh_pct === null ? null : f.percent(one.soh_pct)],
              [t('full_range'), f.km(one.full_range_km)],
              [
                t('nav_tariffs'),
                one.tariff_id && <Link to={`/tariffs/${one.tariff_id}`}>{short(one.tariff_id)}</Link>,
              ],
              [
                t('col_rental_now'),
                one.rental_id && <Link to={`/rentals/${one.rental_id}`}>{short(one.rental_id)}</Link>,
              ],
            ]}
          />
        </Card>
      </div>
    </>
  );
}

export function Person() {
  const { t, f } = useAround();
  const { accountId = '' } = useParams();
  const asked = useAsk<AccountShape>(`/api/v1/accounts/${accountId}`);
  const one = asked.data;
  if (one === undefined) {
    return asked.isError ? (
      <Failure error={asked.error} again={() => void asked.refetch()} />
    ) : (
      <Loading rows={6} />
    );
  }
  return (
    <>
      <Head
        title={one.display_name}
        under={
          <>
            <Chip tone={one.active ? 'good' : 'amber'}>{one.active ? t('account_active') : t('account_ended')}</Chip>
            <span className="muted">{one.email}</span>
          </>
        }
      />
      <div className="station">
        <RentalRows filter={{ account_id: one.id }} />
        <Card title={t('person_facts')}>
          <Pairs
            pairs={[
              [t('col_roles'), one.roles.map((role) => named(t, 'role', role)).join(', ')],
              [t('col_since'), f.when(one.created_at)],
              [t('tab_bills'), <Link key="b" to={listLink('/payments/bills', { account_id: one.id })}>{t('show')}</Link>],
              [t('nav_access'), <Link key="v" to={listLink('/access', { account_id: one.id })}>{t('show')}</Link>],
              [t('nav_cases'), <PersonCases key="c" id={one.id} />],
            ]}
          />
        </Card>
      </div>
    </>
  ); // prettier-ignore
}

function PersonCases({ id }: { id: string }) {
  const { f } = useAround();
  const may = useMay();
  const asked = useAsk<Page<{ readonly id: string }>>(`/api/v1/cases?account_id=${id}&state=open`, {
    enabled: may('cases:read'),
  });
  return <>{asked.data === undefined ? '–' : f.number(asked.data.items.length)}</>;
}

export function ChargingSession() {
  const { t, f } = useAround();
  const { sessionId = '' } = useParams();
  const asked = useAsk<ChargingRow>(`/api/v1/charging-sessions/${sessionId}`, { every: 5_000 });
  const one = asked.data;
  if (one === undefined) {
    return asked.isError ? (
      <Failure error={asked.error} again={() => void asked.refetch()} />
    ) : (
      <Loading rows={6} />
    );
  }
  return (
    <>
      <Head
        title={t('charging_title', { charger: one.charger_id ?? '–' })}
        under={<Chip tone={one.state === 'running' ? 'sky' : 'plain'}>{named(t, 'state', one.state)}</Chip>}
      />
      <div className="station">
        <Card title={t('charging_session')}>
          <Pairs
            pairs={[
              [t('col_station'), <StationName key="s" id={one.station_id} />],
              [t('charger_place', { number: one.connector_no ?? 1 }), one.charger_id],
              [t('col_person'), <AccountName key="a" id={one.account_id} />],
              [t('col_from'), one.started_at === null ? null : f.when(one.started_at)],
              [t('col_until'), one.stopped_at === null ? null : f.when(one.stopped_at)],
              [t('col_energy'), one.energy_wh === null ? null : f.kwh(one.energy_wh)],
              [t('col_end'), one.stop_reason],
            ]}
          />
        </Card>
        <Card title={t('bill')}>
          {one.bill === null || one.total === null ? (
            <p className="muted">{t('not_billed')}</p>
          ) : (
            <BillTable lines={one.bill} total={one.total} tax={null} />
          )}
        </Card>
      </div>
    </>
  );
}
