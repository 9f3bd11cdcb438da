/** One vehicle: where it is and why it is (not) for rent, its papers, what happened to it, and its last rides. */
import { useState } from 'react';
import { Link, useParams } from 'react-router';
import { useAround, useMay } from '../../app/context';
import { useTagged } from '../../api/queries';
import type { Tagged } from '../../api/client';
import type { VehicleShape } from '../../api/shapes';
import { named } from '../../i18n/words';
import { useNow } from '../../lib/clock';
import { Chip } from '../../ui/Chip';
import { Head } from '../../ui/Head';
import { Icon } from '../../ui/Icon';
import { RentalRows } from '../../ui/RentalRows';
import { Failure, Loading } from '../../ui/States';
import { OpenCases } from '../cases/OpenCases';
import { History } from './History';
import { Papers } from './Papers';
import { Place } from './Place';
import { ServiceSheet } from './ServiceSheet';
import { VehicleForm } from './VehicleForm';

export function Vehicle() {
  const { vehicleId = '' } = useParams();
  const asked = useTagged<VehicleShape>(`/api/v1/vehicles/${vehicleId}`, { every: 10_000 });
  if (asked.data === undefined) {
    if (asked.isError) return <Failure error={asked.error} again={() => void asked.refetch()} />;
    return <Loading rows={6} />;
  }
  return <Shown tagged={asked.data} />;
}

function Shown({ tagged }: { tagged: Tagged<VehicleShape> }) {
  const may = useMay();
  const one = tagged.value;
  const [open, setOpen] = useState<'edit' | 'service' | null>(null);
  // The entity tag that a form began with: it says whether somebody else was faster, so it must not be renewed under it.
  const [begun, setBegun] = useState(tagged);
  const start = (what: 'edit' | 'service') => {
    setBegun(tagged);
    setOpen(what);
  };
  return (
    <>
      <Title one={one} start={start} />
      <div className="station">
        <div className="station-main">
          <Place one={one} />
          {may('vehicles:history') && <Papers vehicle={one} />}
          {may('vehicles:history') && <History vehicle={one} />}
        </div>
        <div className="station-side">
          <OpenCases of={one.id} />
          {may('rentals:read') && <RentalRows filter={{ vehicle_id: one.id }} />}
        </div>
      </div>
      {open === 'edit' && <VehicleForm edited={begun} close={() => setOpen(null)} />}
      {open === 'service' && <ServiceSheet edited={begun} close={() => setOpen(null)} />}
    </>
  );
}

function Title({ one, start }: { one: VehicleShape; start: (what: 'edit' | 'service') => void }) {
  const { t } = useAround();
  const may = useMay();
  const now = useNow(60);
  const isOver = one.papers_until !== null && Date.parse(one.papers_until) < now;
  return (
    <Head
      title={one.label}
      under={
        <>
          <Chip tone={one.state === 'docked' ? 'good' : 'sky'}>{named(t, 'state', one.state)}</Chip>
          {one.service !== 'deployed' && <Chip tone="coral">{named(t, 'service', one.service)}</Chip>}
          {!one.rentable && <Chip tone="amber">{t('not_rentable')}</Chip>}
          {isOver && <Chip tone="coral">{t('papers_over')}</Chip>}
          {one.contact_lost && <Chip tone="amber">{t('contact_lost')}</Chip>}
          <span className="muted">
            <Link to={one.type_id === null ? '/fleet' : `/fleet/types/${one.type_id}`}>{one.model}</Link>
          </span>
        </>
      }
    >
      {may('vehicles:write') && (
        <>
          <button type="button" className="button" onClick={() => start('service')}>
            {t('service_change')}
          </button>
          <button type="button" className="button primary" onClick={() => start('edit')}>
            <Icon name="edit" size={16} />
            {t('edit')}
          </button>
        </>
      )}
    </Head>
  );
}
