/** The foot of every form: what went wrong as a summary that takes the focus, then the one act and the way out. */
import { useEffect, useRef } from 'react';
import { Refusal } from '../api/client';
import { useAround } from '../app/context';
import { fieldLabel, fieldWords } from '../lib/problems';
import { useReason } from './States';

interface FootProps {
  readonly error: Error | null;
  readonly isBusy: boolean;
  readonly act: string;
  readonly close: () => void;
  readonly isDanger?: boolean;
  readonly isBlocked?: boolean;
}

export function FormFoot({ error, isBusy, act, close, isDanger = false, isBlocked = false }: FootProps) {
  const { t } = useAround();
  return (
    <>
      {error !== null && <Summary error={error} />}
      <div className="form-foot">
        <button type="button" className="button" onClick={close}>
          {t('cancel')}
        </button>
        <button
          type="submit"
          className={isDanger ? 'button danger' : 'button primary'}
          disabled={isBusy || isBlocked}
        >
          {isBusy ? t('one_moment') : act}
        </button>
      </div>
    </>
  );
}

function Summary({ error }: { error: Error }) {
  const { t } = useAround();
  const { title, small } = useReason(error);
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => place.current?.focus(), [error]);
  const fields = error instanceof Refusal ? error.problem.errors : [];
  return (
    <div className="failure" role="alert" tabIndex={-1} ref={place}>
      <div>
        <p className="failure-title">{title}</p>
        {fields.length > 0 && (
          <ul className="small">
            {fields.map((one) => (
              <li key={one.pointer + one.type}>
                {fieldLabel(t, one.pointer)}: {fieldWords(t, one)}
              </li>
            ))}
          </ul>
        )}
        <p className="small">{small}</p>
      </div>
    </div>
  );
}
