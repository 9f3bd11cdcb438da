/** One type of vehicles: its figures, and the vehicles of it. */
import { useState } from 'react';
import { Link, useParams } from 'react-router';
import { useAround, useMay } from '../../app/context';
import { useTagged, useWhole } from '../../api/queries';
import type { Tagged } from '../../api/client';
import type { VehicleShape, VehicleTypeShape } from '../../api/shapes';
import { named } from '../../i18n/words';
import { Chip } from '../../ui/Chip';
import { Card, Head } from '../../ui/Head';
import { Icon } from '../../ui/Icon';
import { StationName } from '../../ui/Names';
import { Pairs } from '../../ui/Pairs';
import { Failure, Loading } from '../../ui/States';
import { TypeForm } from './TypeForm';

export function VehicleType() {
  const { typeId = '' } = useParams();
  const asked = useTagged<VehicleTypeShape>(`/api/v1/vehicle-types/${typeId}`);
  if (asked.data === undefined) {
    if (asked.isError) return <Failure error={asked.error} again={() => void asked.refetch()} />;
    return <Loading rows={6} />;
  }
  return <Shown tagged={asked.data} />;
}

function Shown({ tagged }: { tagged: Tagged<VehicleTypeShape> }) {
  const { t, f } = useAround();
  const may = useMay();
  const [edited, setEdited] = useState<Tagged<VehicleTypeShape> | null>(null);
  const one = tagged.value;
  return (
    <>
      <Head title={`${one.make} ${one.model}`} under={<Chip tone="plain">{named(t, 'kind', one.kind)}</Chip>}>
        {may('vehicles:write') && (
          <button type="button" className="button primary" onClick={() => setEdited(tagged)}>
            <Icon name="edit" size={16} />
            {t('edit')}
          </button>
        )}
      </Head>
      <div className="station">
        <OfType id={one.id} />
        <Card title={t('type_figures')}>
          <Pairs
            pairs={[
              [t('field_form_factor'), named(t, 'form', one.form_factor)],
              [t('field_propulsion'), named(t, 'propulsion', one.propulsion)],
              [t('field_dock_kind'), named(t, 'dock_kind', one.dock_kind)],
              [t('field_battery_wh'), f.kwh(one.battery_wh)],
              [t('field_wh_per_km'), `${f.number(one.wh_per_km, 1)} Wh/km`],
              [t('field_charge_w'), f.kw(one.charge_w)],
              [t('full_range'), f.km(one.range_km)],
              [t('field_vin_check_digit'), one.vin_check_digit ? t('yes') : t('no')],
            ]}
          />
        </Card>
      </div>
      {edited !== null && <TypeForm edited={edited} close={() => setEdited(null)} />}
    </>
  );
}

function OfType({ id }: { id: string }) {
  const { t } = useAround();
  const asked = useWhole<VehicleShape>('/api/v1/vehicles', { type_id: id }, { most: 400 });
  return (
    <Card title={t('type_vehicles')}>
      {asked.isLoading && <Loading rows={4} />}
      {asked.error !== null && <Failure error={asked.error} again={() => void asked.refetch()} />}
      {asked.data?.items.length === 0 && <p className="muted">{t('type_vehicles_none')}</p>}
      <ul className="rows">
        {asked.data?.items.map((one) => (
          <li key={one.id} className="item">
            <Link className="strong" to={`/fleet/${one.id}`}>
              {one.label}
            </Link>
            <span className="muted">{one.plate}</span>
            <StationName id={one.station_id} />
          </li>
        ))}
      </ul>
    </Card>
  );
}
