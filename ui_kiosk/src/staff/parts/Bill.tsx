/** A bill by its lines, as the station reckons it. */
import type { SoFarView } from '../../api/types';
import { useStaff } from '../context';
import { keyFor } from '../words';

export function Bill({ bill, isFinal }: { readonly bill: SoFarView; readonly isFinal: boolean }) {
  const { t, f } = useStaff();
  return (
    <dl className="rows bill" data-testid="bill" data-minor={bill.total.minor}>
      {bill.lines.map((line) => (
        <div key={line.key}>
          <dt>
            {t(keyFor('bill', line.key), { count: line.quantity })}
            {line.quantity !== 1 && line.key === 'minutes' && ` · ${f.money(line.unit_price)}`}
          </dt>
          <dd>{f.money(line.amount)}</dd>
        </div>
      ))}
      <div className="total">
        <dt>{t(isFinal ? 'bill_total' : 'bill_so_far')}</dt>
        <dd>{f.money(bill.total)}</dd>
      </div>
    </dl>
  );
}
