/** A bill by its lines, as the hub reckoned it; nothing is added up here. */
import { useAround } from '../app/context';
import type { PaperLine } from '../api/shapes';
import { named } from '../i18n/words';
import type { Money } from '../lib/format';

interface BillTableProps {
  readonly lines: readonly PaperLine[];
  readonly total: Money;
  readonly tax: Money | null;
}

export function BillTable({ lines, total, tax }: BillTableProps) {
  const { t, f } = useAround();
  const money = (minor: number) => f.money({ minor, currency: total.currency });
  return (
    <table className="bill">
      <thead className="sr-only">
        <tr>
          <th>{t('col_what')}</th>
          <th>{t('col_total')}</th>
        </tr>
      </thead>
      <tbody>
        {lines.map((line, index) => (
          <tr key={`${line.key}-${String(index)}`} data-testid={`line-${line.key}`}>
            <td>
              {named(t, 'line', line.key)}
              {line.reason !== undefined && <span className="muted block small">{line.reason}</span>}
              {line.quantity !== 1 && (
                <span className="muted block small">
                  {f.number(line.quantity, 3)} {named(t, 'unit', line.unit)} × {money(line.unit_price_minor)}
                </span>
              )}
            </td>
            <td className="number">{money(line.amount_minor)}</td>
          </tr>
        ))}
      </tbody>
      <tfoot>
        <tr>
          <th scope="row">{t('total')}</th>
          <td className="number">{money(total.minor)}</td>
        </tr>
        {tax !== null && (
          <tr className="muted small">
            <td>{t('tax_within')}</td>
            <td className="number">{money(tax.minor)}</td>
          </tr>
        )}
      </tfoot>
    </table>
  );
}
