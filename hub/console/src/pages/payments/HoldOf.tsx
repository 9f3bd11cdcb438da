/** What is held for one booking or ride: shown where it belongs, to whoever may see money; nothing where nothing is. */
import { useAround, useMay } from '../../app/context';
import { useWhole } from '../../api/queries';
import type { HoldShape } from '../../api/shapes';
import { named } from '../../i18n/words';
import { State } from '../../plain/cells';
import { Failure } from '../../ui/States';

export function HoldOf({ subjectId }: { readonly subjectId: string }) {
  const { t, f } = useAround();
  const may = useMay()('payments:read');
  const asked = useWhole<HoldShape>(
    '/api/v1/holds',
    { subject_id: subjectId },
    { enabled: may, every: 10_000, most: 5 },
  );
  if (asked.error !== null) return <Failure error={asked.error} />;
  return asked.data?.items.map((one) => (
    <p key={one.id} className="hold" data-testid="hold">
      <span className="strong">
        {t('hold')}: {f.money({ minor: one.held_minor || one.wanted_minor, currency: one.currency })}
      </span>{' '}
      <State code={one.state} family="hold" />
      {one.gateway !== null && <span className="small muted"> {named(t, 'gateway', one.gateway)}</span>}
      {one.state === 'held' && one.expires_at !== null && (
        <span className="small muted"> {t('hold_until', { time: f.when(one.expires_at) })}</span>
      )}
    </p>
  ));
}
