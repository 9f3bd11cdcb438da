/** A button that fetches an invoice as PDF, with what went wrong beside it. */
import type { ReactNode } from 'react';
import { useAround } from '../app/context';
import { usePaper, type Wanted } from '../app/papers';
import { useReason } from './States';

export function PaperButton({ wanted, children }: { readonly wanted: Wanted; readonly children: ReactNode }) {
  const { t } = useAround();
  const paper = usePaper();
  return (
    <>
      <button type="button" className="button" disabled={paper.isBusy} onClick={() => paper.fetch(wanted)}>
        {paper.isBusy ? t('one_moment') : children}
      </button>
      {paper.error !== null && <Said error={paper.error} />}
    </>
  );
}

function Said({ error }: { error: Error }) {
  const { title, small } = useReason(error);
  return (
    <span className="field-error" role="alert" title={small}>
      {title}
    </span>
  );
}
