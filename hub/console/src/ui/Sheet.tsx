/** A question over the page: the browser's own dialog, so that focus stays in it and Escape leaves it. */
import { useEffect, useRef, type ReactNode } from 'react';
import { useAround } from '../app/context';
import { Icon } from './Icon';

interface SheetProps {
  readonly title: string;
  readonly close: () => void;
  readonly children: ReactNode;
  readonly isWide?: boolean;
  /** What is asked now, where a sheet asks one thing after the other. */
  readonly step?: string;
}

const FIELDS = 'input:not([type=checkbox]), select, textarea';

export function Sheet({ title, close, children, isWide = false, step = '' }: SheetProps) {
  const { t } = useAround();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  // The browser would give the focus to the button that closes; whoever opened this wants to type.
  useEffect(() => dialog.current?.querySelector<HTMLElement>(FIELDS)?.focus(), [step]);
  return (
    <dialog ref={dialog} className={isWide ? 'sheet wide' : 'sheet'} aria-label={title} onClose={close}>
      <div className="sheet-head">
        <h2>{title}</h2>
        <button type="button" className="round" onClick={close}>
          <Icon name="close" />
          <span className="sr-only">{t('close')}</span>
        </button>
      </div>
      {children}
    </dialog>
  );
}
