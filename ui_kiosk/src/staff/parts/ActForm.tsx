/** Every act by hand asks why. The same act is sent again under the same id, so that it is done once at most. */
import { useEffect, useId, useRef, useState, type SyntheticEvent, type ReactNode } from 'react';
import { Refusal } from '../../api/client';
import type { Problem, StaffDockAct } from '../../api/types';
import { useStaff } from '../context';
import { newId, type Reason } from '../deeds';
import { keyFor } from '../words';
import { Press, type Tone } from './Press';
import { problemOf, Said } from './Said';

interface ActFormProps {
  readonly title: string;
  readonly hint?: string | undefined;
  readonly yes: string;
  readonly tone?: Tone;
  readonly reasons: readonly Reason[];
  readonly children?: ReactNode;
  readonly photos?: readonly string[];
  readonly ready?: boolean;
  readonly onCancel: () => void;
  readonly send: (act: StaffDockAct) => Promise<void>;
}

const LONGEST = 500;

export function ActForm(props: ActFormProps) {
  const { title, hint, yes, tone = 'volt', reasons, children, ready = true, onCancel } = props;
  const { t } = useStaff();
  const form = useAct(props);
  const id = useId();
  return (
    <form className="act" onSubmit={form.submit} aria-labelledby={`${id}-title`} data-testid="act-form">
      <FocusTitle id={`${id}-title`} text={title} />
      {hint !== undefined && <p className="hint">{hint}</p>}
      {children}
      <Reasons
        name={`${id}-reason`}
        reasons={reasons}
        chosen={form.reason}
        isMissing={form.wants === 'reason'}
        onChoose={form.choose}
      />
      <Note
        id={`${id}-note`}
        isNeeded={form.reason === 'other'}
        isMissing={form.wants === 'note'}
        note={form.note}
        onNote={form.setNote}
      />
      {form.problem !== null && <Said problem={form.problem} />}
      <div className="answers">
        <Press id="act-yes" tone={tone} wide submit busy={form.isBusy} disabled={!ready}>
          {yes}
        </Press>
        <Press id="act-cancel" wide onPress={onCancel}>
          {t('cancel')}
        </Press>
      </div>
      <p className="small">{t('recorded')}</p>
    </form>
  );
}

type Missing = 'reason' | 'note' | null;

function missing(reason: Reason | null, note: string): Missing {
  if (reason === null) return 'reason';
  return reason === 'other' && note.trim().length < 3 ? 'note' : null;
}

function useAct({ send, photos = [] }: ActFormProps) {
  const { over } = useStaff();
  const [actId] = useState(newId);
  const [reason, setReason] = useState<Reason | null>(null);
  const [note, setNote] = useState('');
  const [wants, setWants] = useState<Missing>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isBusy, setBusy] = useState(false);
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    const lacks = missing(reason, note);
    setWants(lacks);
    if (isBusy || lacks !== null || reason === null) return;
    setProblem(null);
    setBusy(true);
    send({ act_id: actId, reason, note: note.trim(), photos }).catch((error: unknown) => {
      setBusy(false);
      if (error instanceof Refusal && error.problem.code === 'staff_session_over') over();
      else setProblem(problemOf(error));
    });
  };
  const choose = (chosen: Reason) => {
    setReason(chosen);
    setWants(null);
  };
  return { submit, choose, setNote, reason, note, wants, problem, isBusy };
}

interface NoteProps {
  readonly id: string;
  readonly isNeeded: boolean;
  readonly isMissing: boolean;
  readonly note: string;
  readonly onNote: (note: string) => void;
}

function Note({ id: own, isNeeded, isMissing, note: text, onNote }: NoteProps) {
  const { t } = useStaff();
  return (
    <div className="field">
      <label htmlFor={own}>{t(isNeeded ? 'note' : 'note_optional')}</label>
      <textarea
        id={own}
        data-testid="note"
        rows={2}
        maxLength={LONGEST}
        value={text}
        aria-invalid={isMissing}
        aria-describedby={isMissing ? `${own}-why` : undefined}
        onChange={(event) => {
          onNote(event.target.value);
        }}
      />
      {isMissing && (
        <p className="missing" id={`${own}-why`} role="alert">
          {t('note_needed')}
        </p>
      )}
    </div>
  );
}

/** The question takes the focus when it appears: who goes by keyboard or listens stands where it is. */
function FocusTitle({ id, text }: { readonly id: string; readonly text: string }) {
  const own = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    own.current?.focus();
    own.current?.scrollIntoView({ block: 'nearest' });
  }, []);
  return (
    <h3 id={id} tabIndex={-1} ref={own}>
      {text}
    </h3>
  );
}

interface ReasonsProps {
  readonly name: string;
  readonly reasons: readonly Reason[];
  readonly chosen: Reason | null;
  readonly isMissing: boolean;
  readonly onChoose: (reason: Reason) => void;
}

function Reasons({ name, reasons, chosen, isMissing, onChoose }: ReasonsProps) {
  const { t } = useStaff();
  return (
    <fieldset className="reasons">
      <legend>{t('why')}</legend>
      <div className="chips">
        {reasons.map((reason) => (
          <label key={reason} className="choice">
            <input
              type="radio"
              name={name}
              data-testid={`reason-${reason}`}
              checked={chosen === reason}
              onChange={() => {
                onChoose(reason);
              }}
            />
            <span>{t(keyFor('reason', reason))}</span>
          </label>
        ))}
      </div>
      {isMissing && (
        <p className="missing" role="alert">
          {t('reason_needed')}
        </p>
      )}
    </fieldset>
  );
}
