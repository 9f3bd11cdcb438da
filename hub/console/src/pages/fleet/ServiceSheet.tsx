/** In service, taken out, or missing: what that means is said before it is done. */
import { useState } from 'react';
import { useAround } from '../../app/context';
import { useDeed } from '../../app/deeds';
import type { Tagged } from '../../api/client';
import type { VehicleShape } from '../../api/shapes';
import { named } from '../../i18n/words';
import { FormFoot } from '../../ui/Form';
import { Select } from '../../ui/Select';
import { Sheet } from '../../ui/Sheet';
import { SERVICES } from './words';

interface ServiceSheetProps {
  readonly edited: Tagged<VehicleShape>;
  readonly close: () => void;
}

export function ServiceSheet({ edited, close }: ServiceSheetProps) {
  const { t } = useAround();
  const { value: one, etag } = edited;
  const [service, setService] = useState(one.service);
  const deed = useDeed<VehicleShape>();
  return (
    <Sheet title={`${t('service_change')}: ${one.label}`} close={close}>
      <form
        className="form"
        data-testid="service-form"
        onSubmit={(event) => {
          event.preventDefault();
          const asked = { method: 'PATCH', body: { service }, headers: { 'If-Match': etag ?? '*' } } as const;
          deed.run(`/api/v1/vehicles/${one.id}`, asked, close);
        }}
      >
        <Select
          label={t('field_service')}
          name="service"
          value={service}
          onChange={setService}
          choices={SERVICES.map((id) => ({ id, name: named(t, 'service', id) }))}
          help={named(t, 'service_what', service)}
        />
        <FormFoot
          error={deed.error}
          isBusy={deed.isBusy}
          isBlocked={service === one.service}
          act={t('save')}
          close={close}
        />
      </form>
    </Sheet>
  );
}
