/** Roles at single stations: what is there, and one more by choosing a role and a station. */
import { useState } from 'react';
import { useAround } from '../../app/context';
import { useWhole } from '../../api/queries';
import type { StationShape } from '../../api/shapes';
import { named } from '../../i18n/words';
import { AT_STATION, grantText, type Grant } from '../../lib/roles';
import { Icon } from '../../ui/Icon';
import { short } from '../../ui/Names';
import { Select } from '../../ui/Select';

interface StationRolesProps {
  readonly grants: readonly Grant[];
  readonly set: (grants: Grant[]) => void;
}

export function StationRoles({ grants, set }: StationRolesProps) {
  const { t } = useAround();
  const asked = useWhole<StationShape>('/api/v1/stations', {}, { stale: 120_000 });
  const stations = asked.data?.items ?? [];
  const [role, setRole] = useState(AT_STATION[0] ?? '');
  const [stationId, setStationId] = useState('');
  const name = (id: string | null) => stations.find((one) => one.id === id)?.name ?? short(id ?? '');
  const add = () => {
    const text = grantText({ role, stationId });
    set([...grants.filter((one) => grantText(one) !== text), { role, stationId }]);
    setStationId('');
  };
  return (
    <fieldset className="ticks">
      <legend>{t('roles_at_stations')}</legend>
      {grants.length === 0 && <p className="muted small">{t('roles_at_none')}</p>}
      <ul className="chips">
        {grants.map((one) => (
          <li key={grantText(one)} className="chip plain">
            {t('roles_at', { role: named(t, 'role', one.role), station: name(one.stationId) })}
            <button
              type="button"
              className="chip-act"
              onClick={() => set(grants.filter((other) => other !== one))}
            >
              <Icon name="close" size={14} />
              <span className="sr-only">{t('roles_take')}</span>
            </button>
          </li>
        ))}
      </ul>
      <div className="add-row">
        <Select
          label={t('roles_role')}
          value={role}
          onChange={setRole}
          choices={AT_STATION.map((id) => ({ id, name: named(t, 'role', id) }))}
        />
        <Select
          label={t('col_station')}
          value={stationId}
          onChange={setStationId}
          none="–"
          choices={stations.map((one) => ({ id: one.id, name: `${one.number} ${one.name}` }))}
        />
        <button type="button" className="button" disabled={stationId === ''} onClick={add}>
          <Icon name="plus" size={16} />
          {t('roles_add')}
        </button>
      </div>
    </fieldset>
  );
}
