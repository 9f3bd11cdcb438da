/** How a station stands: colour, shape and word, and since when where that matters. */
import { useAround } from '../app/context';
import { useNow } from '../lib/clock';
import type { Standing } from '../lib/station';
import { Chip, type Tone } from './Chip';
import type { IconName } from './Icon';

const LOOK: Readonly<Record<Standing, readonly [Tone, IconName]>> = {
  online: ['good', 'check'],
  fault: ['coral', 'alert'],
  attention: ['amber', 'clock'],
  offline: ['amber', 'offline'],
  new: ['sky', 'info'],
  revoked: ['coral', 'lock'],
};

export function StateChip({ state, seen }: { state: Standing; seen: string | null }) {
  const { t, f } = useAround();
  const now = useNow(15);
  const [tone, icon] = LOOK[state];
  const ago = seen === null ? '' : f.span((now - Date.parse(seen)) / 1000);
  return (
    <Chip tone={tone} icon={icon}>
      {state === 'offline' ? t('station_offline', { ago }) : t(`station_${state}`)}
    </Chip>
  );
}
