/** What staff has to do, filtered by the address (`?state=started&station=…&mine=1`): where, what, whose, until when. */
import { useState } from 'react';
import { Link, useSearchParams } from 'react-router';
import { useAround, useMay } from '../../app/context';
import { useFilters } from '../../app/filters';
import { useWhole } from '../../api/queries';
import type { TaskShape } from '../../api/shapes';
import { isUnderWay } from '../../lib/balance';
import { useNow } from '../../lib/clock';
import { Chip } from '../../ui/Chip';
import { Card, Head } from '../../ui/Head';
import { Icon } from '../../ui/Icon';
import { StationName } from '../../ui/Names';
import { StationFilter } from '../../ui/StationFilter';
import { Empty, Failure, Loading } from '../../ui/States';
import { BalanceTabs } from './BalanceTabs';
import { HandName } from './HandName';
import { NewTask } from './NewTask';
import { TaskState } from './TaskState';
import { useTaskTitle } from './task_words';

const SHOWN = 200;
const VIEWS = ['under_way', 'open', 'assigned', 'started', 'done', 'failed', 'cancelled', 'all'] as const;

export function Tasks() {
  const { t } = useAround();
  const may = useMay();
  return may('tasks:read') ? <List /> : <Empty icon="lock" title={t('problem_forbidden')} />;
}

function List() {
  const { t } = useAround();
  const may = useMay();
  const [search] = useSearchParams();
  const [isOpen, setOpen] = useState(false);
  const view = search.get('state') ?? 'under_way';
  const asked = useWhole<TaskShape>('/api/v1/tasks', filtersOf(search, view), { every: 10_000, most: SHOWN });
  const tasks = asked.data?.items ?? [];
  return (
    <>
      <Head title={t('tab_tasks')}>
        {may('balance:write') && (
          <button type="button" className="button primary" onClick={() => setOpen(true)}>
            <Icon name="plus" size={18} />
            {t('task_add')}
          </button>
        )}
      </Head>
      <BalanceTabs />
      {asked.error !== null && <Failure error={asked.error} again={() => void asked.refetch()} />}
      <Card>
        <Filters view={view} />
        {asked.isLoading && <Loading rows={6} />}
        {asked.data !== undefined && tasks.length === 0 && (
          <Empty icon="check" title={view === 'under_way' ? t('tasks_none') : t('none_found')} />
        )}
        <ul className="rows" data-testid="tasks">
          {tasks.map((one) => (
            <Row key={one.id} task={one} />
          ))}
        </ul>
        {asked.data?.complete === false && <p className="small muted">{t('shown_only', { count: SHOWN })}</p>}
      </Card>
      {isOpen && <NewTask close={() => setOpen(false)} />}
    </>
  );
}

/** The address's filters as the hub takes them. */
function filtersOf(search: URLSearchParams, view: string) {
  const isState = view !== 'under_way' && view !== 'all';
  return {
    state: isState ? view : null,
    under_way: view === 'under_way' ? true : null,
    station_id: search.get('station'),
    plan_id: search.get('plan'),
    mine: search.get('mine') === '1' ? true : null,
  };
}

function Filters({ view }: { view: string }) {
  const { t } = useAround();
  const [search, choose] = useFilters();
  return (
    <div className="filters">
      <select
        className="control"
        aria-label={t('filter_state')}
        value={view}
        onChange={(event) => choose('state', event.target.value)}
      >
        {VIEWS.map((one) => (
          <option key={one} value={one}>
            {t(`task_state_${one}`)}
          </option>
        ))}
      </select>
      <StationFilter />
      <label className="tick">
        <input
          type="checkbox"
          checked={search.get('mine') === '1'}
          onChange={(event) => choose('mine', event.target.checked ? '1' : '')}
        />
        {t('tasks_mine')}
      </label>
      {search.get('plan') !== null && (
        <button type="button" className="button" onClick={() => choose('plan', '')}>
          {t('tasks_of_plan')}
          <Icon name="close" size={16} />
        </button>
      )}
    </div>
  );
}

function Row({ task }: { task: TaskShape }) {
  const { t, f } = useAround();
  const title = useTaskTitle()(task);
  const isLate = useNow(30) > Date.parse(task.due_at ?? '') && isUnderWay(task);
  return (
    <li className="item" data-testid={`task-${task.id}`}>
      <div className="item-words">
        <p>
          <Link className="strong" to={`/balance/tasks/${task.id}`}>
            {title}
          </Link>
        </p>
        <p className="small muted">
          <StationName id={task.station_id} />
          {' · '}
          {task.assigned_to === null ? t('nobody_yet') : <HandName id={task.assigned_to} />}
          {' · '}
          <time dateTime={task.created_at} title={f.exact(task.created_at)}>
            {f.when(task.created_at)}
          </time>
        </p>
      </div>
      <div className="item-acts">
        {task.due_at !== null && (
          <Chip tone={isLate ? 'coral' : 'plain'}>
            {t(isLate ? 'task_late' : 'task_due', { time: f.when(task.due_at) })}
          </Chip>
        )}
        <TaskState task={task} />
      </div>
    </li>
  );
}
