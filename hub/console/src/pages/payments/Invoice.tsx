/** One invoice or credit note as it was written, for it never changes: its lines, what was paid, what it takes back. */
import { Link } from 'react-router';
import { useAround } from '../../app/context';
import { useAsk, useWhole } from '../../api/queries';
import type { InvoiceShape } from '../../api/shapes';
import { named } from '../../i18n/words';
import { subjectLink } from '../../lib/links';
import { BillTable } from '../../ui/BillTable';
import { Chip } from '../../ui/Chip';
import { Card, Head } from '../../ui/Head';
import { AccountName, short } from '../../ui/Names';
import { Pairs } from '../../ui/Pairs';
import { PaperButton } from '../../ui/PaperButton';
import { Failure, Loading } from '../../ui/States';

export function Invoice({ id }: { readonly id: string }) {
  const asked = useAsk<InvoiceShape>(`/api/v1/invoices/${id}`, { stale: 60_000 });
  if (asked.data === undefined) {
    if (asked.isError) return <Failure error={asked.error} again={() => void asked.refetch()} />;
    return <Loading rows={8} />;
  }
  return <Shown paper={asked.data} />;
}

function Shown({ paper }: { paper: InvoiceShape }) {
  const { t } = useAround();
  const total = { minor: paper.total_minor, currency: paper.currency };
  return (
    <>
      <Head title={paper.name} under={<Under paper={paper} />}>
        <PaperButton wanted={paper}>{t('paper_pdf')}</PaperButton>
      </Head>
      <div className="station">
        <div className="station-main">
          <Card title={t('paper_lines')} testId="paper-lines">
            <BillTable lines={paper.body.lines} total={total} tax={{ ...total, minor: paper.tax_minor }} />
          </Card>
          <Payments paper={paper} />
        </div>
        <div className="station-side">
          <About paper={paper} />
        </div>
      </div>
    </>
  );
}

function Under({ paper }: { paper: InvoiceShape }) {
  const { t, f } = useAround();
  const others = useWhole<InvoiceShape>('/api/v1/invoices', { bill_id: paper.bill_id }, { most: 50 });
  const note = others.data?.items.find((one) => one.corrects_id === paper.id);
  const added = others.data?.items.filter((one) => one.amends_id === paper.id) ?? [];
  return (
    <>
      <Chip tone={paper.kind === 'invoice' ? 'plain' : 'amber'}>{named(t, 'paper', paper.kind)}</Chip>
      {note !== undefined && (
        <Chip tone="amber">
          <Link to={`/payments/invoices/${note.id}`}>{t('paper_taken_back', { name: note.name })}</Link>
        </Chip>
      )}
      {added.map((one) => (
        <Chip key={one.id} tone="amber">
          <Link to={`/payments/invoices/${one.id}`}>{t('paper_amended', { name: one.name })}</Link>
        </Chip>
      ))}
      <span className="muted">{f.exact(paper.created_at)}</span>
    </>
  );
}

function Payments({ paper }: { paper: InvoiceShape }) {
  const { t, f } = useAround();
  const { payments } = paper.body;
  return (
    <Card title={t('paper_paid')} testId="paper-paid">
      {payments.length === 0 && <p className="muted">{t('paper_paid_none')}</p>}
      <ul className="rows">
        {payments.map((one) => (
          <li key={one.ref + one.at} className="item">
            <div className="item-words">
              <p className="strong">{f.money({ minor: one.amount_minor, currency: paper.currency })}</p>
              <p className="small muted">
                {f.when(one.at)} · {named(t, 'gateway', one.gateway)} ·{' '}
                <span className="mono">{one.ref}</span>
              </p>
            </div>
          </li>
        ))}
      </ul>
    </Card>
  );
}

function About({ paper }: { paper: InvoiceShape }) {
  const { t, f } = useAround();
  const { use, seller, began_at, ended_at, corrects, amends } = paper.body;
  const period =
    began_at === null ? null : `${f.when(began_at)} – ${ended_at === null ? '' : f.when(ended_at)}`;
  return (
    <Card title={t('paper_about')} testId="paper-about">
      <Pairs
        pairs={[
          [t('col_person'), <AccountName key="a" id={paper.account_id} />],
          [
            t('paper_for'),
            <Link key="l" to={subjectLink(use, paper.bill_id)}>
              {named(t, 'subject', use)} {short(paper.bill_id)}
            </Link>,
          ],
          [t('paper_period'), period],
          ...(amends === undefined || !paper.amends_id
            ? []
            : [
                [
                  t('paper_amends'),
                  <Link key="m" to={`/payments/invoices/${paper.amends_id}`}>
                    {amends}
                  </Link>,
                ] as const,
              ]),
          ...(paper.corrects_id === null
            ? []
            : [
                [
                  t('paper_corrects'),
                  <Link key="c" to={`/payments/invoices/${paper.corrects_id}`}>
                    {corrects ?? short(paper.corrects_id)}
                  </Link>,
                ] as const,
              ]),
          [t('paper_seller'), [seller.name, seller.address].filter(Boolean).join(', ') || null],
          [t('paper_tax_number'), seller.tax || null],
        ]}
      />
    </Card>
  );
}
