/** A rule set otherwise: for everybody or one station; what is left empty stays as it comes. */
import { useState } from 'react';
import { useAround } from '../../app/context';
import { useDeed, useFieldError } from '../../app/deeds';
import { useWhole } from '../../api/queries';
import type { RuleShape, RulesShape, SettingShape, StationShape } from '../../api/shapes';
import { named } from '../../i18n/words';
import { Field } from '../../ui/Field';
import { FormFoot } from '../../ui/Form';
import { Select } from '../../ui/Select';
import { Sheet } from '../../ui/Sheet';

interface RuleSheetProps {
  readonly rule: RuleShape;
  readonly close: () => void;
}

export function RuleSheet({ rule, close }: RuleSheetProps) {
  const { t, f } = useAround();
  const stations = useWhole<StationShape>('/api/v1/stations', {}, { stale: 120_000 }).data?.items ?? [];
  const form = useRuleForm(rule, close);
  const { typed, set } = form;
  return (
    <Sheet title={named(t, 'alarm', rule.rule)} close={close}>
      <form
        className="form"
        data-testid="rule-form"
        onSubmit={(event) => {
          event.preventDefault();
          form.submit();
        }}
      >
        <p className="muted">{t('rule_how')}</p>
        <Select label={t('rule_for')} value={typed.station} onChange={form.choose} none={t('rule_everybody')} choices={stations.map((one) => ({ id: one.id, name: `${one.number} ${one.name}` }))} />
        <Select label={t('rule_enabled')} value={typed.enabled} onChange={(enabled) => set({ enabled })} none={t('rule_as_it_comes')} choices={[{ id: 'yes', name: t('rule_on') }, { id: 'no', name: t('rule_off') }]} />
        <Select label={t('severity')} value={typed.severity} onChange={(severity) => set({ severity })} none={t('rule_as_it_comes')} choices={(['critical', 'warning', 'info'] as const).map((id) => ({ id, name: t(`severity_${id}`) }))} />
        <div className="form-pair">
          <Field label={t('field_after_s')} name="after_s" type="number" min={0} unit="s" value={typed.after_s} onChange={(after_s) => set({ after_s })} help={t('rule_comes', { span: f.span(rule.after_s) })} error={form.fieldError('/after_s')} />
          <Field label={t('field_clear_s')} name="clear_s" type="number" min={0} unit="s" value={typed.clear_s} onChange={(clear_s) => set({ clear_s })} help={t('rule_comes', { span: f.span(rule.clear_s) })} error={form.fieldError('/clear_s')} />
        </div>
        <FormFoot error={form.error} isBusy={form.isBusy} act={t('save')} close={close} />
      </form>
    </Sheet>
  ); // prettier-ignore
}

function useRuleForm(rule: RuleShape, close: () => void) {
  const [typed, setTyped] = useState(() => typedOf(rule, ''));
  const deed = useDeed<RulesShape>();
  const fieldError = useFieldError(deed.error);
  const submit = () => {
    const number = (text: string) => (text === '' ? null : Number(text));
    const body = {
      station_id: typed.station === '' ? null : typed.station,
      enabled: typed.enabled === '' ? null : typed.enabled === 'yes',
      severity: typed.severity === '' ? null : typed.severity,
      after_s: number(typed.after_s),
      clear_s: number(typed.clear_s),
    };
    deed.run(`/api/v1/alarm-rules/${rule.rule}`, { method: 'PUT', body }, close);
  };
  return {
    typed,
    set: (change: Partial<typeof typed>) => setTyped({ ...typed, ...change }),
    choose: (station: string) => setTyped(typedOf(rule, station)),
    fieldError,
    submit,
    error: deed.error,
    isBusy: deed.isBusy,
  };
}

/** What is set for this station, or for everybody. */
function typedOf(rule: RuleShape, station: string) {
  const isIts = (one: SettingShape) => one.organisation_id === null && (one.station_id ?? '') === station;
  const found = rule.settings.find(isIts);
  const text = (value: number | null | undefined) => (value == null ? '' : String(value));
  const enabled = found?.enabled ?? null;
  return {
    station,
    enabled: enabled === null ? '' : enabled ? 'yes' : 'no',
    severity: found?.severity ?? '',
    after_s: text(found?.after_s),
    clear_s: text(found?.clear_s),
  };
}
