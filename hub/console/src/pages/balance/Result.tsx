/** What came of an accepted plan: tasks, and what did not hold any more. */
import { Link } from 'react-router';
import { useAround } from '../../app/context';
import type { AcceptedShape, PlanShape } from '../../api/shapes';
import { named } from '../../i18n/words';

export function Result({ accepted, plan }: { readonly accepted: AcceptedShape; readonly plan: PlanShape }) {
  const { t } = useAround();
  const label = (id: string) => plan.body.actions.find((one) => one.vehicle_id === id)?.label ?? id;
  return (
    <div className="notice" role="status" data-testid="accepted">
      <p>
        <strong>{t('plan_made_tasks', { count: accepted.tasks.length })}</strong>{' '}
        <Link to={`/balance/tasks?state=all&plan=${plan.id}`}>{t('plan_tasks')}</Link>
      </p>
      {accepted.left_out.length > 0 && (
        <>
          <p>{t('plan_left_out', { count: accepted.left_out.length })}</p>
          <ul className="bullets">
            {accepted.left_out.map((one) => (
              <li key={one.vehicle_id}>
                {label(one.vehicle_id)}: {named(t, 'left_out', one.why)}
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  );
}
