/** How a case stands, and whether what opened it is still so. */
import { useAround } from '../../app/context';
import type { CaseShape } from '../../api/shapes';
import { named } from '../../i18n/words';
import { Chip, type Tone } from '../../ui/Chip';

const TONES: Readonly<Record<CaseShape['state'], Tone>> = {
  open: 'coral',
  acknowledged: 'sky',
  resolved: 'good',
};

export function CaseState({ one }: { one: CaseShape }) {
  const { t } = useAround();
  return <Chip tone={TONES[one.state]}>{named(t, 'state', one.state)}</Chip>;
}
