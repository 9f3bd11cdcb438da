/** Waits for a card at any dock, for half a minute: the next one that is held there counts, not one from before. */
import { useEffect, useEffectEvent, useState } from 'react';
import type { StationView } from '../../api/types';
import { Icon } from '../../ui/icons';
import { useSpeaking } from '../context';
import type { StaffKey } from '../words';
import { Press } from './Press';

const EVERY_MS = 700;
const LONGEST_S = 30;

interface CardWaitProps {
  readonly view: () => Promise<StationView>;
  readonly says: StaffKey;
  readonly onCard: (readId: string) => void;
  readonly onOver: () => void;
  readonly onCancel: () => void;
}

export function CardWait({ view, says, onCard, onOver, onCancel }: CardWaitProps) {
  const { t } = useSpeaking();
  const [left, setLeft] = useState(LONGEST_S);
  const found = useEffectEvent(onCard);
  const over = useEffectEvent(onOver);
  const ask = useEffectEvent(view);
  useEffect(() => {
    const began = performance.now();
    let first: string | null | undefined;
    let isOn = true;
    const stop = () => {
      isOn = false;
      clearInterval(timer);
    };
    const look = async () => {
      const card = await ask().then(
        (seen) => seen.card?.read_id ?? null,
        () => undefined,
      );
      if (!isOn || card === undefined) return;
      if (first === undefined) first = card;
      if (card === null || card === first) return;
      stop();
      found(card);
    };
    const timer = setInterval(() => {
      const gone = Math.floor((performance.now() - began) / 1000);
      setLeft(Math.max(0, LONGEST_S - gone));
      if (gone < LONGEST_S) return void look();
      stop();
      over();
    }, EVERY_MS);
    void look();
    return stop;
  }, []);
  return (
    <div className="badge" data-testid="card-wait">
      <Icon sign="card" className="huge" />
      <p role="status">
        <strong>{t(says)}</strong>
      </p>
      <p>{t('badge_wait_note', { seconds: left })}</p>
      <Press id="card-cancel" wide isFirst onPress={onCancel}>
        {t('cancel')}
      </Press>
    </div>
  );
}
