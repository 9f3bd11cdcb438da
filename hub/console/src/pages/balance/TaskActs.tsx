/** The acts that the hub offers on a task: start and end it, give it up, give it to somebody, take it back. */
import { useState } from 'react';
import { useAround, useMay, useMe } from '../../app/context';
import { useDeed } from '../../app/deeds';
import type { TaskShape } from '../../api/shapes';
import { isUnderWay } from '../../lib/balance';
import { DeedButton } from '../../ui/DeedButton';
import { FormFoot } from '../../ui/Form';
import { ReasonSheet } from '../../ui/ReasonSheet';
import { Select } from '../../ui/Select';
import { Sheet } from '../../ui/Sheet';
import { useHands } from './people';

interface TaskActsProps {
  readonly task: TaskShape;
  readonly title: string;
}

export function TaskActs({ task, title }: TaskActsProps) {
  const { t } = useAround();
  const may = useMay();
  const me = useMe();
  const [open, setOpen] = useState<'assign' | 'fail' | 'cancel' | null>(null);
  const leads = may('balance:write');
  const isMine = may('tasks:do') && (leads || task.assigned_to === null || task.assigned_to === me.id);
  const path = `/api/v1/tasks/${task.id}`;
  const close = () => setOpen(null);
  if (!isUnderWay(task)) return null;
  const button = (what: 'assign' | 'fail' | 'cancel') => (
    <button type="button" className="button" onClick={() => setOpen(what)}>
      {t(`task_${what}`)}
    </button>
  );
  return (
    <>
      {leads && button('cancel')}
      {leads && task.state !== 'started' && button('assign')}
      {isMine && button('fail')}
      {isMine && <Next path={path} isStarted={task.state === 'started'} />}
      {open === 'assign' && <Assign task={task} title={title} close={close} />}
      {(open === 'fail' || open === 'cancel') && (
        <ReasonSheet title={`${t(`task_${open}`)}: ${title}`} act={t(`task_${open}`)} path={`${path}/${open}`} field="why" close={close} isDanger>
          <p className="muted">{t(`task_${open}_what`)}</p>
        </ReasonSheet>
      )}
    </>
  ); // prettier-ignore
}

/** The one next step. */
function Next({ path, isStarted }: { path: string; isStarted: boolean }) {
  const { t } = useAround();
  const act = isStarted ? 'done' : 'start';
  return (
    <DeedButton key={act} path={`${path}/${act}`} asked={{ method: 'POST' }}>
      {t(`task_${act}`)}
    </DeedButton>
  );
}

function Assign({ task, title, close }: TaskActsProps & { close: () => void }) {
  const { t } = useAround();
  const hands = useHands();
  const [id, setId] = useState(task.assigned_to ?? '');
  const deed = useDeed<TaskShape>();
  return (
    <Sheet title={`${t('task_assign')}: ${title}`} close={close}>
      <form
        className="form"
        data-testid="assign-form"
        onSubmit={(event) => {
          event.preventDefault();
          const body = { assigned_to: id === '' ? null : id };
          deed.run(`/api/v1/tasks/${task.id}/assign`, { method: 'POST', body }, close);
        }}
      >
        <Select label={t('field_assigned_to')} name="assigned_to" value={id} onChange={setId} none={t('nobody_yet')} choices={hands} />
        <FormFoot error={deed.error} isBusy={deed.isBusy} act={t('task_assign')} close={close} />
      </form>
    </Sheet>
  ); // prettier-ignore
}
