/** The alarms, and the rules that raise them. */
import { useAround } from '../../app/context';
import { Tabs } from '../../ui/Tabs';

export function AlarmTabs() {
  const { t } = useAround();
  return (
    <Tabs
      tabs={[
        { to: '/alarms', name: t('nav_alarms'), isExact: true },
        { to: '/alarms/rules', name: t('tab_alarm_rules'), isExact: false },
      ]}
    />
  );
}
