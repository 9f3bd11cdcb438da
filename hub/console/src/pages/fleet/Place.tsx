/** Where a vehicle is, how full it is, and what is written on it. */
import { Link } from 'react-router';
import { useAround } from '../../app/context';
import { useAsk } from '../../api/queries';
import type { TariffShape, VehicleShape } from '../../api/shapes';
import { named } from '../../i18n/words';
import { Chip } from '../../ui/Chip';
import { Card } from '../../ui/Head';
import { short, StationName } from '../../ui/Names';
import { Pairs } from '../../ui/Pairs';

export function Place({ one }: { readonly one: VehicleShape }) {
  const { t, f } = useAround();
  const since = one.since === null ? null : f.when(one.since);
  return (
    <Card title={t('vehicle_facts')} testId="vehicle-facts">
      <div className="pair-columns">
        <Pairs
          pairs={[
            [t('col_station'), <StationName key="s" id={one.station_id} />],
            [t('dock'), one.dock_no],
            [t('col_since'), since],
            [t('col_rental_now'), one.rental_id && <Link to={`/rentals/${one.rental_id}`}>{short(one.rental_id)}</Link>],
            [t('col_charge'), one.soc_pct === null ? null : f.percent(one.soc_pct)],
            [t('health'), one.soh_pct === null ? null : f.percent(one.soh_pct)],
            [t('range_now'), one.range_km === null ? null : f.km(one.range_km)],
          ]}
        />
        <Pairs
          pairs={[
            [t('col_kind'), named(t, 'kind', one.kind)],
            [t('field_vin'), <Vin key="v" one={one} />],
            [t('field_plate'), one.plate],
            [t('full_range'), f.km(one.full_range_km)],
            [t('field_tariff_id'), one.tariff_id === null ? t('vehicle_kind_tariff') : <TariffName id={one.tariff_id} />],
            [t('papers_until'), one.papers_until === null ? null : f.day(one.papers_until)],
            ...(one.rentable ? [] : [[t('field_why_not'), named(t, 'why_not', one.why_not)] as const]),
          ]}
        />
      </div>
    </Card>
  ); // prettier-ignore
}

/** The VIN; where its check digit does not fit, a person should look at it once more. */
function Vin({ one }: { one: VehicleShape }) {
  const { t } = useAround();
  if (one.vin === null) return <>–</>;
  return (
    <>
      <span className="mono">{one.vin}</span> {one.vin_checked === false && <Chip tone="amber">{t('vin_doubtful')}</Chip>}
    </>
  ); // prettier-ignore
}

function TariffName({ id }: { id: string }) {
  const tariff = useAsk<TariffShape>(`/api/v1/tariffs/${id}`, { stale: 120_000 }).data;
  return <Link to={`/tariffs/${id}`}>{tariff?.name ?? short(id)}</Link>;
}
