/** Money: the ledger with its balances, the breaks where three books differ, and the lists of bills, payments, invoices, deposits and payouts. */
import { useState, type ComponentType } from 'react';
import { Link, useLocation } from 'react-router';
import { useAround, useMay } from '../../app/context';
import { useAsk, useWhole } from '../../api/queries';
import type { BalancesShape, PostingShape } from '../../api/shapes';
import type { MessageKey } from '../../i18n/rooms';
import { named } from '../../i18n/words';
import { Chip } from '../../ui/Chip';
import { Card, Head } from '../../ui/Head';
import { Icon } from '../../ui/Icon';
import { Tabs } from '../../ui/Tabs';
import { Empty, Failure, Loading } from '../../ui/States';
import { PaymentList } from '../plain/lists';
import { Bill } from './Bill';
import { Breaks } from './Breaks';
import { Invoice } from './Invoice';
import { HoldList, InvoiceList, PayoutList } from './lists';
import { NewPayout } from './NewPayout';

interface Place {
  readonly path: string;
  readonly title: MessageKey;
  readonly needs: string;
  readonly page: ComponentType;
}

const PLACES: readonly Place[] = [
  { path: '', title: 'tab_ledger', needs: 'ledger:read', page: Ledger },
  { path: 'bills', title: 'tab_bills', needs: 'payments:read', page: () => <PaymentList which="bills" /> },
  {
    path: 'attempts',
    title: 'tab_payments',
    needs: 'payments:read',
    page: () => <PaymentList which="attempts" />,
  },
  { path: 'invoices', title: 'tab_invoices', needs: 'payments:read', page: InvoiceList },
  { path: 'deposits', title: 'tab_holds', needs: 'payments:read', page: HoldList },
  { path: 'payouts', title: 'tab_payouts', needs: 'payouts:ask', page: PayoutList },
];

export function Payments() {
  const { t } = useAround();
  const may = useMay();
  const { pathname } = useLocation();
  const [rest = '', id = ''] = pathname.split('/').slice(2);
  const open = PLACES.filter((one) => may(one.needs));
  const chosen = open.find((one) => one.path === rest) ?? (rest === '' ? open[0] : undefined);
  if (chosen?.path === 'invoices' && id !== '') return <Invoice id={id} />;
  if (chosen?.path === 'bills' && id !== '') return <Bill id={id} />;
  const tabs = open.map((one) => ({
    to: `/payments/${one.path}`.replace(/\/$/, ''), name: t(one.title), isExact: one.path === '',
  })); // prettier-ignore
  return (
    <>
      <Head title={t('nav_payments')}>{chosen?.path === 'payouts' && <AskForPayout />}</Head>
      <Tabs tabs={tabs} />
      {chosen === undefined ? (
        <Empty icon="lock" title={t('problem_forbidden')} />
      ) : (
        <chosen.page key={chosen.path} />
      )}
    </>
  );
}

function AskForPayout() {
  const { t } = useAround();
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <button type="button" className="button primary" onClick={() => setOpen(true)}>
        <Icon name="plus" size={18} />
        {t('payout_ask')}
      </button>
      {isOpen && <NewPayout close={() => setOpen(false)} />}
    </>
  );
}

function Ledger() {
  const { t } = useAround();
  const may = useMay();
  const balances = useAsk<BalancesShape>('/api/v1/ledger/balances', { every: 10_000 });
  const postings = useWhole<PostingShape>('/api/v1/ledger', {}, { every: 10_000, most: 40 });
  return (
    <div className="station">
      <div className="station-main">
        <Card title={t('ledger_last')}>
          {postings.isLoading && <Loading rows={6} />}
          {postings.error !== null && <Failure error={postings.error} />}
          {postings.data?.items.length === 0 && <p className="muted">{t('ledger_none')}</p>}
          <Postings postings={postings.data?.items ?? []} />
        </Card>
      </div>
      <div className="station-side">
        <Card
          title={t('balances')}
          aside={
            balances.data !== undefined && (
              <Chip tone={balances.data.balanced ? 'good' : 'coral'}>
                {balances.data.balanced ? t('balanced') : t('not_balanced')}
              </Chip>
            )
          }
          testId="balances"
        >
          {balances.isLoading && <Loading rows={4} />}
          {balances.error !== null && <Failure error={balances.error} />}
          <Balances balances={balances.data} />
        </Card>
        {may('reconciliation:read') && <Breaks />}
      </div>
    </div>
  );
}

function Balances({ balances }: { balances: BalancesShape | undefined }) {
  const { t, f } = useAround();
  if (balances?.accounts.length === 0) return <p className="muted">{t('ledger_none')}</p>;
  return (
    <dl className="pairs wide">
      {balances?.accounts.map((one) => (
        <div key={`${one.account}-${one.currency}`} className="entry">
          <dt className="mono" title={one.account}>
            {one.account}
          </dt>
          <dd>{f.money({ minor: one.amount_minor, currency: one.currency })}</dd>
        </div>
      ))}
    </dl>
  );
}

function Postings({ postings }: { postings: readonly PostingShape[] }) {
  const { t, f } = useAround();
  return (
    <ol className="log">
      {postings.map((one) => (
        <li key={one.id} className="posting">
          <time dateTime={one.created_at} title={f.exact(one.created_at)}>
            {f.when(one.created_at)}
          </time>
          <div>
            <p>
              <Link className="strong" to={`/rentals/${one.subject_id}`}>
                {named(t, 'posting', one.kind)}
              </Link>{' '}
              <span className="muted">{one.note}</span>
            </p>
            <dl className="pairs wide small">
              {one.entries.map((entry) => (
                <div key={entry.account} className="entry">
                  <dt className="mono">{entry.account}</dt>
                  <dd>{f.money({ minor: entry.amount_minor, currency: entry.currency })}</dd>
                </div>
              ))}
            </dl>
          </div>
        </li>
      ))}
    </ol>
  );
}
