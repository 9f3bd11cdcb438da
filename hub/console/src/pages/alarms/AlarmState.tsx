/** How an alarm stands: how grave, whether somebody has seen it, until when it is muted. */
import { useAround } from '../../app/context';
import type { AlarmShape, Severity } from '../../api/shapes';
import { isMuted } from '../../lib/alarms';
import { useNow } from '../../lib/clock';
import { Chip, type Tone } from '../../ui/Chip';

const TONES: Readonly<Record<Severity, Tone>> = { critical: 'coral', warning: 'amber', info: 'sky' };

export function AlarmState({ one }: { readonly one: AlarmShape }) {
  const { t, f } = useAround();
  const muted = isMuted(one, useNow(15));
  if (one.state === 'cleared') return <Chip tone="good">{t('alarm_cleared')}</Chip>;
  return (
    <>
      {one.muted_until !== null && muted && (
        <Chip tone="plain" icon="mute">
          {t('alarm_muted', { time: f.when(one.muted_until) })}
        </Chip>
      )}
      {one.acknowledged_at !== null && <Chip tone="sky">{t('alarm_seen')}</Chip>}
      <Chip tone={TONES[one.severity]}>{t(`severity_${one.severity}`)}</Chip>
    </>
  );
}
