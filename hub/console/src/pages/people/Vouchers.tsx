/** Somebody's vouchers: what each may, until when; revoked here, at a station without a network a little later. */
import { useState } from 'react';
import { Link } from 'react-router';
import { useAround, useMay } from '../../app/context';
import { useWhole } from '../../api/queries';
import type { AccountShape, VoucherShape } from '../../api/shapes';
import { named } from '../../i18n/words';
import { useNow } from '../../lib/clock';
import { listLink } from '../../lib/links';
import { Chip } from '../../ui/Chip';
import { DeedButton } from '../../ui/DeedButton';
import { Card } from '../../ui/Head';
import { StationName } from '../../ui/Names';
import { Failure, Loading } from '../../ui/States';
import { NewVoucher } from './NewVoucher';

const MOST = 10;

export function Vouchers({ account }: { readonly account: AccountShape }) {
  const { t } = useAround();
  const may = useMay();
  const [isOpen, setOpen] = useState(false);
  const filter = { account_id: account.id };
  const asked = useWhole<VoucherShape>('/api/v1/vouchers', filter, { most: MOST });
  return (
    <Card
      title={t('vouchers')}
      testId="vouchers"
      aside={
        may('vouchers:write') && (
          <button type="button" className="button" onClick={() => setOpen(true)}>
            {t('voucher_add')}
          </button>
        )
      }
    >
      {asked.isLoading && <Loading rows={2} />}
      {asked.error !== null && <Failure error={asked.error} again={() => void asked.refetch()} />}
      {asked.data?.items.length === 0 && <p className="muted">{t('vouchers_none')}</p>}
      <ul className="rows">
        {asked.data?.items.map((one) => (
          <Item key={one.id} one={one} />
        ))}
      </ul>
      {asked.data?.complete === false && <Link to={listLink('/access', filter)}>{t('all_of_them')}</Link>}
      {isOpen && <NewVoucher account={account} close={() => setOpen(false)} />}
    </Card>
  );
}

function Item({ one }: { one: VoucherShape }) {
  const { t, f } = useAround();
  const may = useMay();
  const isOver = Date.parse(one.expires) < useNow(60);
  const isGood = one.revoked_at === null && !isOver;
  const line = {
    may: one.may.map((deed) => named(t, 'may', deed)).join(', '),
    time: f.when(one.expires),
    count: one.max_uses,
  };
  return (
    <li className="item">
      <div className="item-words">
        <p>
          {t('voucher_line', line)}{' '}
          {!isGood && <Chip tone="plain">{one.revoked_at === null ? t('over') : t('revoked')}</Chip>}
        </p>
        <p className="small muted">
          {one.stations.length === 0
            ? t('voucher_everywhere')
            : one.stations.map((id) => (
                <span key={id} className="piece">
                  <StationName id={id} />
                </span>
              ))}
        </p>
      </div>
      {isGood && may('vouchers:write') && (
        <DeedButton path={`/api/v1/vouchers/${one.id}/revoke`} asked={{ method: 'POST' }} isDanger>
          {t('voucher_revoke')}
        </DeedButton>
      )}
    </li>
  );
}
