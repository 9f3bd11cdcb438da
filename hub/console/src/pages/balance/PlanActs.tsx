/** What can be done with a proposal: accept it, saying who drives which van, or drop it. */
import { useState } from 'react';
import { useAround, useMay } from '../../app/context';
import { useDeed } from '../../app/deeds';
import type { AcceptedShape, PlanShape } from '../../api/shapes';
import { byVan, stateOfPlan } from '../../lib/balance';
import { useNow } from '../../lib/clock';
import { FormFoot } from '../../ui/Form';
import { Select } from '../../ui/Select';
import { Sheet } from '../../ui/Sheet';
import { useHands } from './people';

interface PlanActsProps {
  readonly plan: PlanShape;
  readonly accepted: (what: AcceptedShape) => void;
}

export function PlanActs({ plan, accepted }: PlanActsProps) {
  const { t } = useAround();
  const may = useMay();
  const [open, setOpen] = useState<'accept' | 'dismiss' | null>(null);
  const isOver = stateOfPlan(plan, useNow(15)) === 'over';
  const close = () => setOpen(null);
  return (
    <>
      {plan.state === 'proposed' && may('balance:write') && (
        <>
          <button type="button" className="button" onClick={() => setOpen('dismiss')}>
            {t('plan_dismiss')}
          </button>
          {!isOver && plan.body.actions.length > 0 && (
            <button type="button" className="button primary" onClick={() => setOpen('accept')}>
              {t('plan_accept')}
            </button>
          )}
        </>
      )}
      {open === 'accept' && <Accept plan={plan} close={close} accepted={accepted} />}
      {open === 'dismiss' && <Dismiss plan={plan} close={close} />}
    </>
  );
}

function Accept({ plan, close, accepted }: PlanActsProps & { close: () => void }) {
  const { t } = useAround();
  const hands = useHands();
  const [drivers, setDrivers] = useState<Readonly<Record<number, string | null>>>({});
  const deed = useDeed<AcceptedShape>();
  const vans = byVan(plan.body).map((one) => one.van);
  const submit = () => {
    const assigned_to = Array.from({ length: Math.max(...vans) + 1 }, (_, van) => drivers[van] ?? null);
    deed.run(
      `/api/v1/restocking/plans/${plan.id}/accept`,
      { method: 'POST', body: { assigned_to } },
      (made) => {
        accepted(made);
        close();
      },
    );
  };
  return (
    <Sheet title={t('plan_accept')} close={close}>
      <form
        className="form"
        data-testid="accept-form"
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <p className="muted">{t('plan_accept_what')}</p>
        {vans.map((van) => (
          <Select
            key={van}
            label={t('van_driver', { number: van + 1 })}
            name={`driver-${String(van)}`}
            value={drivers[van] ?? ''}
            onChange={(id) => setDrivers({ ...drivers, [van]: id === '' ? null : id })}
            none={t('nobody_yet')}
            choices={hands}
          />
        ))}
        <FormFoot error={deed.error} isBusy={deed.isBusy} act={t('plan_accept')} close={close} />
      </form>
    </Sheet>
  );
}

function Dismiss({ plan, close }: { plan: PlanShape; close: () => void }) {
  const { t } = useAround();
  const deed = useDeed<PlanShape>();
  return (
    <Sheet title={t('plan_dismiss')} close={close}>
      <form
        className="form"
        data-testid="dismiss-form"
        onSubmit={(event) => {
          event.preventDefault();
          deed.run(`/api/v1/restocking/plans/${plan.id}/dismiss`, { method: 'POST' }, close);
        }}
      >
        <p className="muted">{t('plan_dismiss_what')}</p>
        <FormFoot error={deed.error} isBusy={deed.isBusy} act={t('plan_dismiss')} close={close} isDanger />
      </form>
    </Sheet>
  );
}
