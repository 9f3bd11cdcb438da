/** The audit log proves itself: its records are hashed again, and a head that was noted earlier is looked for. */
import { useState } from 'react';
import { useAround } from '../../app/context';
import { query } from '../../api/client';
import type { Session } from '../../api/session';
import type { Verification } from '../../api/shapes';
import { Chip } from '../../ui/Chip';
import { Field } from '../../ui/Field';
import { FormFoot } from '../../ui/Form';
import { Once } from '../../ui/Once';
import { Sheet } from '../../ui/Sheet';

const AT_ONCE = 10_000;
const NOTED = /^\s*(\d+):([0-9a-f]{64})\s*$/i;

interface Word {
  readonly isRunning: boolean;
  readonly checked: number;
  readonly last: Verification | null;
  readonly error: Error | null;
}

const NOTHING: Word = { isRunning: false, checked: 0, last: null, error: null };

export function VerifySheet({ close }: { readonly close: () => void }) {
  const { t } = useAround();
  const { session } = useAround();
  const [noted, setNoted] = useState('');
  const [isWrong, setWrong] = useState(false);
  const [word, setWord] = useState(NOTHING);
  const run = () => {
    const head = NOTED.exec(noted);
    setWrong(noted.trim() !== '' && head === null);
    if (noted.trim() !== '' && head === null) return;
    void verify(session, head, setWord);
  };
  return (
    <Sheet title={t('audit_verify')} close={close}>
      <form
        className="form"
        data-testid="verify"
        onSubmit={(event) => {
          event.preventDefault();
          run();
        }}
      >
        <p className="muted">{t('audit_verify_what')}</p>
        <Field
          label={t('audit_noted')}
          help={t('audit_noted_help')}
          name="noted"
          spellCheck={false}
          value={noted}
          onChange={setNoted}
          error={isWrong ? t('audit_noted_wrong') : null}
        />
        <Said word={word} />
        <FormFoot error={word.error} isBusy={word.isRunning} act={t('audit_verify')} close={close} />
      </form>
    </Sheet>
  );
}

function Said({ word }: { word: Word }) {
  const { t, f } = useAround();
  if (word.last === null) return null;
  const { intact, broken, head } = word.last;
  if (word.isRunning) return <p role="status">{t('audit_checked', { count: word.checked })}</p>;
  return (
    <div className="form" role="status" data-testid="verdict">
      <p>
        <Chip tone={intact ? 'good' : 'coral'}>{intact ? t('audit_intact') : t('audit_broken')}</Chip>{' '}
        {t('audit_checked', { count: word.checked })}
      </p>
      {broken !== null && (
        <p className="notice amber">{t(`audit_${broken.fault}`, { number: f.number(broken.seq) })}</p>
      )}
      {intact && head !== null && (
        <Once label={t('audit_head')} secret={`${String(head.seq)}:${head.hash}`} />
      )}
    </div>
  );
}

/** From the first record to the last, so many at once; what was found is told after each step. */
async function verify(
  session: Session,
  head: RegExpExecArray | null,
  tell: (word: Word) => void,
): Promise<void> {
  let [after, checked] = [0, 0];
  let last: Verification | null = null;
  try {
    do {
      tell({ isRunning: true, checked, last, error: null });
      const noted = { noted_seq: head?.[1], noted_hash: head?.[2]?.toLowerCase() };
      const path = `/api/v1/audit/verification${query({ after_seq: after, limit: AT_ONCE, ...noted })}`;
      last = (await session.call<Verification>(path)).value;
      checked += last.checked;
      after = last.head?.seq ?? after;
    } while (last.intact && last.more);
    tell({ isRunning: false, checked, last, error: null });
  } catch (error) {
    tell({ ...NOTHING, error: error instanceof Error ? error : new Error(String(error)) });
  }
}
