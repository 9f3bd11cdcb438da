/** One plan as a person thinks of it: what each van moves from where to where, why, and what comes of it. */
import { useState, type ReactNode } from 'react';
import { Link, useParams } from 'react-router';
import { useAround, useMay } from '../../app/context';
import { useAsk } from '../../api/queries';
import type { AcceptedShape, PlanShape } from '../../api/shapes';
import { named } from '../../i18n/words';
import { Chip } from '../../ui/Chip';
import { Card, Head } from '../../ui/Head';
import { Empty, Failure, Loading } from '../../ui/States';
import { HandName } from './HandName';
import { PlanActs } from './PlanActs';
import { PlanState } from './PlanState';
import { PlanStations } from './PlanStations';
import { Result } from './Result';
import { VanCard } from './VanCard';
import { byVan } from '../../lib/balance';

export function Plan() {
  const { planId = '' } = useParams();
  const { t } = useAround();
  const may = useMay();
  const asked = useAsk<PlanShape>(`/api/v1/restocking/plans/${planId}`, {
    every: 30_000,
    enabled: may('plans:read'),
  });
  if (!may('plans:read')) return <Empty icon="lock" title={t('problem_forbidden')} />;
  const again = () => void asked.refetch();
  if (asked.data === undefined) {
    if (asked.isError) return <Failure error={asked.error} again={again} />;
    return <Loading rows={8} />;
  }
  return (
    <>
      <Shown
        plan={asked.data}
        failure={asked.isError ? <Failure error={asked.error} again={again} /> : null}
      />
    </>
  );
}

function Shown({ plan, failure }: { plan: PlanShape; failure: ReactNode }) {
  const { t, f } = useAround();
  const [accepted, setAccepted] = useState<AcceptedShape | null>(null);
  return (
    <>
      <Head
        title={t('plan_title', { time: f.when(plan.created_at) })}
        under={
          <>
            <PlanState plan={plan} />
            <Chip tone="plain">{named(t, 'kind', plan.kind)}</Chip>
            <span className="muted">
              {t('plan_for', { span: f.span(plan.horizon_h * 3600) })} ·{' '}
              {named(t, 'plan_engine', plan.engine)} · {t('plan_by')} <HandName id={plan.made_by} />
            </span>
          </>
        }
      >
        <PlanActs plan={plan} accepted={setAccepted} />
      </Head>
      {failure}
      {accepted !== null && <Result accepted={accepted} plan={plan} />}
      <Gain plan={plan} />
      {plan.body.actions.length === 0 ? (
        <Card>
          <Empty icon="check" title={t('plan_nothing')}>
            <p>{t('plan_nothing_why')}</p>
          </Empty>
        </Card>
      ) : (
        <div className="vans" data-testid="vans">
          {byVan(plan.body).map((one) => (
            <VanCard key={one.van} work={one} plan={plan} />
          ))}
        </div>
      )}
      <PlanStations plan={plan} />
    </>
  );
}

/** What the network loses without it and with it. */
function Gain({ plan }: { plan: PlanShape }) {
  const { t, f } = useAround();
  const rides = (value: number) => f.number(value, 1);
  return (
    <Card className="gain" testId="gain">
      <dl className="figures">
        <div>
          <dt>{t('plan_before')}</dt>
          <dd>{rides(plan.shortage_before)}</dd>
        </div>
        <div>
          <dt>{t('plan_after')}</dt>
          <dd>{rides(plan.shortage_after)}</dd>
        </div>
        <div>
          <dt>{t('plan_saved')}</dt>
          <dd>{rides(plan.shortage_before - plan.shortage_after)}</dd>
        </div>
      </dl>
      <p className="small muted">{t('plan_empty_none')}</p>
      {plan.state === 'proposed' && (
        <p className="small muted">{t('plan_valid', { time: f.when(plan.valid_until) })}</p>
      )}
      {plan.decided_at !== null && (
        <p className="small muted">
          {t(plan.state === 'accepted' ? 'plan_accepted_at' : 'plan_dismissed_at', {
            time: f.when(plan.decided_at),
          })}{' '}
          <HandName id={plan.decided_by} />
          {plan.state === 'accepted' && (
            <>
              {' · '}
              <Link to={`/balance/tasks?state=all&plan=${plan.id}`}>{t('plan_tasks')}</Link>
            </>
          )}
        </p>
      )}
    </Card>
  );
}
