/** Who may act by hand at the stations, known there by PIN or badge, also without a network. */
import { useState } from 'react';
import { useAround } from '../../app/context';
import { useWhole } from '../../api/queries';
import type { AccountShape, StaffShape } from '../../api/shapes';
import { named } from '../../i18n/words';
import { useNow } from '../../lib/clock';
import { Chip } from '../../ui/Chip';
import { DeedButton } from '../../ui/DeedButton';
import { Card } from '../../ui/Head';
import { Failure, Loading } from '../../ui/States';
import { Hearing } from './Hearing';
import { NewStaff } from './NewStaff';

const PATH = '/api/v1/station-staff';

export function Staff({ account }: { readonly account: AccountShape }) {
  const { t } = useAround();
  const [isOpen, setOpen] = useState(false);
  const asked = useWhole<StaffShape>(PATH);
  const mine = (asked.data?.items ?? []).filter((one) => one.account_id === account.id);
  return (
    <Card
      title={t('staff')}
      testId="staff"
      aside={
        mine.length === 0 && (
          <button type="button" className="button" onClick={() => setOpen(true)}>
            {t('staff_add')}
          </button>
        )
      }
    >
      {asked.isLoading && <Loading rows={1} />}
      {asked.error !== null && <Failure error={asked.error} again={() => void asked.refetch()} />}
      {asked.data !== undefined && mine.length === 0 && <p className="muted">{t('staff_none')}</p>}
      <ul className="rows">
        {mine.map((one) => (
          <Member key={one.id} one={one} account={account} />
        ))}
      </ul>
      {mine.length > 0 && <Hearing />}
      {isOpen && <NewStaff account={account} close={() => setOpen(false)} />}
    </Card>
  );
}

function Member({ one, account }: { one: StaffShape; account: AccountShape }) {
  const { t, f } = useAround();
  const [isOpen, setOpen] = useState(false);
  const isOver = Date.parse(one.valid_to) < useNow(60);
  const known = [
    one.has_pin ? t('staff_pin') : '',
    one.badge === '' ? '' : t('staff_badge', { badge: one.badge }),
  ];
  return (
    <li className="item">
      <div className="item-words">
        <p className="strong">
          {one.may.map((deed) => named(t, 'may', deed)).join(', ')} {isOver && <Chip tone="plain">{t('over')}</Chip>}
        </p>
        <p className="small muted">
          {[...known, t('key_until', { time: f.day(one.valid_to) })].filter((words) => words !== '').join(' · ')}
        </p>
      </div>
      <button type="button" className="button" onClick={() => setOpen(true)}>
        {t('staff_change')}
      </button>
      {isOpen && <NewStaff account={account} member={one} close={() => setOpen(false)} />}
      {!isOver && (
        <DeedButton path={`${PATH}/${one.id}/end`} asked={{ method: 'POST' }} isDanger>
          {t('staff_end')}
        </DeedButton>
      )}
    </li>
  ); // prettier-ignore
}
