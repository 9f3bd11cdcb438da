/** Plans and tasks as people read them: why something is moved, what a van does, what became of a task. Pure. */
import type { ActionShape, PlanShape, RouteShape, StationBalance, TaskShape } from '../api/shapes';

/** A proposal is good for two hours; then the network is another one. */
export type PlanState = PlanShape['state'] | 'over';

export function stateOfPlan(plan: PlanShape, now: number): PlanState {
  return plan.state === 'proposed' && Date.parse(plan.valid_until) < now ? 'over' : plan.state;
}

export interface VanWork {
  readonly van: number;
  readonly route: RouteShape | undefined;
  readonly actions: readonly ActionShape[];
}

/** What each van does, in the vans' order; within a van what is worth most comes first. */
export function byVan({ actions, routes }: PlanShape['body']): readonly VanWork[] {
  const vans = [...new Set(actions.map((one) => one.van))].sort((a, b) => a - b);
  return vans.map((van) => ({
    van,
    route: routes.find((one) => one.van === van),
    actions: actions.filter((one) => one.van === van).sort((a, b) => b.worth - a.worth),
  }));
}

/** The station for whose riders it is done; the plan leaves out those that it concerns least. */
export function goalOf(action: ActionShape, stations: readonly StationBalance[]): StationBalance | undefined {
  return stations.find((one) => one.station_id === action.to_station_id);
}

/** What the docks said of a task that ended by itself; null where a person ended it, or it is not over. */
export function endedByFacts(task: TaskShape): 'swapped' | 'arrived' | 'elsewhere' | null {
  if (task.ended_at === null || task.ended_by !== null) return null;
  if (task.what === 'swap') return 'swapped';
  return task.state === 'done' ? 'arrived' : 'elsewhere';
}

export function isUnderWay(task: TaskShape): boolean {
  return task.state === 'open' || task.state === 'assigned' || task.state === 'started';
}

export interface TaskMoment {
  readonly at: string;
  readonly what: 'made' | 'started' | 'picked' | 'ticked' | 'done' | 'failed' | 'cancelled';
  readonly by: string | null;
  readonly text: string;
}

/** A task's story in the order of time. Who took it up is whom it was given to; the hub keeps no hand of its giving. */
export function storyOfTask(
  task: TaskShape,
  lineText: (key: string, text: string) => string,
): readonly TaskMoment[] {
  const moments: TaskMoment[] = [{ at: task.created_at, what: 'made', by: null, text: '' }];
  if (task.started_at !== null)
    moments.push({ at: task.started_at, what: 'started', by: task.assigned_to, text: '' });
  if (task.picked_at !== null) moments.push({ at: task.picked_at, what: 'picked', by: null, text: '' });
  for (const line of task.checklist) {
    if (line.at !== null)
      moments.push({ at: line.at, what: 'ticked', by: line.by, text: lineText(line.key, line.text) });
  }
  if (task.ended_at !== null && !isUnderWay(task)) {
    const text = task.ended_by === null ? '' : task.reason;
    moments.push({
      at: task.ended_at,
      what: task.state as 'done' | 'failed' | 'cancelled',
      by: task.ended_by,
      text,
    });
  }
  return moments.sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
}

/** A checklist as it is typed: one line each. */
export function linesOf(text: string): readonly string[] {
  return text
    .split('\n')
    .map((one) => one.trim())
    .filter(Boolean);
}
