/** What a person can do about an alarm: say that it is seen, mute it for a while, have it told again. */
import { useState } from 'react';
import { useAround, useMay } from '../../app/context';
import type { AlarmShape } from '../../api/shapes';
import { named } from '../../i18n/words';
import { isMuted } from '../../lib/alarms';
import { useNow } from '../../lib/clock';
import { DeedButton } from '../../ui/DeedButton';
import { ReasonSheet } from '../../ui/ReasonSheet';
import { Select } from '../../ui/Select';

const HOURS = ['1', '4', '12', '24', '72', '168', '720'] as const;
const HOUR_MS = 3_600_000;

export function AlarmActs({ one }: { readonly one: AlarmShape }) {
  const { t } = useAround();
  const may = useMay();
  const [open, setOpen] = useState<'seen' | 'mute' | null>(null);
  const muted = isMuted(one, useNow(15));
  if (one.state === 'cleared' || !may('alarms:write')) return null;
  const path = `/api/v1/alarms/${one.id}`;
  const name = named(t, 'alarm', one.rule);
  return (
    <>
      {one.acknowledged_at === null && (
        <button type="button" className="button" onClick={() => setOpen('seen')}>
          {t('alarm_acknowledge')}
          <span className="sr-only"> {name}</span>
        </button>
      )}
      {muted ? (
        <DeedButton path={`${path}/unmute`} asked={{ method: 'POST' }}>
          {t('alarm_unmute')}
          <span className="sr-only"> {name}</span>
        </DeedButton>
      ) : (
        <button type="button" className="button" onClick={() => setOpen('mute')}>
          {t('alarm_mute')}
          <span className="sr-only"> {name}</span>
        </button>
      )}
      {open === 'seen' && (
        <ReasonSheet title={`${t('alarm_acknowledge')}: ${name}`} act={t('alarm_acknowledge')} path={`${path}/acknowledge`} field="note" isOptional close={() => setOpen(null)}>
          <p className="muted">{t('alarm_acknowledge_what')}</p>
        </ReasonSheet>
      )}
      {open === 'mute' && <Mute path={path} name={name} close={() => setOpen(null)} />}
    </>
  ); // prettier-ignore
}

function Mute({ path, name, close }: { path: string; name: string; close: () => void }) {
  const { t, f } = useAround();
  const [chosen, setChosen] = useState(() => ({ hours: '4', until: inHours('4') }));
  return (
    <ReasonSheet
      title={`${t('alarm_mute')}: ${name}`}
      act={t('alarm_mute')}
      path={`${path}/mute`}
      field="why"
      body={{ until: chosen.until }}
      close={close}
    >
      <p className="muted">{t('alarm_mute_what')}</p>
      <Select
        label={t('alarm_mute_for')}
        name="hours"
        value={chosen.hours}
        onChange={(hours) => setChosen({ hours, until: inHours(hours) })}
        choices={HOURS.map((id) => ({ id, name: f.span(Number(id) * 3600) }))}
        help={t('key_until', { time: f.when(chosen.until) })}
      />
    </ReasonSheet>
  );
}

function inHours(hours: string): string {
  return new Date(Date.now() + Number(hours) * HOUR_MS).toISOString();
}
