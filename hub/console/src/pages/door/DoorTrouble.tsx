/** What went wrong at the door, and how long it has to be waited for; gone when the wait is over. */
import { Refusal } from '../../api/client';
import { useAround } from '../../app/context';
import { useNow } from '../../lib/clock';
import { useReason } from '../../ui/States';
import type { Trouble } from './signing';

export function DoorTrouble({ trouble }: { readonly trouble: Trouble }) {
  const { t, f } = useAround();
  const now = Math.max(useNow(), trouble.since); // the ticking present lags a second or two
  const { title, small } = useReason(trouble.error);
  const left = trouble.until === null ? 0 : Math.ceil((trouble.until - now) / 1000);
  if (trouble.until !== null && left <= 0) return null;
  const isLocked = trouble.until !== null;
  const isGuessing = trouble.error instanceof Refusal && trouble.error.problem.code === 'log_in_locked';
  const wait = { span: f.span(left), time: f.time(trouble.until ?? now) };
  return (
    <div className="door-trouble" role="alert" data-testid="sign-in-problem">
      <p>{isLocked ? t(isGuessing ? 'locked_out' : 'try_later', wait) : title}</p>
      {!isLocked && !(trouble.error instanceof Refusal) && <p className="small">{small}</p>}
    </div>
  );
}
