/** The last orders to the station, each with its fate. */
import { useAround } from '../../app/context';
import { named } from '../../i18n/words';
import { useNow } from '../../lib/clock';
import { Chip } from '../../ui/Chip';
import { Card } from '../../ui/Head';
import { stateOfOrder, useOrders, type OrderState } from './fate';
import type { Tone } from '../../ui/Chip';

const SHOWN = 6;
const TONES: Readonly<Record<OrderState, Tone>> = {
  sent: 'sky',
  late: 'amber',
  done: 'good',
  failed: 'coral',
};

export function Orders({ stationId }: { stationId: string }) {
  const { t, f } = useAround();
  const now = useNow(1);
  const orders = useOrders(stationId).data?.items ?? [];
  if (orders.length === 0) return null;
  return (
    <Card title={t('orders')} testId="orders">
      <ol className="log">
        {orders.slice(0, SHOWN).map((one) => {
          const state = stateOfOrder(one, now);
          const dock = one.body['dock_no'];
          const reason = one.body['reason'];
          return (
            <li key={one.id}>
              <time dateTime={one.created_at} title={f.exact(one.created_at)}>
                {f.when(one.created_at)}
              </time>
              <div>
                <p>
                  <strong>{named(t, 'ordered', one.type)}</strong>
                  {typeof dock === 'number' && <> · {t('dock_title', { number: dock })}</>}
                </p>
                {typeof reason === 'string' && <p className="small muted">{reason}</p>}
              </div>
              <Chip tone={TONES[state]}>
                {one.outcome === null ? t(`order_word_${state}`) : named(t, 'outcome', one.outcome)}
              </Chip>
            </li>
          );
        })}
      </ol>
    </Card>
  );
}
