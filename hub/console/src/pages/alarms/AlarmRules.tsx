/** The rules that raise alarms: how grave, after how long, and what was set otherwise for everybody or one station. */
import { useState } from 'react';
import { useAround, useMay } from '../../app/context';
import { useAsk } from '../../api/queries';
import type { RuleShape, RulesShape, SettingShape } from '../../api/shapes';
import { named } from '../../i18n/words';
import { Chip } from '../../ui/Chip';
import { Card, Head } from '../../ui/Head';
import { StationName } from '../../ui/Names';
import { Failure, Loading } from '../../ui/States';
import { AlarmTabs } from './AlarmTabs';
import { RuleSheet } from './RuleSheet';

export function AlarmRules() {
  const { t } = useAround();
  const asked = useAsk<RulesShape>('/api/v1/alarm-rules');
  return (
    <>
      <Head title={t('nav_alarms')} />
      <AlarmTabs />
      <Card title={t('tab_alarm_rules')} testId="alarm-rules">
        {asked.isLoading && <Loading rows={6} />}
        {asked.error !== null && <Failure error={asked.error} again={() => void asked.refetch()} />}
        <ul className="rows">
          {asked.data?.items.map((one) => (
            <Rule key={one.rule} one={one} />
          ))}
        </ul>
      </Card>
    </>
  );
}

function Rule({ one }: { one: RuleShape }) {
  const { t, f } = useAround();
  const may = useMay();
  const [isOpen, setOpen] = useState(false);
  return (
    <li className="item">
      <div className="item-words">
        <p className="strong">
          {named(t, 'alarm', one.rule)} {!one.enabled && <Chip tone="plain">{t('rule_off')}</Chip>}
        </p>
        <p className="small muted">
          {t(`severity_${one.severity}`)} · {t('rule_line', { after: f.span(one.after_s), clear: f.span(one.clear_s) })}
        </p>
        {one.settings.map((set) => (
          <Setting key={`${set.organisation_id ?? ''} ${set.station_id ?? ''}`} set={set} />
        ))}
      </div>
      {may('alarms:set') && (
        <button type="button" className="button" onClick={() => setOpen(true)}>
          {t('rule_set')}
          <span className="sr-only"> {named(t, 'alarm', one.rule)}</span>
        </button>
      )}
      {isOpen && <RuleSheet rule={one} close={() => setOpen(false)} />}
    </li>
  ); // prettier-ignore
}

/** What was set otherwise, and for whom. */
function Setting({ set }: { set: SettingShape }) {
  const { t, f } = useAround();
  const said = [
    set.enabled === null ? '' : set.enabled ? t('rule_on') : t('rule_off'),
    set.severity === null ? '' : t(`severity_${set.severity}`),
    set.after_s === null ? '' : t('rule_after', { span: f.span(set.after_s) }),
    set.clear_s === null ? '' : t('rule_clear', { span: f.span(set.clear_s) }),
  ];
  return (
    <p className="small">
      {set.station_id === null ? t('rule_everybody') : <StationName id={set.station_id} />}:{' '}
      {said.filter((words) => words !== '').join(', ')}
    </p>
  );
}
