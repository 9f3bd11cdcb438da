/** The station said no: what happened, that nothing was charged, what to do now, whom to call. */
import type { Problem } from '../api/types';
import { useKiosk, useNow } from '../app/context';
import type { Next } from '../app/state';
import type { MessageKey } from '../i18n/en';
import { keyFor } from '../i18n/words';
import { Frame } from '../ui/Frame';
import { Icon } from '../ui/icons';
import { Answer } from '../ui/Press';

const GO_ON: Readonly<Record<Next, MessageKey>> = {
  choose: 'another',
  identify: 'refused_id_again',
  code: 'refused_code_again',
  requote: 'refused_price_again',
  return: 'refused_docks',
  home: 'refused_home',
};

export function Refused({ problem, next }: { readonly problem: Problem; readonly next: Next }) {
  const { view, state, t, press } = useKiosk();
  const values = useSaid(problem);
  const key = keyFor('problem', problem.code);
  return (
    <Frame
      name="refused"
      split
      title={t(key, values)}
      hint={t(`${key}_do` as MessageKey, values)}
      answers={
        <>
          <Answer
            id="next"
            tone="volt"
            title={t(GO_ON[next])}
            busy={state.waiting === 'quote' ? t('one_moment') : undefined}
            onPress={press('next')}
          />
          {next !== 'home' && <Answer id="done" title={t('refused_home')} onPress={press('home')} />}
        </>
      }
    >
      <section className="card verdict" data-testid="problem" data-code={problem.code}>
        <Icon sign={problem.code === 'unsure' ? 'warn' : 'check'} className="huge" />
        <div>
          {problem.code !== 'unsure' && (
            <strong>{t(state.purpose === 'park' ? 'ride_goes_on' : 'nothing_charged')}</strong>
          )}
          <p>{t('refused_call', { phone: view.station.help_phone })}</p>
          <small>{t('problem_code', { code: problem.code })}</small>
        </div>
      </section>
    </Frame>
  );
}

const INSTANT = /^\d{4}-\d\d-\d\dT/;

/** The problem's parameters as people read them: instants become times. */
function useSaid(problem: Problem): Record<string, string | number | boolean | null> {
  const { f } = useKiosk();
  const now = useNow(60_000);
  const said = Object.entries(problem.params ?? {}).map(([name, value]) => [
    name,
    typeof value === 'string' && INSTANT.test(value) ? f.when(value, now) : value,
  ]);
  return Object.fromEntries(said) as Record<string, string | number | boolean | null>;
}
