/** What becomes of an order, seen where it was given: sent, then the station's own answer, or that none came in time. */
import { useAround, useMay } from '../../app/context';
import { useWhole } from '../../api/queries';
import type { OrderShape } from '../../api/shapes';
import { named } from '../../i18n/words';
import { useNow } from '../../lib/clock';
import { Chip, type Tone } from '../../ui/Chip';

const LOOK_BACK_MS = 15 * 60_000;
const FAST_MS = 1_000;
const SLOW_MS = 10_000;
/** After its last moment an order still needs the way of its answer. */
const GRACE_MS = 10_000;

export type OrderState = 'sent' | 'late' | 'done' | 'failed';

export function stateOfOrder(order: OrderShape, now: number): OrderState {
  if (order.outcome === 'done') return 'done';
  if (order.outcome !== null) return 'failed';
  return now > Date.parse(order.not_after) + GRACE_MS ? 'late' : 'sent';
}

export function useOrders(stationId: string) {
  const may = useMay();
  const orders = useWhole<OrderShape>(
    '/api/v1/orders',
    { station_id: stationId },
    { most: 20, every: SLOW_MS, enabled: may('orders:read') },
  );
  const now = useNow(1);
  const isWaiting = orders.data?.items.some((one) => stateOfOrder(one, now) === 'sent') ?? false;
  // The same question, asked faster as long as one order is on its way.
  useWhole<OrderShape>(
    '/api/v1/orders',
    { station_id: stationId },
    { most: 20, every: isWaiting ? FAST_MS : false, enabled: isWaiting },
  );
  return orders;
}

/** The newest order of the last minutes that is about this thing. */
export function useFate(stationId: string, isAbout: (order: OrderShape) => boolean): OrderShape | undefined {
  const orders = useOrders(stationId);
  const now = useNow(5);
  return orders.data?.items.find((one) => isAbout(one) && now - Date.parse(one.created_at) < LOOK_BACK_MS);
}

const TONES: Readonly<Record<OrderState, Tone>> = {
  sent: 'sky',
  late: 'amber',
  done: 'good',
  failed: 'coral',
};

export function Fate({ order }: { order: OrderShape }) {
  const { t, f } = useAround();
  const now = useNow(1);
  const state = stateOfOrder(order, now);
  return (
    <div className="fate" role="status" data-testid="fate" data-state={state}>
      <Chip tone={TONES[state]}>
        {t(`order_${state}`, {
          what: named(t, 'ordered', order.type),
          how: order.outcome === null ? '' : named(t, 'outcome', order.outcome),
          time: f.when(order.ended_at ?? order.created_at),
        })}
      </Chip>
      {order.detail !== '' && <p className="small muted">{named(t, 'detail', order.detail)}</p>}
    </div>
  );
}
