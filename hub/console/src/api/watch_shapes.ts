/** What the console reads of alarms, their rules, and the audit log's own proof. */

export type Severity = 'info' | 'warning' | 'critical';

export interface AlarmNote {
  readonly at: string;
  readonly what: string;
  readonly by: string | null;
  readonly why: string;
}

export interface AlarmShape {
  readonly id: string;
  readonly rule: string;
  readonly severity: Severity;
  readonly state: 'open' | 'cleared';
  readonly station_id: string | null;
  readonly subject: string;
  readonly since: string;
  readonly raised_at: string | null;
  readonly cleared_at: string | null;
  readonly times: number;
  readonly seen: Readonly<Record<string, unknown>>;
  readonly acknowledged_at: string | null;
  readonly acknowledged_by: string | null;
  readonly note: string;
  readonly muted_until: string | null;
  readonly muted_by: string | null;
  readonly mute_reason: string;
  readonly history: readonly AlarmNote[];
}

/** What was set otherwise, for everybody, an organisation or a station; null: as it comes. */
export interface SettingShape {
  readonly organisation_id: string | null;
  readonly station_id: string | null;
  readonly enabled: boolean | null;
  readonly severity: Severity | null;
  readonly after_s: number | null;
  readonly clear_s: number | null;
}

export interface RuleShape {
  readonly rule: string;
  readonly enabled: boolean;
  readonly severity: Severity;
  readonly after_s: number;
  readonly clear_s: number;
  readonly settings: readonly SettingShape[];
}

export interface RulesShape {
  readonly items: readonly RuleShape[];
}

export interface HeadShape {
  readonly seq: number;
  readonly hash: string;
}

export interface BrokenShape {
  readonly seq: number;
  readonly fault: 'changed' | 'missing';
}

/** What the verifier of the audit log says of the records that it looked at. */
export interface Verification {
  readonly intact: boolean;
  readonly checked: number;
  readonly head: HeadShape | null;
  readonly more: boolean;
  readonly broken: BrokenShape | null;
}
