/** How a task stands. */
import { useAround } from '../../app/context';
import type { TaskShape } from '../../api/shapes';
import { Chip, type Tone } from '../../ui/Chip';

const TONES: Readonly<Record<TaskShape['state'], Tone>> = {
  open: 'amber',
  assigned: 'plain',
  started: 'sky',
  done: 'good',
  failed: 'coral',
  cancelled: 'plain',
};

export function TaskState({ task }: { readonly task: TaskShape }) {
  const { t } = useAround();
  return <Chip tone={TONES[task.state]}>{t(`task_state_${task.state}`)}</Chip>;
}
