/** A task by hand: what, where, whose, until when, and what is to be ticked off. */
import { useId, useState } from 'react';
import { useNavigate } from 'react-router';
import { useAround } from '../../app/context';
import { useDeed, useFieldError } from '../../app/deeds';
import { useWhole } from '../../api/queries';
import type { StationShape, TaskShape } from '../../api/shapes';
import { linesOf } from '../../lib/balance';
import { Field } from '../../ui/Field';
import { FormFoot } from '../../ui/Form';
import { Select } from '../../ui/Select';
import { Sheet } from '../../ui/Sheet';
import { useHands } from './people';

const START = { title: '', station_id: '', assigned_to: '', due_at: '', checklist: '' };

export function NewTask({ close }: { readonly close: () => void }) {
  const { t } = useAround();
  const navigate = useNavigate();
  const hands = useHands();
  const stations = useWhole<StationShape>('/api/v1/stations', {}, { stale: 120_000 }).data?.items ?? [];
  const [typed, setTyped] = useState(START);
  const deed = useDeed<TaskShape>();
  const fieldError = useFieldError(deed.error);
  const set = (name: keyof typeof START) => (value: string) => setTyped({ ...typed, [name]: value });
  const submit = () => {
    const body = {
      title: typed.title.trim(),
      station_id: typed.station_id,
      assigned_to: typed.assigned_to === '' ? null : typed.assigned_to,
      due_at: typed.due_at === '' ? null : new Date(typed.due_at).toISOString(),
      checklist: linesOf(typed.checklist),
    };
    deed.run('/api/v1/tasks', { method: 'POST', body }, (made) => void navigate(`/balance/tasks/${made.id}`));
  };
  return (
    <Sheet title={t('task_add')} close={close}>
      <form
        className="form"
        data-testid="task-form"
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <Field label={t('field_title')} name="title" required maxLength={200} value={typed.title} onChange={set('title')} error={fieldError('/title')} />
        <Select label={t('col_station')} name="station_id" value={typed.station_id} onChange={set('station_id')} none={t('choose')} choices={stations.map((one) => ({ id: one.id, name: `${one.number} ${one.name}` }))} error={fieldError('/station_id')} />
        <Select label={t('field_assigned_to')} name="assigned_to" value={typed.assigned_to} onChange={set('assigned_to')} none={t('nobody_yet')} choices={hands} error={fieldError('/assigned_to')} />
        <Field label={t('field_due_at')} name="due_at" type="datetime-local" value={typed.due_at} onChange={set('due_at')} error={fieldError('/due_at')} />
        <LinesField value={typed.checklist} onChange={set('checklist')} error={fieldError('/checklist')} />
        <FormFoot error={deed.error} isBusy={deed.isBusy} act={t('task_add')} close={close} isBlocked={typed.title.trim() === '' || typed.station_id === ''} />
      </form>
    </Sheet>
  ); // prettier-ignore
}

interface LinesFieldProps {
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly error: string | null;
}

function LinesField({ value, onChange, error }: LinesFieldProps) {
  const { t } = useAround();
  const id = useId();
  return (
    <div className={error === null ? 'field' : 'field wrong'}>
      <label htmlFor={id}>{t('field_checklist')}</label>
      <textarea id={id} name="checklist" value={value} aria-invalid={error !== null} aria-describedby={`${id}-help`} onChange={(event) => onChange(event.target.value)} />
      <p className={error === null ? 'field-help' : 'field-error'} id={`${id}-help`}>
        {error ?? t('task_lines_help')}
      </p>
    </div>
  ); // prettier-ignore
}
