/** Waits for a card at any dock, for half a minute: the next one that is held there signs in. */
import { useEffect, useEffectEvent, useState } from 'react';
import type { Problem, StaffSessionView } from '../../api/types';
import type { StaffApi } from '../api';
import { useSpeaking } from '../context';
import { Press } from '../parts/Press';
import { problemOf } from '../parts/Said';
import { Icon } from '../../ui/icons';

const EVERY_MS = 700;
const LONGEST_S = 30;

interface BadgeWaitProps {
  readonly api: StaffApi;
  readonly onIn: (session: StaffSessionView) => void;
  /** It is over without a session: why, or null when it was called off. */
  readonly onEnd: (problem: Problem | null) => void;
}

export function BadgeWait({ api, onIn, onEnd }: BadgeWaitProps) {
  const { t } = useSpeaking();
  const [left, setLeft] = useState(LONGEST_S);
  const enter = useEffectEvent(onIn);
  const end = useEffectEvent(onEnd);
  useEffect(() => {
    const began = performance.now();
    let first: string | null | undefined; // a card that was there before is somebody else's
    let isOn = true;
    const timer = setInterval(() => {
      const gone = Math.floor((performance.now() - began) / 1000);
      setLeft(Math.max(0, LONGEST_S - gone));
      if (gone >= LONGEST_S) end({ type: '', title: '', status: 0, code: 'card_not_read' });
      else void look();
    }, EVERY_MS);
    const look = async () => {
      const card = await api.view().then(
        (view) => view.card?.read_id ?? null,
        () => undefined,
      );
      if (!isOn || card === undefined) return;
      if (first === undefined) first = card;
      if (card === null || card === first) return;
      isOn = false;
      clearInterval(timer);
      api.signIn({ pin: null, read_id: card }).then(
        (session) => enter(session),
        (error: unknown) => end(problemOf(error)),
      );
    };
    return () => {
      isOn = false;
      clearInterval(timer);
    };
  }, [api]);
  return (
    <div className="badge" data-testid="badge-wait">
      <Icon sign="card" className="huge" />
      <p role="status">
        <strong>{t('badge_wait')}</strong>
      </p>
      <p>{t('badge_wait_note', { seconds: left })}</p>
      <Press
        id="badge-cancel"
        wide
        isFirst
        onPress={() => {
          onEnd(null);
        }}
      >
        {t('cancel')}
      </Press>
    </div>
  );
}
