/** One question before a deed that stands in the record: what will happen, and why. */
import { useState, type ReactNode } from 'react';
import { useAround } from '../app/context';
import { useDeed, useFieldError } from '../app/deeds';
import { Field } from './Field';
import { FormFoot } from './Form';
import { Sheet } from './Sheet';

const SHORTEST = 3;

interface ReasonSheetProps {
  readonly title: string;
  readonly act: string;
  readonly path: string;
  readonly close: () => void;
  readonly children?: ReactNode;
  /** The field that carries the words; the hub calls it differently from route to route. */
  readonly field?: 'reason' | 'why' | 'note';
  readonly body?: Readonly<Record<string, unknown>>;
  readonly isDanger?: boolean;
  readonly isOptional?: boolean;
}

export function ReasonSheet({
  title,
  act,
  path,
  close,
  children,
  isDanger = false,
  ...rest
}: ReasonSheetProps) {
  const { t } = useAround();
  const { field = 'reason', body = {}, isOptional = false } = rest;
  const [words, setWords] = useState('');
  const [isTooShort, setTooShort] = useState(false);
  const deed = useDeed();
  const fieldError = useFieldError(deed.error);
  const submit = () => {
    const lacks = !isOptional && words.trim().length < SHORTEST;
    setTooShort(lacks);
    if (!lacks) deed.run(path, { method: 'POST', body: { ...body, [field]: words.trim() } }, close);
  };
  return (
    <Sheet title={title} close={close}>
      <form
        className="form"
        data-testid="reason-form"
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        {children}
        <Field
          label={isOptional ? t('note') : t('reason')}
          help={t('reason_help')}
          name="reason"
          value={words}
          onChange={setWords}
          maxLength={500}
          error={isTooShort ? t('reason_missing') : fieldError(`/${field}`)}
        />
        <FormFoot error={deed.error} isBusy={deed.isBusy} act={act} close={close} isDanger={isDanger} />
      </form>
    </Sheet>
  );
}
