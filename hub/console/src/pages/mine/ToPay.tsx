/** What waits for one's own act at a gateway's page (VNPay): deposits and bills, and those whose time is over. */
import { useAround, useMay } from '../../app/context';
import { useDeed } from '../../app/deeds';
import { useWhole } from '../../api/queries';
import type { PayAttemptShape, PayRequestShape } from '../../api/shapes';
import { named } from '../../i18n/words';
import { DeedButton, Said } from '../../ui/DeedButton';
import { Card } from '../../ui/Head';
import { Failure } from '../../ui/States';

const PATH = '/api/v1/pay-requests';

/** Nothing where nothing waits: most gateways charge by themselves. `go` leaves for the gateway's page. */
export function ToPay({ go = leaveFor }: { readonly go?: (url: string) => void }) {
  const { t } = useAround();
  const may = useMay()('payment_methods:own');
  const asked = useWhole<PayRequestShape>(PATH, {}, { enabled: may, every: 10_000, most: 50 });
  const rows = asked.data?.items.filter((one) => one.state === 'waiting' || isLate(one)) ?? [];
  if (asked.error !== null) return <Failure error={asked.error} again={() => void asked.refetch()} />;
  if (rows.length === 0) return null;
  return (
    <Card title={t('to_pay')} testId="to-pay">
      <p className="muted">{t('to_pay_how')}</p>
      <ul className="rows">
        {rows.map((one) => (
          <Row key={one.id} request={one} go={go} />
        ))}
      </ul>
    </Card>
  );
}

/** A bill whose time to pay is over can be asked for once more; a deposit cannot. */
function isLate(one: PayRequestShape): boolean {
  return one.state === 'closed' && one.purpose === 'bill';
}

function Row({ request, go }: { request: PayRequestShape; go: (url: string) => void }) {
  const { t, f } = useAround();
  const amount = f.money({ minor: request.amount_minor, currency: request.currency });
  return (
    <li className="item">
      <div className="item-words">
        <p className="strong">
          {named(t, 'pay_for', request.purpose)}: {amount}
        </p>
        <p className="small muted">
          {request.state === 'waiting'
            ? t('to_pay_until', { time: f.when(request.open_until) })
            : t('to_pay_over', { time: f.when(request.open_until) })}
        </p>
      </div>
      {request.state === 'waiting' ? (
        <PayButton request={request} go={go} />
      ) : (
        <DeedButton path={`${PATH}/${request.id}/renewal`} asked={{ method: 'POST' }}>
          {t('to_pay_renew')}
        </DeedButton>
      )}
    </li>
  );
}

function PayButton({ request, go }: { request: PayRequestShape; go: (url: string) => void }) {
  const { t } = useAround();
  const deed = useDeed<PayAttemptShape>();
  const pay = () =>
    deed.run(`${PATH}/${request.id}/attempts`, { method: 'POST' }, (attempt) => go(attempt.pay_url));
  return (
    <>
      <button type="button" className="button primary" disabled={deed.isBusy} onClick={pay}>
        {deed.isBusy ? t('one_moment') : t('to_pay_at', { gateway: named(t, 'gateway', request.gateway) })}
      </button>
      {deed.error !== null && <Said error={deed.error} />}
    </>
  );
}

function leaveFor(url: string): void {
  window.location.assign(url);
}
