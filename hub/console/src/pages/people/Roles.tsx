/** What somebody is to Voltdock: roles everywhere and at single stations. */
import { useState } from 'react';
import { useAround, useMay } from '../../app/context';
import type { AccountShape } from '../../api/shapes';
import { roleWords } from '../../lib/roles';
import { Card } from '../../ui/Head';
import { Icon } from '../../ui/Icon';
import { StationName } from '../../ui/Names';
import { RolesForm } from './RolesForm';

export function Roles({ one }: { readonly one: AccountShape }) {
  const { t } = useAround();
  const may = useMay();
  const [isOpen, setOpen] = useState(false);
  return (
    <Card
      title={t('col_roles')}
      testId="roles"
      aside={
        may('accounts:write') && (
          <button type="button" className="button" onClick={() => setOpen(true)}>
            <Icon name="edit" size={16} />
            {t('roles_change')}
          </button>
        )
      }
    >
      {one.roles.length === 0 && <p className="muted">{t('roles_none')}</p>}
      <ul className="chips">
        {one.roles.map((text) => {
          const { role, stationId } = roleWords(t, text);
          return (
            <li key={text} className="chip plain">
              {role}
              {stationId !== null && <StationName id={stationId} />}
            </li>
          );
        })}
      </ul>
      {isOpen && <RolesForm account={one} close={() => setOpen(false)} />}
    </Card>
  );
}
