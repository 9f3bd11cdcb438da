/** Plans for the mobile team, and what staff has to do; each for whom it is open. */
import { useAround, useMay } from '../../app/context';
import { Tabs } from '../../ui/Tabs';

export function BalanceTabs() {
  const { t } = useAround();
  const may = useMay();
  if (!may('plans:read') || !may('tasks:read')) return null;
  return (
    <Tabs
      tabs={[
        { to: '/balance', name: t('tab_plans'), isExact: true },
        { to: '/balance/tasks', name: t('tab_tasks'), isExact: false },
      ]}
    />
  );
}
