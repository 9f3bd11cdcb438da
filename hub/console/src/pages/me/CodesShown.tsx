/** The recovery codes, shown this once: kept elsewhere than the authenticator, or they are worth nothing. */
import { useAround } from '../../app/context';
import type { RecoveryCodes } from '../../api/shapes';
import { Kept } from '../../ui/Kept';
import { Once } from '../../ui/Once';

interface CodesShownProps {
  readonly codes: RecoveryCodes;
  readonly close: () => void;
}

export function CodesShown({ codes, close }: CodesShownProps) {
  const { t } = useAround();
  return (
    <div className="form" data-testid="recovery-codes">
      <p className="notice">{t('recovery_keep')}</p>
      <Once label={t('recovery_codes')} secret={codes.recovery_codes.join('\n')} isBlock />
      <Kept words={t('recovery_kept')} close={close} />
    </div>
  );
}
