/** The contract in plain words, over the price. */
import { useKiosk } from '../app/context';
import { Answer } from '../ui/Press';
import { Sheet } from '../ui/Sheet';

export default function Contract({
  hasCap,
  onClose,
}: {
  readonly hasCap: boolean;
  readonly onClose: () => void;
}) {
  const { t, view } = useKiosk();
  const phone = view.station.help_phone;
  return (
    <Sheet name="contract" title={t('contract_title')} onClose={onClose}>
      <ol>
        <li>{t('contract_1')}</li>
        <li>{t(hasCap ? 'contract_2' : 'contract_2_no_cap')}</li>
        <li>{t('contract_3')}</li>
        <li>{t('contract_4')}</li>
        <li>{t('contract_5', { phone })}</li>
        <li>{t('contract_6')}</li>
      </ol>
      <Answer id="contract-close" tone="deep" title={t('close')} onPress={onClose} />
    </Sheet>
  );
}
