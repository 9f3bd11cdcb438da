/** What somebody finds who has no business in the console: what is theirs, and where to go for the rest. */
import { Link } from 'react-router';
import { useAround, useMe } from '../../app/context';
import { homeFor } from '../../app/sections';
import { Card, Head } from '../../ui/Head';
import { MyBookings } from './MyBookings';
import { MyInvoices } from './MyInvoices';
import { MyMethods } from './MyMethods';
import { MyRides } from './MyRides';
import { ToPay } from './ToPay';

export function Mine() {
  const { t } = useAround();
  const me = useMe();
  const hasBusiness = homeFor(new Set(me.permissions)) !== undefined;
  return (
    <>
      <Head
        title={t('mine')}
        under={<span className="muted">{t('mine_of', { name: me.display_name })}</span>}
      />
      <div className="station">
        <div className="station-main">
          <ToPay />
          <MyBookings />
          <MyRides />
        </div>
        <div className="station-side">
          <MyInvoices />
          <MyMethods />
          <Card title={t('mine_else')} className="mine-else">
            <p>{t('mine_rent')}</p>
            <p>
              <Link to="/me">{t('mine_account')}</Link>
            </p>
            {!hasBusiness && <p className="muted">{t('mine_work')}</p>}
          </Card>
        </div>
      </div>
    </>
  );
}
