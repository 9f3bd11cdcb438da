/** What a task is called in the reader's language: moves and swaps by what they are, others as somebody wrote them. */
import { useAround } from '../../app/context';
import { useWhole } from '../../api/queries';
import type { StationShape, TaskShape, VehicleShape } from '../../api/shapes';
import { named, type Words } from '../../i18n/words';

const STALE = { stale: 120_000 };

export function useTaskTitle(): (task: TaskShape) => string {
  const { t } = useAround();
  const stations = useWhole<StationShape>('/api/v1/stations', {}, STALE).data?.items;
  const vehicles = useWhole<VehicleShape>('/api/v1/vehicles', {}, { ...STALE, most: 1000 }).data?.items;
  return (task) => {
    const vehicle = vehicles?.find((one) => one.id === task.vehicle_id)?.label;
    const place = task.what === 'move' ? task.to_station_id : task.station_id;
    const station = stations?.find((one) => one.id === place)?.name;
    if (task.what === 'other' || vehicle === undefined || station === undefined) return task.title;
    return t(`task_title_${task.what}`, { vehicle, station });
  };
}

/** A line of the checklist: those of moves and swaps are the hub's own, others are somebody's words. */
export function lineWords(t: Words, task: TaskShape, key: string, text: string): string {
  if (task.what === 'other') return text;
  const said = named(t, 'tick', key);
  return said === key ? text : said;
}
