/** Plans of moves and swaps, newest first: for what, what they would gain, and how each stands. */
import { useState } from 'react';
import { Link, Navigate } from 'react-router';
import { useAround, useMay } from '../../app/context';
import { useWhole } from '../../api/queries';
import type { PlanShape } from '../../api/shapes';
import { named } from '../../i18n/words';
import { Card, Head } from '../../ui/Head';
import { Icon } from '../../ui/Icon';
import { Empty, Failure, Loading } from '../../ui/States';
import { BalanceTabs } from './BalanceTabs';
import { NewPlan } from './NewPlan';
import { PlanState } from './PlanState';

const SHOWN = 50;

/** Who does tasks only has them here at once. */
export function Plans() {
  const { t } = useAround();
  const may = useMay();
  if (may('plans:read')) return <List />;
  if (may('tasks:read')) return <Navigate to="/balance/tasks" replace />;
  return <Empty icon="lock" title={t('problem_forbidden')} />;
}

function List() {
  const { t } = useAround();
  const may = useMay();
  const [isOpen, setOpen] = useState(false);
  const asked = useWhole<PlanShape>('/api/v1/restocking/plans', {}, { every: 30_000, most: SHOWN });
  const plans = asked.data?.items ?? [];
  return (
    <>
      <Head title={t('nav_balance')}>
        {may('balance:write') && (
          <button type="button" className="button primary" onClick={() => setOpen(true)}>
            <Icon name="plus" size={18} />
            {t('plan_add')}
          </button>
        )}
      </Head>
      <BalanceTabs />
      {asked.error !== null && <Failure error={asked.error} again={() => void asked.refetch()} />}
      <Card>
        {asked.isLoading && <Loading rows={5} />}
        {asked.data !== undefined && plans.length === 0 && (
          <Empty icon="balance" title={t('plans_none')}>
            <p>{t('plans_none_do')}</p>
          </Empty>
        )}
        <ul className="rows" data-testid="plans">
          {plans.map((one) => (
            <Row key={one.id} plan={one} />
          ))}
        </ul>
        {asked.data?.complete === false && <p className="small muted">{t('shown_only', { count: SHOWN })}</p>}
      </Card>
      {isOpen && <NewPlan close={() => setOpen(false)} />}
    </>
  );
}

function Row({ plan }: { plan: PlanShape }) {
  const { t, f } = useAround();
  const { actions } = plan.body;
  const moves = actions.filter((one) => one.what === 'move').length;
  return (
    <li className="item">
      <div className="item-words">
        <p>
          <Link className="strong" to={`/balance/plans/${plan.id}`}>
            {t('plan_line', { moves, swaps: actions.length - moves })}
          </Link>{' '}
          <span className="muted">{named(t, 'kind', plan.kind)}</span>
        </p>
        <p className="small muted">
          <time dateTime={plan.created_at} title={f.exact(plan.created_at)}>
            {f.when(plan.created_at)}
          </time>
          {' · '}
          {t('plan_for', { span: f.span(plan.horizon_h * 3600) })}
          {' · '}
          {t('plan_lost', {
            before: f.number(plan.shortage_before, 1),
            after: f.number(plan.shortage_after, 1),
          })}
        </p>
      </div>
      <div className="item-acts">
        <PlanState plan={plan} />
      </div>
    </li>
  );
}
