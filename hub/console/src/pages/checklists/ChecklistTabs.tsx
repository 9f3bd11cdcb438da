/** What staff found, and what stations ask. */
import { useAround, useMay } from '../../app/context';
import { Tabs } from '../../ui/Tabs';

export function ChecklistTabs() {
  const { t } = useAround();
  const may = useMay();
  if (!may('cases:read')) return null;
  return (
    <Tabs
      tabs={[
        { to: '/checklists', name: t('tab_found'), isExact: true },
        { to: '/checklists/asked', name: t('tab_asked'), isExact: false },
      ]}
    />
  );
}
