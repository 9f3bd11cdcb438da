/** Watches whether somebody is still there, and asks before it takes their screen away. */
import { lazy, Suspense, useEffect, useEffectEvent, useRef, useState } from 'react';
import { IdleTimer } from '../lib/idle';

const IdleQuestion = lazy(() => import('../ui/IdleQuestion'));
const SIGNS_OF_LIFE = ['pointerdown', 'keydown'] as const;

interface IdleProps {
  /** On the start screen nobody is asked; language and look just go back. */
  readonly isStart: boolean;
  /** A dock is opening: nothing runs out. */
  readonly isHeld: boolean;
  /** Changes whenever something happened: a scan or a card is a sign of life too. */
  readonly at: string;
  readonly onOver: () => void;
}

export function Idle({ isStart, isHeld, at, onOver }: IdleProps) {
  const [left, setLeft] = useState<number | null>(null);
  const current = useRef<IdleTimer | null>(null);
  const over = useEffectEvent(onOver);
  useEffect(() => {
    if (isHeld) return;
    const timer = new IdleTimer({ warning: setLeft, over: () => over() });
    // While the question stands only its own answers count: a press on `Start again` must not close it first.
    const touch = () => {
      if (!timer.isAsking()) timer.touch();
    };
    current.current = timer;
    SIGNS_OF_LIFE.forEach((sign) => window.addEventListener(sign, touch, { capture: true }));
    timer.start();
    return () => {
      SIGNS_OF_LIFE.forEach((sign) => window.removeEventListener(sign, touch, { capture: true }));
      timer.stop();
      current.current = null;
    };
  }, [isHeld]);
  useEffect(() => current.current?.touch(), [at]);
  if (left === null || isStart || isHeld) return null;
  return (
    <Suspense>
      <IdleQuestion secondsLeft={left} onStay={() => current.current?.touch()} onLeave={onOver} />
    </Suspense>
  );
}
