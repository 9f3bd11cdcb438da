/** How somebody comes in: password, then a code where a second factor is on, with what went wrong and until when to wait. */
import { useEffect, useState } from 'react';
import { useLocation, useNavigate } from 'react-router';
import { Refusal } from '../../api/client';
import { useAround } from '../../app/context';
import { useNow } from '../../lib/clock';
import { cameBack } from './back';

export type Step =
  { readonly at: 'password' } | { readonly at: 'code'; readonly challenge: string; readonly who: string };

export interface Trouble {
  readonly error: Error;
  readonly since: number;
  /** Milliseconds since 1970 until which nothing more is taken; null where nothing has to be waited for. */
  readonly until: number | null;
}

export interface Signing {
  readonly step: Step;
  readonly trouble: Trouble | null;
  readonly isBusy: boolean;
  readonly isLocked: boolean;
  readonly code: string | null;
  readonly send: (body: Readonly<Record<string, string>>, who: string) => Promise<boolean>;
  readonly startOver: () => void;
}

export function useSigning(): Signing {
  const { session } = useAround();
  const [step, setStep] = useState<Step>({ at: 'password' });
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const [isBusy, setBusy] = useState(false);
  const now = useNow();
  const attempt = async (work: () => Promise<void>, who: string): Promise<boolean> => {
    setBusy(true);
    try {
      await work();
      return true;
    } catch (error) {
      const challenge = challengeOf(error);
      setTrouble(challenge === null ? troubleOf(error) : null);
      if (challenge !== null) setStep({ at: 'code', challenge, who });
      else if (codeOf(error) === 'challenge_invalid') setStep({ at: 'password' });
      return challenge !== null;
    } finally {
      setBusy(false);
    }
  };
  useComeBack(() => void attempt(() => session.comeBack(), ''));
  return {
    step,
    trouble,
    isBusy,
    isLocked: trouble?.until != null && now < trouble.until,
    code: trouble === null ? null : codeOf(trouble.error),
    send: (body, who) => attempt(() => session.signIn(body), who),
    startOver: () => {
      setStep({ at: 'password' });
      setTrouble(null);
    },
  };
}

/** Once, when a provider has sent somebody back: the address forgets it, and the session is asked for. */
function useComeBack(comeBack: () => void): void {
  const { pathname, search } = useLocation();
  const navigate = useNavigate();
  useEffect(() => {
    const rest = cameBack(search);
    if (rest === null) return;
    void navigate({ pathname, search: rest }, { replace: true });
    comeBack();
  }, []);
}

function codeOf(error: unknown): string | null {
  return error instanceof Refusal ? error.problem.code : null;
}

function challengeOf(error: unknown): string | null {
  if (!(error instanceof Refusal) || error.problem.code !== 'second_factor_required') return null;
  const challenge = error.problem.params['challenge'];
  return typeof challenge === 'string' ? challenge : null;
}

/** What went wrong now, and until when it lasts. */
export function troubleOf(error: unknown): Trouble {
  const seen = error instanceof Error ? error : new Error(String(error));
  const wait = seen instanceof Refusal ? seen.problem.params['retry_after_s'] : undefined;
  const since = Date.now();
  return { error: seen, since, until: typeof wait === 'number' ? since + wait * 1000 : null };
}
