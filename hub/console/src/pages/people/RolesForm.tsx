/** All roles of somebody from now on: those that hold everywhere ticked, those at single stations added one by one. */
import { useState } from 'react';
import { useAround } from '../../app/context';
import { useDeed, useFieldError } from '../../app/deeds';
import type { AccountShape } from '../../api/shapes';
import { named } from '../../i18n/words';
import { grantText, readGrant, ROLES } from '../../lib/roles';
import { Field } from '../../ui/Field';
import { FormFoot } from '../../ui/Form';
import { Sheet } from '../../ui/Sheet';
import { Ticks } from '../../ui/Ticks';
import { StationRoles } from './StationRoles';

const SHORTEST_REASON = 3;

interface RolesFormProps {
  readonly account: AccountShape;
  readonly close: () => void;
}

export function RolesForm({ account, close }: RolesFormProps) {
  const { t } = useAround();
  const form = useRolesForm(account, close);
  return (
    <Sheet title={`${t('roles_change')}: ${account.display_name}`} close={close} isWide>
      <form
        className="form"
        data-testid="roles-form"
        onSubmit={(event) => {
          event.preventDefault();
          form.submit();
        }}
      >
        <Ticks
          legend={t('roles_everywhere')}
          choices={ROLES.map((id) => ({ id, name: named(t, 'role', id) }))}
          chosen={form.everywhere}
          choose={form.setEverywhere}
          error={form.fieldError('/roles')}
        />
        <StationRoles grants={form.atStations} set={form.setAtStations} />
        <Field
          label={t('reason')}
          help={t('reason_help')}
          name="reason"
          value={form.reason}
          onChange={form.setReason}
          maxLength={500}
          error={form.isTooShort ? t('reason_missing') : form.fieldError('/reason')}
        />
        <p className="small muted">{t('roles_when')}</p>
        <FormFoot error={form.deed.error} isBusy={form.deed.isBusy} act={t('roles_save')} close={close} />
      </form>
    </Sheet>
  );
}

function useRolesForm(account: AccountShape, close: () => void) {
  const grants = account.roles.map(readGrant);
  const [everywhere, setEverywhere] = useState<readonly string[]>(() =>
    grants.filter((one) => one.stationId === null).map((one) => one.role),
  );
  const [atStations, setAtStations] = useState(() => grants.filter((one) => one.stationId !== null));
  const [reason, setReason] = useState('');
  const [isTooShort, setTooShort] = useState(false);
  const deed = useDeed<AccountShape>();
  const fieldError = useFieldError(deed.error);
  const submit = () => {
    const lacks = reason.trim().length < SHORTEST_REASON;
    setTooShort(lacks);
    if (lacks) return;
    const roles = [...everywhere, ...atStations.map(grantText)];
    const path = `/api/v1/accounts/${account.id}/roles`;
    deed.run(path, { method: 'PUT', body: { roles, reason: reason.trim() } }, close);
  };
  return {
    everywhere, setEverywhere, atStations, setAtStations, reason, setReason, isTooShort, deed, fieldError, submit,
  }; // prettier-ignore
}
