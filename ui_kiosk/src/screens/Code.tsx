/** A reservation's code, then its PIN: two questions, each with the keys on the screen. A real keyboard works too. */
import { useEffect, useRef, useState } from 'react';
import { useKiosk } from '../app/context';
import { Frame } from '../ui/Frame';
import { DIGITS, Keys, LETTERS } from '../ui/Keys';
import { Answer } from '../ui/Press';

const CODE = /^[A-Z0-9-]{3,16}$/;
const PIN = /^\d{4,8}$/;

export function Code() {
  const [code, setCode] = useState('');
  const [stage, setStage] = useState<'code' | 'pin'>('code');
  return stage === 'code' ? (
    <CodeStage
      code={code}
      setCode={setCode}
      onDone={() => {
        setStage('pin');
      }}
    />
  ) : (
    <PinStage
      code={code}
      onAgain={() => {
        setStage('code');
      }}
    />
  );
}

interface CodeStageProps {
  readonly code: string;
  readonly setCode: (code: string) => void;
  readonly onDone: () => void;
}

function clean(text: string): string {
  return text
    .toUpperCase()
    .replace(/[^A-Z0-9-]/g, '')
    .slice(0, 16);
}

function CodeStage({ code, setCode, onDone }: CodeStageProps) {
  const { t } = useKiosk();
  const isWhole = CODE.test(code);
  const press = (key: string) => {
    setCode(clean(key === 'erase' ? code.slice(0, -1) : code + key));
  };
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    field.current?.focus();
  }, []);
  return (
    <Frame
      name="code"
      split
      step={2}
      title={t('code_title')}
      hint={t('code_hint')}
      answers={
        <Answer id="code-next" tone="volt" title={t('code_next')} disabled={!isWhole} onPress={onDone} />
      }
    >
      <form
        className="typing"
        onSubmit={(event) => {
          event.preventDefault();
          if (isWhole) onDone();
        }}
      >
        <input
          ref={field}
          data-testid="code-input"
          className="typed"
          inputMode="none"
          autoComplete="off"
          autoCapitalize="characters"
          spellCheck={false}
          maxLength={16}
          aria-label={t('code_label')}
          value={code}
          onChange={(event) => {
            setCode(clean(event.target.value));
          }}
        />
        <Keys rows={LETTERS} name="key" onKey={press} />
      </form>
    </Frame>
  );
}

function PinStage({ code, onAgain }: { readonly code: string; readonly onAgain: () => void }) {
  const { state, t, tell } = useKiosk();
  const [pin, setPin] = useState('');
  const isWhole = PIN.test(pin);
  const send = () => {
    if (isWhole && state.waiting === null) tell({ on: 'reservation', code, pin });
  };
  const press = (key: string) => {
    if (key === 'erase' && pin === '') onAgain();
    else setPin(key === 'erase' ? pin.slice(0, -1) : (pin + key).slice(0, 8));
  };
  useEffect(() => {
    const typed = (event: KeyboardEvent) => {
      if (/^\d$/.test(event.key)) press(event.key);
      else if (event.key === 'Backspace') press('erase');
      else if (event.key === 'Enter' && !(event.target instanceof HTMLButtonElement)) send();
    };
    window.addEventListener('keydown', typed);
    return () => {
      window.removeEventListener('keydown', typed);
    };
  });
  return (
    <Frame
      name="pin"
      split
      step={2}
      title={t('pin_title')}
      hint={t('pin_hint', { code })}
      answers={
        <Answer
          id="identify-reservation"
          tone="volt"
          title={t('pin_next')}
          disabled={!isWhole}
          busy={state.waiting === 'quote' ? t('one_moment') : undefined}
          onPress={send}
        />
      }
    >
      <div className="typing pin">
        <output className="typed dots" aria-label={t('pin_label')} aria-live="polite">
          <span className="unseen">{t('pin_typed', { count: pin.length })}</span>
          {Array.from({ length: Math.max(4, pin.length) }, (_, index) => (
            <i key={index} className={index < pin.length ? 'set' : ''} />
          ))}
        </output>
        <Keys rows={DIGITS} name="pin" onKey={press} />
      </div>
    </Frame>
  );
}
