/** An answer of the station, asked for at once and again every so often; the last one stays while it does not answer. */
import { useEffect, useEffectEvent, useState } from 'react';
import { Refusal } from '../api/client';
import { useStaff } from './context';

export function useAnswer<T>(ask: () => Promise<T>, about: string, everyMs: number | null): T | null {
  const { over } = useStaff();
  const [answer, setAnswer] = useState<T | null>(null);
  const question = useEffectEvent(ask);
  const gone = useEffectEvent(over);
  useEffect(() => {
    let isOn = true;
    const turn = () => {
      question().then(
        (found) => {
          if (isOn) setAnswer(found);
        },
        (error: unknown) => {
          if (isOn && error instanceof Refusal && error.problem.code === 'staff_session_over') gone();
        },
      );
    };
    turn();
    const timer = everyMs === null ? undefined : setInterval(turn, everyMs);
    return () => {
      isOn = false;
      clearInterval(timer);
    };
  }, [about, everyMs]);
  return answer;
}
