/** The invoices and credit notes of one bill, beside the bill itself; written here where there is none that stands. */
import { Link } from 'react-router';
import { useAround, useMay } from '../../app/context';
import { useWhole } from '../../api/queries';
import type { InvoiceShape } from '../../api/shapes';
import { named } from '../../i18n/words';
import { PaperButton } from '../../ui/PaperButton';
import { Failure } from '../../ui/States';

export function BillPapers({ billId }: { readonly billId: string }) {
  const { t, f } = useAround();
  const may = useMay()('payments:read');
  const asked = useWhole<InvoiceShape>('/api/v1/invoices', { bill_id: billId }, { enabled: may, most: 50 });
  if (!may) return null;
  if (asked.error !== null) return <Failure error={asked.error} again={() => void asked.refetch()} />;
  return (
    <div className="bill-papers" data-testid="bill-papers">
      <ul className="rows">
        {asked.data?.items.map((one) => (
          <li key={one.id} className="item">
            <Link to={`/payments/invoices/${one.id}`}>{one.name}</Link>
            <span className="small muted">
              {named(t, 'paper', one.kind)} · {f.day(one.created_at)}
            </span>
          </li>
        ))}
      </ul>
      {asked.data !== undefined && <PaperButton wanted={{ billId }}>{t('invoice_pdf')}</PaperButton>}
    </div>
  );
}
