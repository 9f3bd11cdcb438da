/** A button that does one thing at once, with the refusal beside it; what cannot be undone asks in a sheet instead. */
import type { ReactNode } from 'react';
import type { Asked } from '../api/client';
import { useAround } from '../app/context';
import { useDeed } from '../app/deeds';
import { useReason } from './States';

interface DeedButtonProps {
  readonly path: string;
  readonly asked: Asked;
  readonly children: ReactNode;
  readonly done?: () => void;
  readonly isDanger?: boolean;
}

export function DeedButton({ path, asked, children, done, isDanger = false }: DeedButtonProps) {
  const { t } = useAround();
  const deed = useDeed();
  return (
    <>
      <button
        type="button"
        className={isDanger ? 'button danger' : 'button'}
        disabled={deed.isBusy}
        onClick={() => deed.run(path, asked, done)}
      >
        {deed.isBusy ? t('one_moment') : children}
      </button>
      {deed.error !== null && <Said error={deed.error} />}
    </>
  );
}

/** The refusal, in the reader's words. */
export function Said({ error }: { error: Error }) {
  const { title } = useReason(error);
  return (
    <span className="field-error" role="alert">
      {title}
    </span>
  );
}
