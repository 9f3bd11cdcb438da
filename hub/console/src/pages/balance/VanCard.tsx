/** A van's work: its moves and swaps with the reason of each, and its way from stop to stop. */
import { Link } from 'react-router';
import { useAround } from '../../app/context';
import type { ActionShape, PlanShape, RouteShape } from '../../api/shapes';
import { goalOf, type VanWork } from '../../lib/balance';
import { Chip } from '../../ui/Chip';
import { Card } from '../../ui/Head';
import { Icon } from '../../ui/Icon';

interface VanCardProps {
  readonly work: VanWork;
  readonly plan: PlanShape;
}

export function VanCard({ work, plan }: VanCardProps) {
  const { t, f } = useAround();
  const { route } = work;
  return (
    <Card
      title={t('van_number', { number: work.van + 1 })}
      aside={
        route !== undefined && (
          <span className="muted tabular">
            {f.number(route.km, 1)} km · {f.span(route.seconds)}
          </span>
        )
      }
      testId={`work-${String(work.van + 1)}`}
    >
      <ul className="rows">
        {work.actions.map((one) => (
          <Action key={one.vehicle_id} one={one} plan={plan} />
        ))}
      </ul>
      {route !== undefined && <Way route={route} plan={plan} />}
    </Card>
  );
}

function Action({ one, plan }: { one: ActionShape; plan: PlanShape }) {
  const { t } = useAround();
  return (
    <li className="item" data-testid={`action-${one.label}`}>
      <div className="item-words">
        <p className="action">
          <Link className="strong" to={`/fleet/${one.vehicle_id}`}>
            {one.label || one.vehicle_id}
          </Link>{' '}
          <Link to={`/stations/${one.from_station_id}`}>{one.from_name}</Link>
          {one.what === 'move' ? (
            <>
              <Icon name="rental" size={16} />
              <span className="sr-only">{t('plan_to')}</span>
              <Link to={`/stations/${one.to_station_id}`}>{one.to_name}</Link>
            </>
          ) : (
            <Chip tone="sky" icon="bolt">
              {t('plan_swap')}
            </Chip>
          )}
        </p>
        <Why one={one} plan={plan} />
      </div>
      <div className="item-acts">
        <Chip tone="good" icon="plus">
          {t('plan_worth', { rides: tenths(one.worth) })}
        </Chip>
      </div>
    </li>
  );
}

/** From the numbers that the planner went by; none for stations that the plan does not list. */
function Why({ one, plan }: { one: ActionShape; plan: PlanShape }) {
  const { t } = useAround();
  const goal = goalOf(one, plan.body.stations);
  if (goal === undefined) return null;
  const values = { station: goal.name, out: tenths(goal.out), count: goal.usable };
  return (
    <p className="small muted">
      {t(one.what === 'move' ? 'plan_why_move' : 'plan_why_swap', values)}
      {one.what === 'move' && goal.empty > 0 && ` ${t('plan_why_empty', { count: goal.empty })}`}
    </p>
  );
}

function Way({ route, plan }: { route: RouteShape; plan: PlanShape }) {
  const { t, f } = useAround();
  const labels = (ids: readonly string[]) =>
    ids.map((id) => plan.body.actions.find((one) => one.vehicle_id === id)?.label ?? id).join(', ');
  return (
    <details className="way">
      <summary>{t('van_way', { count: route.stops.length })}</summary>
      <ol className="log">
        {route.stops.map((stop, index) => (
          <li key={`${stop.station_id}-${String(index)}`}>
            <span className="muted tabular">{t('van_after', { span: f.span(stop.after_s) })}</span>
            <div>
              <p className="strong">{stop.name}</p>
              {stop.unload.length > 0 && (
                <p className="small">{t('van_unload', { what: labels(stop.unload) })}</p>
              )}
              {stop.swap.length > 0 && <p className="small">{t('van_swap', { what: labels(stop.swap) })}</p>}
              {stop.load.length > 0 && <p className="small">{t('van_load', { what: labels(stop.load) })}</p>}
            </div>
          </li>
        ))}
      </ol>
    </details>
  );
}

/** As it is shown: 1.04 rides are one ride. */
function tenths(rides: number): number {
  return Math.round(rides * 10) / 10;
}
