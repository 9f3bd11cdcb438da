/** What comes of a correction, as the hub reckons it: asked for while it is typed; nothing is added up here. */
import { keepPreviousData, useQuery, type UseQueryResult } from '@tanstack/react-query';
import { useAround } from '../../app/context';
import type { AdjustmentQuote, BillShape } from '../../api/shapes';
import { Pairs, type Pair } from '../../ui/Pairs';
import { Failure } from '../../ui/States';
import type { Asked } from './correcting';

export function useEffectOf(bill: BillShape, asked: Asked | null): UseQueryResult<AdjustmentQuote> {
  const { session } = useAround();
  const path = `/api/v1/bills/${bill.id}/adjustment-quotes`;
  const found = useQuery({
    queryKey: ['correction', path, asked, bill.revision, bill.paid_minor],
    queryFn: async ({ signal }) =>
      (await session.call<AdjustmentQuote>(path, { method: 'POST', body: asked, signal })).value,
    enabled: asked !== null,
    placeholderData: keepPreviousData,
    retry: false,
  });
  // What was asked before is shown while it is asked anew, and not acted on.
  return asked === null || found.isPlaceholderData ? ({ ...found, data: undefined } as typeof found) : found;
}

export function Effect({ asked, effect }: { asked: Asked | null; effect: UseQueryResult<AdjustmentQuote> }) {
  const { t } = useAround();
  return (
    <section className="effect" aria-live="polite" data-testid="effect">
      <h3>{t('correct_quote')}</h3>
      {asked === null ? (
        <p className="muted small">{t('correct_quote_first')}</p>
      ) : effect.error !== null ? (
        <Failure error={effect.error} />
      ) : effect.data === undefined ? (
        <p className="muted small">{t('one_moment')}</p>
      ) : (
        <Sums quote={effect.data} />
      )}
    </section>
  );
}

function Sums({ quote }: { quote: AdjustmentQuote }) {
  const { t, f } = useAround();
  const money = (minor: number) => f.money({ minor, currency: quote.currency });
  const { refund_minor, collect_minor, collect_from } = quote;
  const moves: Pair[] = [];
  if (refund_minor > 0) moves.push([t('correct_refund'), money(refund_minor)]);
  if (collect_minor > 0) moves.push([t('correct_collect'), money(collect_minor)]);
  return (
    <>
      <Pairs
        pairs={[
          [t('correct_before'), money(quote.owed_before_minor)],
          [t('correct_after'), <strong key="a">{money(quote.owed_minor)}</strong>],
          [t('tax_within'), money(quote.owed_tax_minor)],
          [t('correct_paid'), money(quote.paid_minor)],
          ...moves,
        ]}
      />
      {collect_minor > 0 && <p className="small muted">{t(`collect_from_${collect_from}`)}</p>}
      {moves.length === 0 && <p className="small muted">{t('correct_nothing')}</p>}
    </>
  );
}
