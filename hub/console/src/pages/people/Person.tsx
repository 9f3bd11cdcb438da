/** A person: roles, access, blocks, what lets them in at the stations, and their last rides. */
import { Link, useParams } from 'react-router';
import { useAround, useMay } from '../../app/context';
import { useAsk } from '../../api/queries';
import type { AccountShape } from '../../api/shapes';
import { listLink } from '../../lib/links';
import { Chip } from '../../ui/Chip';
import { Card, Head } from '../../ui/Head';
import { Pairs } from '../../ui/Pairs';
import { RentalRows } from '../../ui/RentalRows';
import { Failure, Loading } from '../../ui/States';
import { OpenCases } from '../cases/OpenCases';
import { Access } from './Access';
import { Blocks } from './Blocks';
import { Cards } from './Cards';
import { Roles } from './Roles';
import { Staff } from './Staff';
import { Vouchers } from './Vouchers';

export function Person() {
  const { accountId = '' } = useParams();
  const asked = useAsk<AccountShape>(`/api/v1/accounts/${accountId}`);
  if (asked.data === undefined) {
    if (asked.isError) return <Failure error={asked.error} again={() => void asked.refetch()} />;
    return <Loading rows={6} />;
  }
  return <Shown one={asked.data} />;
}

function Shown({ one }: { one: AccountShape }) {
  const { t } = useAround();
  const may = useMay();
  return (
    <>
      <Head
        title={one.display_name}
        under={
          <>
            <Chip tone={one.active ? 'good' : 'amber'}>
              {one.active ? t('account_active') : t('account_ended')}
            </Chip>
            <span className="muted">{one.email}</span>
          </>
        }
      >
        {may('accounts:write') && <Access one={one} />}
      </Head>
      <div className="station">
        <div className="station-main">
          <Roles one={one} />
          {may('blocks:read') && <Blocks account={one} />}
          {may('stations:write') && <Staff account={one} />}
          {may('cards:read') && <Cards account={one} />}
          {may('vouchers:read') && <Vouchers account={one} />}
        </div>
        <div className="station-side">
          <Facts one={one} />
          <OpenCases of={one.id} />
          {may('rentals:read') && <RentalRows filter={{ account_id: one.id }} />}
        </div>
      </div>
    </>
  );
}

function Facts({ one }: { one: AccountShape }) {
  const { t, f } = useAround();
  const may = useMay();
  const shown = (to: string) => <Link to={listLink(to, { account_id: one.id })}>{t('show')}</Link>;
  return (
    <Card title={t('person_facts')}>
      <Pairs
        pairs={[
          [t('col_since'), f.when(one.created_at)],
          ...(may('payments:read') ? [[t('tab_bills'), shown('/payments/bills')] as const] : []),
        ]}
      />
    </Card>
  );
}
