/** Details of things whose lists are plain: a vehicle, a charging session; each leads on to what it is part of. */
import { Link, useParams } from 'react-router';
import { useAround } from '../../app/context';
import { useAsk } from '../../api/queries';
import type { ChargingRow, VehicleShape } from '../../api/shapes';
import { named } from '../../i18n/words';
import { BillTable } from '../../ui/BillTable';
import { Chip } from '../../ui/Chip';
import { Card, Head } from '../../ui/Head';
import { AccountName, short, StationName } from '../../ui/Names';
import { Pairs } from '../../ui/Pairs';
import { RentalRows } from '../../ui/RentalRows';
import { Failure, Loading } from '../../ui/States';

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
