/** How a plan stands; one that nobody accepted within two hours is over. */
import { useAround } from '../../app/context';
import type { PlanShape } from '../../api/shapes';
import { stateOfPlan, type PlanState as State } from '../../lib/balance';
import { useNow } from '../../lib/clock';
import { Chip, type Tone } from '../../ui/Chip';

const TONES: Readonly<Record<State, Tone>> = {
  proposed: 'sky',
  accepted: 'good',
  dismissed: 'plain',
  over: 'amber',
};

export function PlanState({ plan }: { readonly plan: PlanShape }) {
  const { t } = useAround();
  const state = stateOfPlan(plan, useNow(30));
  return <Chip tone={TONES[state]}>{t(`plan_state_${state}`)}</Chip>;
}
