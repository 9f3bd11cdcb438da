/**
 * A question over the page: the browser's own dialog, so that focus stays in it and Escape leaves it. What is half typed
 * there is asked about before it goes by Escape, by the cross or with the page; a form's own Cancel means it.
 */
import { useEffect, useRef, type ReactNode, type RefObject } from 'react';
import { useAround } from '../app/context';
import { useLeaving } from '../app/leaving';
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
  const leaving = useLeaving();
  const dialog = useRef<HTMLDialogElement>(null);
  const typed = useRef<HTMLFormElement | null>(null);
  // A form that is done makes room for what it made.
  useEffect(() => leaving.hold(() => typed.current?.isConnected === true), [leaving]);
  const leave = () => (typed.current?.isConnected === true ? leaving.question(close) : close());
  useStay(dialog, typed, leave);
  useEffect(() => dialog.current?.showModal(), []);
  // The browser would give the focus to the button that closes; whoever opened this wants to type.
  useEffect(() => dialog.current?.querySelector<HTMLElement>(FIELDS)?.focus(), [step]);
  return (
    <dialog
      ref={dialog}
      className={isWide ? 'sheet wide' : 'sheet'}
      aria-label={title}
      onClose={close}
      onInput={(event) => (typed.current = (event.target as HTMLElement).closest('form'))}
    >
      <div className="sheet-head">
        <h2>{title}</h2>
        <button type="button" className="round" onClick={leave}>
          <Icon name="close" />
          <span className="sr-only">{t('close')}</span>
        </button>
      </div>
      {children}
    </dialog>
  );
}

/** Escape asks first. The key itself is caught too: a browser lets nobody hold a dialog by `cancel` twice in a row. */
function useStay(
  dialog: RefObject<HTMLDialogElement | null>,
  typed: RefObject<HTMLFormElement | null>,
  leave: () => void,
): void {
  useEffect(() => {
    const sheet = dialog.current;
    const stay = (event: Event) => {
      if (event instanceof KeyboardEvent ? event.key !== 'Escape' : event.target !== sheet) return;
      if (typed.current?.isConnected !== true) return;
      event.preventDefault();
      leave();
    };
    sheet?.addEventListener('keydown', stay);
    sheet?.addEventListener('cancel', stay);
    return () => {
      sheet?.removeEventListener('keydown', stay);
      sheet?.removeEventListener('cancel', stay);
    };
  });
}
