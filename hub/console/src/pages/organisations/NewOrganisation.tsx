/** A new operator with its first admin, who lets the others in. */
import { useState } from 'react';
import { useAround } from '../../app/context';
import { useDeed, useFieldError } from '../../app/deeds';
import type { OrganisationShape } from '../../api/shapes';
import { LANGUAGES } from '../../i18n/words';
import { Field } from '../../ui/Field';
import { FormFoot } from '../../ui/Form';
import { Select } from '../../ui/Select';
import { Sheet } from '../../ui/Sheet';

interface Typed {
  readonly name: string;
  readonly slug: string;
}

interface TypedAdmin {
  readonly display_name: string;
  readonly email: string;
  readonly password: string;
  readonly locale: string;
}

export function NewOrganisation({ close }: { readonly close: () => void }) {
  const { t, prefs } = useAround();
  const [typed, setTyped] = useState<Typed>({ name: '', slug: '' });
  const [admin, setAdmin] = useState<TypedAdmin>({
    display_name: '',
    email: '',
    password: '',
    locale: prefs.lang,
  });
  const deed = useDeed<OrganisationShape>();
  const fieldError = useFieldError(deed.error);
  const own = (name: keyof Typed) => ({
    label: t(`field_${name}`), name, value: typed[name], error: fieldError(`/${name}`),
    onChange: (value: string) => setTyped({ ...typed, [name]: value }),
  }); // prettier-ignore
  const its = (name: keyof TypedAdmin) => ({
    label: t(`field_${name}`), name: `admin_${name}`, value: admin[name], error: fieldError(`/admin/${name}`),
    onChange: (value: string) => setAdmin({ ...admin, [name]: value }),
  }); // prettier-ignore
  return (
    <Sheet title={t('organisation_add')} close={close} isWide>
      <form
        className="form"
        noValidate
        data-testid="new-organisation"
        onSubmit={(event) => {
          event.preventDefault();
          deed.run('/api/v1/organisations', { method: 'POST', body: { ...typed, admin } }, close);
        }}
      >
        <p className="muted">{t('organisations_what')}</p>
        <div className="form-pair">
          <Field {...own('name')} maxLength={120} />
          <Field {...own('slug')} help={t('slug_help')} maxLength={40} spellCheck={false} autoCapitalize="off" />
        </div>
        <h3>{t('organisation_admin')}</h3>
        <div className="form-pair">
          <Field {...its('display_name')} autoComplete="off" maxLength={120} />
          <Field {...its('email')} type="email" autoComplete="off" />
          <Field {...its('password')} type="password" autoComplete="new-password" help={t('people_new_password_help')} />
          <Select {...its('locale')} choices={LANGUAGES.map(({ lang, name }) => ({ id: lang, name }))} />
        </div>
        <FormFoot error={deed.error} isBusy={deed.isBusy} act={t('organisation_add')} close={close} />
      </form>
    </Sheet>
  ); // prettier-ignore
}
