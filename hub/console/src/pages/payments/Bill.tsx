/** One bill, whatever it is for: what it comes to, what it was corrected by, and its papers. */
import { Link, useSearchParams } from 'react-router';
import { useAround } from '../../app/context';
import { useAsk } from '../../api/queries';
import type { BillShape } from '../../api/shapes';
import { named } from '../../i18n/words';
import { subjectLink } from '../../lib/links';
import { State } from '../../plain/cells';
import { Card, Head } from '../../ui/Head';
import { AccountName, short } from '../../ui/Names';
import { Pairs } from '../../ui/Pairs';
import { Failure, Loading } from '../../ui/States';
import { BillPapers } from './BillPapers';
import { Corrections } from './Corrections';
import { HoldOf } from './HoldOf';

export function Bill({ id }: { readonly id: string }) {
  const { t, f } = useAround();
  const [search] = useSearchParams();
  const asked = useAsk<BillShape>(`/api/v1/bills/${id}`, { every: 5_000 });
  if (asked.data === undefined) {
    if (asked.isError) return <Failure error={asked.error} again={() => void asked.refetch()} />;
    return <Loading rows={6} />;
  }
  const bill = asked.data;
  const money = (minor: number) => f.money({ minor, currency: bill.currency });
  return (
    <>
      <Head title={`${t('bill')} ${short(bill.id)}`} under={<State code={bill.state} family="bill" />} />
      <div className="station">
        <div className="station-main">
          <Card title={t('corrections')}>
            <Corrections billId={bill.id} cause={search.get('cause') ?? undefined} />
          </Card>
        </div>
        <div className="station-side">
          <Card title={t('bill')} testId="bill">
            <Pairs
              pairs={[
                [
                  t('paper_for'),
                  <Link key="l" to={subjectLink(bill.use, bill.id)}>
                    {named(t, 'subject', bill.use)} {short(bill.id)}
                  </Link>,
                ],
                [t('col_person'), <AccountName key="a" id={bill.account_id} />],
                [t('col_when'), f.when(bill.created_at)],
                [t('total'), money(bill.total_minor)],
                [t('tax_within'), money(bill.tax_minor)],
              ]}
            />
            <BillPapers billId={bill.id} />
            <HoldOf subjectId={bill.id} />
          </Card>
        </div>
      </div>
    </>
  );
}
