/** How a no is said: what it was, what to do now, and the code small below. Takes the focus, so it is read out. */
import { useEffect, useRef } from 'react';
import { Refusal } from '../../api/client';
import type { Problem } from '../../api/types';
import { useSpeaking, type Speaking } from '../context';
import { keyFor, type StaffKey } from '../words';

export function problemOf(error: unknown): Problem {
  if (error instanceof Refusal) return error.problem;
  return { type: '', title: '', status: 0, code: 'unreachable' };
}

export function Said({ problem }: { readonly problem: Problem }) {
  const speaking = useSpeaking();
  const { t } = speaking;
  const own = useRef<HTMLDivElement>(null);
  useEffect(() => {
    own.current?.focus();
  }, [problem]);
  const key = keyFor('problem', problem.code);
  const values = { ...problem.params, until: untilOf(problem, speaking) };
  return (
    <div className="said" role="alert" tabIndex={-1} ref={own} data-testid="problem" data-code={problem.code}>
      <strong>{t(key, values)}</strong>
      <p>{t(adviceOf(key), values)}</p>
      <small>{t('problem_code', { code: problem.code })}</small>
    </div>
  );
}

function adviceOf(key: StaffKey): StaffKey {
  return keyFor('problem', `${key.replace('problem_', '')}_do`);
}

function untilOf(problem: Problem, { f }: Speaking): string | null {
  const until = problem.params?.['until'];
  return typeof until === 'string' ? f.time(until) : null;
}
