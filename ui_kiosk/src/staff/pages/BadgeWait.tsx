/** The next badge that is held to a dock signs in. */
import type { Problem, StaffSessionView } from '../../api/types';
import type { StaffApi } from '../api';
import { CardWait } from '../parts/CardWait';
import { problemOf } from '../parts/Said';

interface BadgeWaitProps {
  readonly api: StaffApi;
  readonly onIn: (session: StaffSessionView) => void;
  /** It is over without a session: why, or null when it was called off. */
  readonly onEnd: (problem: Problem | null) => void;
}

export function BadgeWait({ api, onIn, onEnd }: BadgeWaitProps) {
  return (
    <CardWait
      view={() => api.view()}
      says="badge_wait"
      onCard={(readId) => {
        api.signIn({ pin: null, read_id: readId }).then(onIn, (error: unknown) => {
          onEnd(problemOf(error));
        });
      }}
      onOver={() => {
        onEnd({ type: '', title: '', status: 0, code: 'card_not_read' });
      }}
      onCancel={() => {
        onEnd(null);
      }}
    />
  );
}
