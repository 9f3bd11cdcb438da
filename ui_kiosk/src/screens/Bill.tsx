/** The itemised bill of a rental that has just ended; it comes up by itself. */
import type { BillLineView, ReceiptView } from '../api/types';
import { useKiosk, useNow } from '../app/context';
import { whole } from '../lib/format';
import { Frame } from '../ui/Frame';
import { Icon } from '../ui/icons';
import { Answer } from '../ui/Press';

export function Bill({ receipt }: { readonly receipt: ReceiptView }) {
  const { t, f, press } = useKiosk();
  const now = useNow(60_000);
  return (
    <Frame
      name="bill"
      split
      offline="offline_bill"
      title={t('bill_title', { vehicle: whole(receipt.vehicle_label) })}
      hint={t(receipt.dock_no === null ? 'bill_beside' : 'bill_in_dock', {
        dock: receipt.dock_no ?? '',
        from: f.when(receipt.started_at, now),
        to: f.when(receipt.ended_at, now),
        duration: f.minutes(receipt.duration_s),
      })}
      foot={t('bill_reference', { reference: receipt.reference })}
      answers={<Answer id="done" tone="volt" title={t('done')} onPress={press('home')} />}
    >
      <section className="card bill">
        <dl className="rows">
          {receipt.lines.map((line, index) => (
            <Line key={index} line={line} />
          ))}
        </dl>
        <div className="total">
          <div>
            <span>{t('bill_total')}</span>
            <small>{t('bill_tax', { tax: f.money(receipt.tax) })}</small>
          </div>
          <strong data-testid="receipt-total" data-minor={receipt.total.minor}>
            {f.money(receipt.total)}
          </strong>
        </div>
        <p className={`payment ${receipt.queued ? 'queued' : 'final'}`} data-testid="payment">
          <Icon sign={receipt.queued ? 'clock' : 'check'} />
          {t(receipt.queued ? 'bill_queued' : 'bill_final')}
        </p>
      </section>
    </Frame>
  );
}

function Line({ line }: { readonly line: BillLineView }) {
  const { t, f } = useKiosk();
  const isOne = line.quantity === 1;
  return (
    <div className="row" data-testid={`line-${line.key}`}>
      <dt>
        <LineName line={line} />
        {!isOne && <small>{t('bill_each', { price: f.money(line.unit_price) })}</small>}
      </dt>
      <dd>{f.money(line.amount)}</dd>
    </div>
  );
}

function LineName({ line }: { readonly line: BillLineView }) {
  const { t, f } = useKiosk();
  switch (line.key) {
    case 'unlock':
      return t('bill_unlock');
    case 'minutes':
      return t('bill_minutes', { count: line.quantity });
    case 'day_cap':
      return t('bill_day_cap');
    case 'energy':
      return t('bill_energy', { energy: f.kwh(line.quantity * 1000) });
    case 'distance':
      return t('bill_distance', { km: f.distance(line.quantity) });
    case 'late':
      return t('bill_late', { count: line.quantity });
    default:
      return t('bill_other');
  }
}
