/** Watches whether somebody is still there: keeps the session while they are, signs them out when they have left. */
import { useEffect, useEffectEvent, useRef, useState } from 'react';
import { Refusal } from '../api/client';
import { IdleTimer } from '../lib/idle';
import { useStaff } from './context';
import { Press } from './parts/Press';

const QUIET_MS = 180_000;
const WARNING_S = 30;
/** So often at most the station is told that somebody is there. */
const STAY_MS = 45_000;
const SIGNS_OF_LIFE = ['pointerdown', 'keydown'] as const;

export function Idle({ onOver }: { readonly onOver: () => void }) {
  const { api, over, t } = useStaff();
  const [left, setLeft] = useState<number | null>(null);
  const current = useRef<IdleTimer | null>(null);
  const gone = useEffectEvent(onOver);
  const stay = useEffectEvent(() => {
    api.stay().catch((error: unknown) => {
      if (error instanceof Refusal && error.problem.code === 'staff_session_over') over();
    });
  });
  useEffect(() => {
    let toldAt = performance.now();
    const timer = new IdleTimer({ warning: setLeft, over: () => gone() }, QUIET_MS, WARNING_S);
    const touch = () => {
      timer.touch();
      if (performance.now() - toldAt < STAY_MS) return;
      toldAt = performance.now();
      stay();
    };
    current.current = timer;
    SIGNS_OF_LIFE.forEach((sign) => window.addEventListener(sign, touch, { capture: true }));
    timer.start();
    return () => {
      SIGNS_OF_LIFE.forEach((sign) => window.removeEventListener(sign, touch, { capture: true }));
      timer.stop();
    };
  }, []);
  if (left === null) return null;
  return (
    <div className="idle" role="alertdialog" aria-labelledby="idle-title" data-testid="idle">
      <div className="card">
        <h2 id="idle-title">{t('idle_title')}</h2>
        <p>{t('idle_text', { count: left })}</p>
        <Press id="idle-stay" tone="volt" isFirst onPress={() => current.current?.touch()}>
          {t('idle_stay')}
        </Press>
      </div>
    </div>
  );
}
