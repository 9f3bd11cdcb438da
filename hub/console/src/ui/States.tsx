/** The states that every list and picture has beside "full": empty, loading, failed, old. None of them is left blank. */
import type { ReactNode } from 'react';
import { Refusal, Unreachable } from '../api/client';
import { useAround } from '../app/context';
import { problemNext, problemTitle } from '../lib/problems';
import { Icon, type IconName } from './Icon';

export function Empty({ icon, title, children }: { icon: IconName; title: string; children?: ReactNode }) {
  return (
    <div className="empty">
      <Icon name={icon} size={28} />
      <p className="empty-title">{title}</p>
      {children !== undefined && <div className="empty-more">{children}</div>}
    </div>
  );
}

/** Grey rows where the list will stand, so that nothing jumps when it comes. */
export function Loading({ rows = 4 }: { rows?: number }) {
  const { t } = useAround();
  return (
    <div className="loading" role="status">
      <span className="sr-only">{t('loading')}</span>
      {Array.from({ length: rows }, (_, index) => (
        <span key={index} className="loading-row" />
      ))}
    </div>
  );
}

export function Failure({ error, again }: { error: Error; again?: () => void }) {
  const { t } = useAround();
  const { title, small } = useReason(error);
  return (
    <div className="failure" role="alert">
      <Icon name="alert" size={24} />
      <div>
        <p className="failure-title">{title}</p>
        <p className="small">{small}</p>
        {again !== undefined && (
          <button type="button" className="button" onClick={again}>
            {t('try_again')}
          </button>
        )}
      </div>
    </div>
  );
}

/** What went wrong as people say it, then what to do next and what support wants to know, in small. */
export function useReason(error: Error): { title: string; small: string } {
  const { t } = useAround();
  if (error instanceof Refusal) {
    const { code, trace_id } = error.problem;
    const next = problemNext(t, error.problem);
    return {
      title: problemTitle(t, error.problem),
      small: [next, `${code} · ${trace_id.slice(0, 8)}`].filter(Boolean).join(' '),
    };
  }
  if (error instanceof Unreachable)
    return { title: t('problem_unreachable'), small: t('problem_unreachable_do') };
  return { title: t('problem_other'), small: error.message };
}

/** How old a number is; amber when it is older than it should be. */
export function Age({ at, now, staleAfter }: { at: string; now: number; staleAfter: number }) {
  const { t, f } = useAround();
  const seconds = (now - Date.parse(at)) / 1000;
  const isOld = seconds > staleAfter;
  const text = isOld
    ? t('as_of', { time: f.when(at), ago: f.span(seconds) })
    : t('as_of_now', { time: f.time(at) });
  return <span className={isOld ? 'chip amber' : 'chip'}>{text}</span>;
}
