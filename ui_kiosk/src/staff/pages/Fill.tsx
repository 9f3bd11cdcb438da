/** One checklist. Nothing that was typed is lost when the station says no. */
import { useId, useState, type SyntheticEvent } from 'react';
import { Refusal } from '../../api/client';
import type { ChecklistDoneView, ChecklistView, Problem, StaffChecklist } from '../../api/types';
import { Icon } from '../../ui/icons';
import { useStaff } from '../context';
import { newId } from '../deeds';
import { Go, Press } from '../parts/Press';
import { Question, type Answer } from '../parts/Question';
import { problemOf, Said } from '../parts/Said';
import { useAnswer } from '../useAnswer';
import { whole } from '../../lib/format';

type Answers = Readonly<Record<string, Answer>>;
const EMPTY: Answer = { value: '', note: '', photos: [] };

interface FillProps {
  readonly list: ChecklistView;
  readonly dockNo: number | null;
}

export function Fill({ list, dockNo }: FillProps) {
  const { t } = useStaff();
  const form = useFilling(list, dockNo);
  if (form.done !== null) return <Filled title={list.title} done={form.done} />;
  return (
    <form className="page" onSubmit={form.submit} noValidate data-testid="fill">
      <Go to="#/lists" sign="back">
        {t('back')}
      </Go>
      <h1>{list.title}</h1>
      {list.about === 'vehicle' && (
        <WhichVehicle
          chosen={form.vehicleId}
          isMissing={form.wants.includes('vehicle')}
          onChoose={form.setVehicleId}
        />
      )}
      {list.about === 'dock' && (
        <WhichDock chosen={form.dockNo} isMissing={form.wants.includes('dock')} onChoose={form.setDockNo} />
      )}
      {list.questions.map((question) => (
        <Question
          key={question.key}
          question={question}
          answer={form.answers[question.key] ?? EMPTY}
          isMissing={form.wants.includes(question.key)}
          onAnswer={(answer) => {
            form.setAnswer(question.key, answer);
          }}
        />
      ))}
      {form.wants.length > 0 && (
        <p className="missing" role="alert" data-testid="missing">
          {t('fill_missing', { count: form.wants.length })}
        </p>
      )}
      {form.problem !== null && <Said problem={form.problem} />}
      <Press id="fill-send" tone="volt" wide submit busy={form.isBusy}>
        {t('fill_send')}
      </Press>
      <p className="small">{t('recorded')}</p>
    </form>
  );
}

function useFilling(list: ChecklistView, first: number | null) {
  const { api, over, prefs, look } = useStaff();
  const [actId] = useState(newId);
  const [answers, setAnswers] = useState<Answers>({});
  const [vehicleId, setVehicleId] = useState('');
  const [dockNo, setDockNo] = useState<number | null>(first);
  const [wants, setWants] = useState<readonly string[]>([]);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isBusy, setBusy] = useState(false);
  const [done, setDone] = useState<ChecklistDoneView | null>(null);
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    const lacks = missing(list, answers, vehicleId, dockNo);
    setWants(lacks);
    if (isBusy || lacks.length > 0) return;
    setBusy(true);
    setProblem(null);
    const filled = filledIn(actId, answers, list.about === 'vehicle' ? vehicleId : null, dockNo, prefs.lang);
    api.fill(list.key, filled).then(
      (found) => {
        setDone(found);
        look();
      },
      (error: unknown) => {
        setBusy(false);
        if (error instanceof Refusal && error.problem.code === 'staff_session_over') over();
        else setProblem(problemOf(error));
      },
    );
  };
  const setAnswer = (key: string, answer: Answer) => {
    setAnswers((old) => ({ ...old, [key]: answer }));
    setWants((old) => old.filter((one) => one !== key));
  };
  return {
    answers,
    vehicleId,
    dockNo,
    wants,
    problem,
    isBusy,
    done,
    submit,
    setAnswer,
    setVehicleId,
    setDockNo,
  };
}

export function missing(
  list: ChecklistView,
  answers: Answers,
  vehicleId: string,
  dockNo: number | null,
): readonly string[] {
  const about =
    (list.about === 'vehicle' && vehicleId === '') || (list.about === 'dock' && dockNo === null)
      ? [list.about]
      : [];
  const isOpen = (key: string, kind: string, needed: boolean) => {
    const value = answers[key]?.value.trim() ?? '';
    if (value === '') return needed;
    return kind === 'number' && !/^\d+([.,]\d+)?$/.test(value);
  };
  const open = list.questions.filter((one) => isOpen(one.key, one.kind, one.needed)).map((one) => one.key);
  return [...about, ...open];
}

function filledIn(
  actId: string,
  answers: Answers,
  vehicleId: string | null,
  dockNo: number | null,
  lang: string,
): StaffChecklist {
  return {
    act_id: actId,
    lang,
    vehicle_id: vehicleId,
    dock_no: dockNo,
    answers: Object.entries(answers)
      .filter(([, one]) => one.value.trim() !== '')
      .map(([key, one]) => ({
        key,
        value: one.value.trim().replace(',', '.'),
        note: one.note.trim(),
        photos: one.photos.map((photo) => photo.name),
      })),
  };
}

interface WhichVehicleProps {
  readonly chosen: string;
  readonly isMissing: boolean;
  readonly onChoose: (vehicleId: string) => void;
}

function WhichVehicle({ chosen, isMissing, onChoose }: WhichVehicleProps) {
  const { api, t } = useStaff();
  const [label, setLabel] = useState('');
  const answer = useAnswer(() => api.vehicles(label), label, null);
  const id = useId();
  return (
    <div className="field two">
      <label htmlFor={`${id}-number`}>{t('fill_number_on')}</label>
      <input
        id={`${id}-number`}
        data-testid="fill-search"
        value={label}
        maxLength={20}
        autoComplete="off"
        onChange={(event) => {
          setLabel(event.target.value);
        }}
      />
      <label htmlFor={id}>{t('fill_vehicle')}</label>
      <select
        id={id}
        data-testid="fill-vehicle"
        value={chosen}
        aria-invalid={isMissing}
        onChange={(event) => {
          onChoose(event.target.value);
        }}
      >
        <option value="">{t('fill_choose')}</option>
        {(answer?.vehicles ?? []).map(({ vehicle, dock_no: dockNo }) => (
          <option key={vehicle.vehicle_id} value={vehicle.vehicle_id}>
            {whole(vehicle.label)}
            {dockNo === null ? '' : `, ${t('dock', { dock: dockNo })}`}
          </option>
        ))}
      </select>
    </div>
  );
}

interface WhichDockProps {
  readonly chosen: number | null;
  readonly isMissing: boolean;
  readonly onChoose: (dockNo: number | null) => void;
}

function WhichDock({ chosen, isMissing, onChoose }: WhichDockProps) {
  const { view, t } = useStaff();
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{t('fill_dock')}</label>
      <select
        id={id}
        data-testid="fill-dock"
        value={chosen ?? ''}
        aria-invalid={isMissing}
        onChange={(event) => {
          onChoose(event.target.value === '' ? null : Number(event.target.value));
        }}
      >
        <option value="">{t('fill_choose')}</option>
        {view.docks.map((dock) => (
          <option key={dock.dock_no} value={dock.dock_no}>
            {t('dock', { dock: dock.dock_no })}
          </option>
        ))}
      </select>
    </div>
  );
}

function Filled({ title, done }: { readonly title: string; readonly done: ChecklistDoneView }) {
  const { t } = useStaff();
  return (
    <div className="page" data-testid="fill-done" data-passed={done.passed}>
      <h1 role="status">
        <Icon sign={done.passed ? 'check' : 'warn'} />{' '}
        {t(done.passed ? 'fill_passed' : 'fill_failed', { title })}
      </h1>
      {!done.passed && <p>{t('fill_failed_hint')}</p>}
      <p className="hint">{t(done.queued ? 'final_queued' : 'final_told')}</p>
      <Go to="#/lists" tone="volt" wide id="done">
        {t('done')}
      </Go>
    </div>
  );
}
