/** One task: what is to be ticked off, what happened to it, what it is about, and the acts that are open now. */
import { Link, useParams } from 'react-router';
import { useAround, useMay, useMe } from '../../app/context';
import { useDeed } from '../../app/deeds';
import { useAsk } from '../../api/queries';
import type { Line, TaskShape } from '../../api/shapes';
import { endedByFacts, storyOfTask, type TaskMoment } from '../../lib/balance';
import { Card, Head } from '../../ui/Head';
import { StationName, VehicleName } from '../../ui/Names';
import { Pairs } from '../../ui/Pairs';
import { Empty, Failure, Loading, useReason } from '../../ui/States';
import { HandName } from './HandName';
import { TaskActs } from './TaskActs';
import { TaskState } from './TaskState';
import { lineWords, useTaskTitle } from './task_words';

export function Task() {
  const { taskId = '' } = useParams();
  const { t } = useAround();
  const may = useMay();
  const asked = useAsk<TaskShape>(`/api/v1/tasks/${taskId}`, { every: 10_000, enabled: may('tasks:read') });
  if (!may('tasks:read')) return <Empty icon="lock" title={t('problem_forbidden')} />;
  const again = () => void asked.refetch();
  if (asked.data === undefined) {
    if (asked.isError) return <Failure error={asked.error} again={again} />;
    return <Loading rows={6} />;
  }
  return (
    <>
      {asked.isError && <Failure error={asked.error} again={again} />}
      <Shown task={asked.data} />
    </>
  );
}

function Shown({ task }: { task: TaskShape }) {
  const { t } = useAround();
  const title = useTaskTitle()(task);
  return (
    <>
      <Head
        title={title}
        under={
          <>
            <TaskState task={task} />
            <span className="muted">
              {task.assigned_to === null ? t('nobody_yet') : <HandName id={task.assigned_to} />}
            </span>
          </>
        }
      >
        <TaskActs task={task} title={title} />
      </Head>
      <div className="station">
        <div className="station-main">
          <Checklist task={task} />
          <Card title={t('case_history')} testId="task-story">
            <Story task={task} />
          </Card>
        </div>
        <Card title={t('case_about')}>
          <About task={task} />
        </Card>
      </div>
    </>
  );
}

function About({ task }: { task: TaskShape }) {
  const { t, f } = useAround();
  return (
    <Pairs
      pairs={[
        [task.what === 'move' ? t('col_from') : t('col_station'), <StationName key="s" id={task.station_id} />],
        ...(task.what === 'move' ? [[t('plan_to'), <StationName key="t" id={task.to_station_id} />] as const] : []),
        ...(task.vehicle_id === null ? [] : [[t('col_vehicle'), <VehicleName key="v" id={task.vehicle_id} />] as const]),
        ...(task.soc_pct === null ? [] : [[t('task_soc'), f.percent(task.soc_pct)] as const]),
        [t('field_due_at'), task.due_at === null ? null : f.when(task.due_at)],
        ...(task.plan_id === null ? [] : [[t('task_plan'), <Link key="p" to={`/balance/plans/${task.plan_id}`}>{t('task_plan_see')}</Link>] as const]),
      ]}
    />
  ); // prettier-ignore
}

/** Ticked by whoever is at it; who plans may tick everybody's. */
function Checklist({ task }: { task: TaskShape }) {
  const { t } = useAround();
  const may = useMay();
  const me = useMe();
  const deed = useDeed<TaskShape>();
  if (task.checklist.length === 0) return null;
  const isOpen =
    task.state === 'started' && may('tasks:do') && (may('balance:write') || task.assigned_to === me.id);
  const left = task.checklist.filter((one) => one.at === null).length;
  const flip = (line: Line, done: boolean) =>
    deed.run(`/api/v1/tasks/${task.id}/check`, { method: 'POST', body: { key: line.key, done } });
  return (
    <Card
      title={t('field_checklist')}
      aside={<span className="muted">{t('task_left', { count: left })}</span>}
      testId="task-checklist"
    >
      {task.state !== 'started' && left > 0 && <p className="small muted">{t('task_tick_when')}</p>}
      <ul className="rows">
        {task.checklist.map((line) => (
          <li key={line.key}>
            <label className="tick">
              <input
                type="checkbox"
                checked={line.at !== null}
                disabled={!isOpen || deed.isBusy}
                onChange={(event) => flip(line, event.target.checked)}
              />
              {lineWords(t, task, line.key, line.text)}
            </label>
          </li>
        ))}
      </ul>
      {deed.error !== null && <Said error={deed.error} />}
    </Card>
  );
}

function Said({ error }: { error: Error }) {
  const { title } = useReason(error);
  return (
    <p className="field-error" role="alert">
      {title}
    </p>
  );
}

function Story({ task }: { task: TaskShape }) {
  const { t, f } = useAround();
  const moments = storyOfTask(task, (key, text) => lineWords(t, task, key, text));
  const facts = endedByFacts(task);
  const isEnd = (one: TaskMoment) => one.what === 'done' || one.what === 'failed' || one.what === 'cancelled';
  return (
    <ol className="log">
      {moments.map((one) => (
        <li key={`${one.at} ${one.what} ${one.text}`}>
          <time dateTime={one.at} title={f.exact(one.at)}>
            {f.when(one.at)}
          </time>
          <div>
            <p>
              <span className="strong">{t(`task_story_${one.what}`)}</span>{' '}
              {one.by !== null && <HandName id={one.by} />}
            </p>
            {one.text !== '' && <p className="small muted">{one.text}</p>}
            {isEnd(one) && facts !== null && <p className="small muted">{t(`task_facts_${facts}`)}</p>}
          </div>
        </li>
      ))}
    </ol>
  );
}
