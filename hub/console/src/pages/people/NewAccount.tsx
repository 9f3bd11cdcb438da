/** An account made by staff: address, name, first password, roles; roles at single stations are given on its own page. */
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { useAround } from '../../app/context';
import { useDeed, useFieldError } from '../../app/deeds';
import type { AccountShape } from '../../api/shapes';
import { LANGUAGES, named } from '../../i18n/words';
import { ROLES } from '../../lib/roles';
import { Field } from '../../ui/Field';
import { FormFoot } from '../../ui/Form';
import { Select } from '../../ui/Select';
import { Sheet } from '../../ui/Sheet';
import { Ticks } from '../../ui/Ticks';

interface Typed {
  readonly email: string;
  readonly display_name: string;
  readonly password: string;
  readonly locale: string;
}

export function NewAccount({ close }: { readonly close: () => void }) {
  const { t, prefs } = useAround();
  const navigate = useNavigate();
  const [typed, setTyped] = useState<Typed>({
    email: '',
    display_name: '',
    password: '',
    locale: prefs.lang,
  });
  const [roles, setRoles] = useState<readonly string[]>([]);
  const deed = useDeed<AccountShape>();
  const fieldError = useFieldError(deed.error);
  const field = (name: keyof Typed) => ({
    label: t(`field_${name}`),
    value: typed[name],
    onChange: (value: string) => setTyped({ ...typed, [name]: value }),
    error: fieldError(`/${name}`),
    name,
  });
  return (
    <Sheet title={t('people_new')} close={close} isWide>
      <form
        className="form"
        noValidate
        data-testid="new-account"
        onSubmit={(event) => {
          event.preventDefault();
          const body = { ...typed, roles };
          deed.run('/api/v1/accounts', { method: 'POST', body }, (made) => void navigate(`/people/${made.id}`));
        }}
      >
        <div className="form-pair">
          <Field {...field('display_name')} autoComplete="off" maxLength={120} />
          <Field {...field('email')} type="email" autoComplete="off" />
          <Field {...field('password')} type="password" autoComplete="new-password" help={t('people_new_password_help')} />
          <Select {...field('locale')} choices={LANGUAGES.map(({ lang, name }) => ({ id: lang, name }))} />
        </div>
        <Ticks legend={t('field_roles')} choices={ROLES.map((id) => ({ id, name: named(t, 'role', id) }))} chosen={roles} choose={setRoles} error={fieldError('/roles')} />
        <FormFoot error={deed.error} isBusy={deed.isBusy} act={t('people_new')} close={close} />
      </form>
    </Sheet>
  ); // prettier-ignore
}
