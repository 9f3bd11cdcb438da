/** Help, from everywhere: whom to call, and how this screen can be made easier to read, reach and hear. */
import { useKiosk } from '../app/context';
import { canSpeak } from '../lib/speech';
import { Frame } from '../ui/Frame';
import { Icon } from '../ui/icons';
import { Answer } from '../ui/Press';

export function Help() {
  const { view, prefs, prefer, t, press } = useKiosk();
  return (
    <Frame
      name="help"
      split
      title={t('help_title')}
      answers={<Answer id="help-close" tone="volt" title={t('help_close')} onPress={press('back')} />}
    >
      <section className="deep-card phone" data-testid="phone">
        <Icon sign="phone" className="huge" />
        <div>
          <p>{t('help_call')}</p>
          <strong>{view.station.help_phone}</strong>
        </div>
      </section>
      <div className="eases">
        <Ease
          id="ease-large"
          name={t('help_larger')}
          isOn={prefs.large}
          onChange={(large) => {
            prefer({ large });
          }}
        />
        <Ease
          id="ease-contrast"
          name={t('help_contrast')}
          isOn={prefs.contrast === 'high'}
          onChange={(isHigh) => {
            prefer({ contrast: isHigh ? 'high' : 'normal' });
          }}
        />
        <Ease
          id="ease-low"
          name={t('help_lower')}
          isOn={prefs.low}
          onChange={(low) => {
            prefer({ low });
          }}
        />
        <Ease
          id="ease-aloud"
          name={t('help_read')}
          isOn={prefs.aloud}
          missing={canSpeak() ? undefined : t('help_cannot_read')}
          onChange={(aloud) => {
            prefer({ aloud });
          }}
        />
      </div>
    </Frame>
  );
}

interface EaseProps {
  readonly id: string;
  readonly name: string;
  readonly isOn: boolean;
  readonly missing?: string | undefined;
  readonly onChange: (isOn: boolean) => void;
}

function Ease({ id, name, isOn, missing, onChange }: EaseProps) {
  const { t } = useKiosk();
  return (
    <button
      type="button"
      className={`ease ${isOn ? 'on' : ''}`}
      role="switch"
      aria-checked={isOn}
      data-testid={id}
      disabled={missing !== undefined}
      onClick={() => {
        onChange(!isOn);
      }}
    >
      <span>
        {name}
        <small>{missing ?? t(isOn ? 'on' : 'off')}</small>
      </span>
      <i className="switch" aria-hidden="true" />
    </button>
  );
}
