/** Before something moves in the street: what will happen, to which thing, and why, in one question. */
import { useState } from 'react';
import { useAround } from '../../app/context';
import { useDeed, useFieldError } from '../../app/deeds';
import type { OrderShape, StationDetail } from '../../api/shapes';
import { Field } from '../../ui/Field';
import { FormFoot } from '../../ui/Form';
import { Sheet } from '../../ui/Sheet';

export type Wish =
  | { readonly type: 'UnlockDock'; readonly dockNo: number }
  | { readonly type: 'RestartDock'; readonly dockNo: number }
  | { readonly type: 'StopCharge'; readonly sessionId: string; readonly chargerId: string };

const SHORTEST_REASON = 3;

interface OrderSheetProps {
  readonly station: StationDetail;
  readonly wish: Wish;
  readonly close: () => void;
}

export function OrderSheet({ station, wish, close }: OrderSheetProps) {
  const { t } = useAround();
  const [reason, setReason] = useState('');
  const [isTooShort, setTooShort] = useState(false);
  const deed = useDeed<OrderShape>();
  const fieldError = useFieldError(deed.error);
  const needsReason = wish.type === 'UnlockDock';
  const thing = 'dockNo' in wish ? t('dock_title', { number: wish.dockNo }) : wish.chargerId;
  const title = t(`ask_${wish.type}`, { thing });
  const send = () => {
    const lacks = needsReason && reason.trim().length < SHORTEST_REASON;
    setTooShort(lacks);
    if (lacks) return;
    const body = { order: orderOf(wish, reason.trim()) };
    deed.run(`/api/v1/stations/${station.id}/orders`, { method: 'POST', body }, close);
  };
  return (
    <Sheet title={title} close={close}>
      <form
        className="form"
        data-testid="order"
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        <p className="muted">{t(`tell_${wish.type}`, { station: station.name })}</p>
        {!station.online && <p className="notice amber">{t('order_offline')}</p>}
        {needsReason && (
          <Field
            label={t('reason')}
            help={t('reason_help')}
            value={reason}
            onChange={setReason}
            maxLength={200}
            error={isTooShort ? t('reason_missing') : fieldError('/order/UnlockDock/reason')}
            name="reason"
          />
        )}
        <FormFoot error={deed.error} isBusy={deed.isBusy} act={t(`do_${wish.type}`)} close={close} />
      </form>
    </Sheet>
  );
}

function orderOf(wish: Wish, reason: string): Readonly<Record<string, unknown>> {
  switch (wish.type) {
    case 'UnlockDock':
      return { type: wish.type, dock_no: wish.dockNo, reason };
    case 'RestartDock':
      return { type: wish.type, dock_no: wish.dockNo };
    case 'StopCharge':
      return { type: wish.type, session_id: wish.sessionId };
  }
}
