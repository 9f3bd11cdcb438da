/** A station to be: its name, number, zone and currency; then it enrols with a code. */
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { useAround } from '../../app/context';
import { useDeed, useFieldError } from '../../app/deeds';
import type { StationShape } from '../../api/shapes';
import { Field } from '../../ui/Field';
import { FormFoot } from '../../ui/Form';
import { Sheet } from '../../ui/Sheet';

const START = {
  name: '',
  number: '',
  timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  currency: 'EUR',
  latitude: '',
  longitude: '',
  help_phone: '',
};

export function NewStation({ close }: { readonly close: () => void }) {
  const { t } = useAround();
  const navigate = useNavigate();
  const deed = useDeed<StationShape>();
  const fieldError = useFieldError(deed.error);
  const [form, setForm] = useState(START);
  const set = (name: keyof typeof START) => (value: string) => setForm({ ...form, [name]: value });
  const error = (name: keyof typeof START) => fieldError(`/${name}`);
  const submit = () => {
    const place = (text: string) => (text.trim() === '' ? null : Number(text.replace(',', '.')));
    const body = { ...form, latitude: place(form.latitude), longitude: place(form.longitude) };
    deed.run('/api/v1/stations', { method: 'POST', body }, (made) => void navigate(`/stations/${made.id}`));
  };
  const field = (name: keyof typeof START, help?: string) => (
    <Field
      label={t(`station_field_${name}`)}
      value={form[name]}
      onChange={set(name)}
      error={error(name)}
      {...(help === undefined ? {} : { help })}
    />
  );
  return (
    <Sheet title={t('station_add')} close={close}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        {field('name')}
        {field('number', t('station_number_help'))}
        {field('timezone', t('station_timezone_help'))}
        {field('currency', t('station_currency_help'))}
        <div className="form-pair">
          {field('latitude')}
          {field('longitude')}
        </div>
        {field('help_phone')}
        <FormFoot error={deed.error} isBusy={deed.isBusy} act={t('station_add')} close={close} />
      </form>
    </Sheet>
  );
}
