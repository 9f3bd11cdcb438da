/** A checklist as a form: what it is called, what it is about, its questions in their order. */
import { useEffect, useRef, useState } from 'react';
import { useNavigate } from 'react-router';
import { useAround } from '../../app/context';
import { useDeed, useFieldError } from '../../app/deeds';
import { useUnsaved } from '../../app/leaving';
import type { ChecklistBody, ChecklistShape } from '../../api/shapes';
import {
  bodyOf,
  isWhole,
  keyFrom,
  MOST_QUESTIONS,
  moved,
  newQuestion,
  nextRow,
  type Draft,
  type DraftQuestion,
} from '../../lib/checklist_form';
import { Field } from '../../ui/Field';
import { FormFoot } from '../../ui/Form';
import { Card } from '../../ui/Head';
import { Select } from '../../ui/Select';
import { QuestionFields } from './QuestionFields';
import { TextFields } from './TextFields';

export const ASKED = '/checklists/asked';
const PATH = '/api/v1/checklists';
const ABOUT = ['station', 'dock', 'vehicle'] as const;

interface ChecklistFormProps {
  readonly first: Draft;
  /** Of what is changed; without it a new one is made. */
  readonly etag?: string;
}

export function ChecklistForm({ first, etag }: ChecklistFormProps) {
  const { t } = useAround();
  const form = useForm(first, etag);
  const { draft, set, error } = form;
  const isNew = etag === undefined;
  return (
    <form
      className="form checklist-form"
      data-testid="checklist-form"
      onSubmit={(event) => {
        event.preventDefault();
        form.submit();
      }}
    >
      <Card>
        <div className="form">
          <TextFields name="title" legend={t('field_list_title')} texts={draft.title} set={(title) => set({ title })} error={(lang) => error(`/title/${lang}`) ?? error('/title')} />
          <div className="form-pair">
            <Select label={t('field_about')} name="about" value={draft.about} onChange={(about) => set({ about: about as ChecklistBody['about'] })} choices={ABOUT.map((id) => ({ id, name: t(`about_${id}`) }))} />
            {isNew && <Field label={t('field_key')} help={t('key_help')} name="key" maxLength={60} autoComplete="off" spellCheck={false} value={form.key} onChange={(key) => set({ key })} error={error('/key')} />}
          </div>
        </div>
      </Card>
      <Card title={t('questions')}>
        <Questions form={form} />
      </Card>
      <FormFoot error={form.deed.error} isBusy={form.deed.isBusy} isBlocked={!isWhole(draft)} act={isNew ? t('list_make') : t('save')} close={form.leave} />
    </form>
  ); // prettier-ignore
}

type Form = ReturnType<typeof useForm>;

function Questions({ form }: { form: Form }) {
  const { t } = useAround();
  const list = useRef<HTMLOListElement>(null);
  const { draft, gone, place } = form;
  // A row that has moved takes the focus with it, so that the same press moves it on.
  useEffect(() => {
    if (place === null) return;
    const row = list.current?.querySelector<HTMLElement>(`[data-row="${String(place.row)}"]`);
    row?.querySelector<HTMLElement>(place.by === 0 ? 'input' : `[data-move="${String(place.by)}"]`)?.focus();
  }, [place]);
  return (
    <>
      <ol className="question-list" ref={list}>
        {draft.questions.map((one, index) => (
          <QuestionFields
            key={one.row}
            one={one}
            number={index + 1}
            set={(change) => form.change(one.row, change)}
            move={(by) => form.move(one.row, by)}
            remove={() => form.remove(one.row)}
            error={(pointer) => form.error(`/questions/${String(index)}${pointer}`)}
          />
        ))}
      </ol>
      <div className="card-acts">
        <button
          type="button"
          className="button"
          disabled={draft.questions.length >= MOST_QUESTIONS}
          onClick={form.add}
        >
          {t('question_add')}
        </button>
        {gone !== null && (
          <button type="button" className="link" onClick={form.putBack}>
            {t('question_back')}
          </button>
        )}
      </div>
    </>
  );
}

function useForm(first: Draft, etag: string | undefined) {
  const navigate = useNavigate();
  const [draft, setDraft] = useState(first);
  const [gone, setGone] = useState<{ one: DraftQuestion; at: number } | null>(null);
  const [place, setPlace] = useState<{ row: number; by: -1 | 0 | 1 } | null>(null);
  const deed = useDeed<ChecklistShape>();
  const fieldError = useFieldError(deed.error);
  useUnsaved(draft !== first && deed.value === undefined);
  const set = (change: Partial<Draft>) => setDraft({ ...draft, ...change });
  const asked = (questions: readonly DraftQuestion[]) => set({ questions });
  const key = draft.key === '' ? keyFrom(draft.title['en'] ?? '') : draft.key;
  const leave = () => void navigate(ASKED);
  return {
    draft, set, deed, error: fieldError, leave, gone, place,
    key: draft.key === '' && (draft.title['en'] ?? '') === '' ? '' : key,
    submit: () => {
      const body = bodyOf(draft);
      if (etag === undefined) deed.run(PATH, { method: 'POST', body: { ...body, key } }, leave);
      else deed.run(`${PATH}/${draft.key}`, { method: 'PUT', body, headers: { 'If-Match': etag } }, leave);
    },
    change: (row: number, change: Partial<DraftQuestion>) =>
      asked(draft.questions.map((one) => (one.row === row ? { ...one, ...change } : one))),
    move: (row: number, by: -1 | 1) => {
      asked(moved(draft.questions, row, by));
      setPlace({ row, by });
    },
    add: () => {
      const row = nextRow(draft.questions);
      asked([...draft.questions, newQuestion(row)]);
      setPlace({ row, by: 0 });
    },
    remove: (row: number) => {
      const at = draft.questions.findIndex((one) => one.row === row);
      const one = draft.questions[at];
      if (one !== undefined) setGone({ one, at });
      asked(draft.questions.filter((other) => other.row !== row));
    },
    putBack: () => {
      if (gone === null) return;
      const one = { ...gone.one, row: nextRow(draft.questions) };
      asked([...draft.questions.slice(0, gone.at), one, ...draft.questions.slice(gone.at)]);
      setGone(null);
      setPlace({ row: one.row, by: 0 });
    },
  }; // prettier-ignore
}
