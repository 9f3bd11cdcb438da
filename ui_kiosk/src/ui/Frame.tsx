/** The frame of every screen: where am I, back, language, help; the strips; the thing; the answers; the time. */
import { useEffect, useRef, type ReactNode } from 'react';
import { useKiosk, useNow } from '../app/context';
import { isOpening } from '../app/state';
import { LANGUAGES } from '../i18n/words';
import type { MessageKey } from '../i18n/en';
import { hush, speak } from '../lib/speech';
import { Small } from './Press';
import { Strips } from './Strips';

interface FrameProps {
  readonly name: string;
  readonly title: ReactNode;
  readonly hint?: ReactNode;
  readonly children?: ReactNode;
  /** What explains the thing: under it in a tall window, under the title in a wide one. */
  readonly aside?: ReactNode;
  /** In a wide window the title stands beside the thing, not above it. */
  readonly split?: boolean;
  readonly answers?: ReactNode;
  readonly offline?: MessageKey;
  readonly step?: number | undefined;
  readonly foot?: ReactNode;
}

/** One screen. `offline` says what this step means without Internet: final, or queued. */
export function Frame(props: FrameProps) {
  const {
    name,
    title,
    hint,
    children,
    aside,
    split = false,
    answers,
    offline = 'offline_start',
    step,
    foot,
  } = props;
  const { prefs } = useKiosk();
  const titleRef = useRef<HTMLHeadingElement>(null);
  const mainRef = useRef<HTMLElement>(null);
  useEffect(() => {
    titleRef.current?.focus({ preventScroll: true });
  }, [name]);
  useEffect(() => {
    if (!prefs.aloud) return;
    speak(mainRef.current?.innerText ?? '', prefs.lang);
    return hush;
  }, [name, prefs.aloud, prefs.lang]);
  return (
    <div className={`frame screen-${name}`} data-testid={`screen-${name}`}>
      <Header isStart={name === 'start'} step={step} />
      <div className="strips" aria-live="polite">
        <Strips offline={offline} />
      </div>
      <main ref={mainRef} className={split ? 'split' : ''}>
        <div className="hero">
          <h1 ref={titleRef} tabIndex={-1}>
            {title}
          </h1>
          {hint !== undefined && <p className="hint">{hint}</p>}
        </div>
        <div className="thing">{children}</div>
        {aside !== undefined && <div className="aside">{aside}</div>}
      </main>
      {answers !== undefined && <div className="answers">{answers}</div>}
      <Foot isStart={name === 'start'}>{foot}</Foot>
    </div>
  );
}

function Header({ isStart, step }: { readonly isStart: boolean; readonly step: number | undefined }) {
  const { view, state, t, press } = useKiosk();
  const canLeave = !isStart && !isOpening(state);
  return (
    <header>
      {canLeave ? (
        <Small id="back" sign="back" bare onPress={press('back')}>
          {t('back')}
        </Small>
      ) : (
        <div className="where">
          <strong>{view.station.name}</strong>
          <span>
            {t('station_line', { number: view.station.number })}
            <Clock />
          </span>
        </div>
      )}
      {step !== undefined && <Progress step={step} />}
      <div className="header-right">
        <Languages isStart={isStart} />
        {!isStart && !state.help && (
          <Small id="help" onPress={press('help')}>
            {t('help')}
          </Small>
        )}
      </div>
    </header>
  );
}

/** A small window has no footer; its clock stands here. */
function Clock() {
  const { f } = useKiosk();
  return <span className="header-clock"> · {f.time(useNow(5000))}</span>;
}

const STEPS = 4;

function Progress({ step }: { readonly step: number }) {
  const { t } = useKiosk();
  return (
    <div className="progress" role="img" aria-label={t('step_of', { step, steps: STEPS })}>
      {Array.from({ length: STEPS }, (_, index) => (
        <i key={index} className={index < step ? 'past' : ''} />
      ))}
    </div>
  );
}

function Languages({ isStart }: { readonly isStart: boolean }) {
  const { prefs, prefer, t } = useKiosk();
  return (
    <div className={`languages ${isStart ? '' : 'short'}`} role="group" aria-label={t('language')}>
      {LANGUAGES.map(({ lang, name, short }) => (
        <Small
          key={lang}
          id={`lang-${lang}`}
          lang={lang}
          label={name}
          pressed={prefs.lang === lang}
          onPress={() => {
            prefer({ lang, isPseudo: false });
          }}
        >
          <span className="whole">{name}</span>
          <span className="brief">{short}</span>
        </Small>
      ))}
    </div>
  );
}

function Foot({ isStart, children }: { readonly isStart: boolean; readonly children: ReactNode }) {
  const { view, t, f } = useKiosk();
  const now = useNow(5000);
  const contact = view.hub.last_contact;
  return (
    <footer>
      <span className="foot-left">
        {isStart ? (
          <>
            {t('last_contact')} <b>{contact === null ? t('never') : f.when(contact, now)}</b>
          </>
        ) : (
          (children ?? `${view.station.name} · ${t('station_line', { number: view.station.number })}`)
        )}
      </span>
      <span className="foot-clock">
        <b>{f.time(now)}</b> <span className="date">{f.date(now)}</span>
      </span>
    </footer>
  );
}
