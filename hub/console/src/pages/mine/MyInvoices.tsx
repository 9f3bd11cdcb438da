/** The invoices and credit notes that were written for oneself, as files. */
import { useAround, useMe } from '../../app/context';
import { useWhole } from '../../api/queries';
import type { InvoiceShape } from '../../api/shapes';
import { named } from '../../i18n/words';
import { Card } from '../../ui/Head';
import { PaperButton } from '../../ui/PaperButton';
import { Failure, Loading } from '../../ui/States';

export function MyInvoices() {
  const { t, f } = useAround();
  const me = useMe();
  const asked = useWhole<InvoiceShape>('/api/v1/invoices', { account_id: me.id }, { most: 50 });
  return (
    <Card title={t('mine_invoices')} testId="my-invoices">
      {asked.isLoading && <Loading rows={2} />}
      {asked.error !== null && <Failure error={asked.error} again={() => void asked.refetch()} />}
      {asked.data?.items.length === 0 && <p className="muted">{t('mine_no_invoices')}</p>}
      <ul className="rows">
        {asked.data?.items.map((one) => (
          <li key={one.id} className="item">
            <div className="item-words">
              <p className="strong">{one.name}</p>
              <p className="small muted">
                {named(t, 'paper', one.kind)} · {f.day(one.created_at)} ·{' '}
                {f.money({ minor: one.total_minor, currency: one.currency })}
              </p>
            </div>
            <PaperButton wanted={one}>
              PDF<span className="sr-only"> {one.name}</span>
            </PaperButton>
          </li>
        ))}
      </ul>
    </Card>
  );
}
