/** What the console reads of people: accounts, sessions, second factor, keys, and what lets them in at the stations. */

export interface Me {
  readonly id: string;
  readonly email: string;
  readonly display_name: string;
  readonly locale: string;
  readonly roles: readonly string[];
  readonly created_at: string;
  readonly organisation_id: string;
  readonly permissions: readonly string[];
}

export interface AccountShape {
  readonly id: string;
  readonly email: string;
  readonly display_name: string;
  readonly roles: readonly string[];
  readonly active: boolean;
  readonly created_at: string;
}

/** One log-in on one device. */
export interface SessionRow {
  readonly id: string;
  readonly device: string;
  readonly address: string;
  readonly created_at: string;
  readonly last_used_at: string;
  readonly current: boolean;
}

export interface SecondFactorShape {
  readonly enabled: boolean;
  readonly since: string | null;
  readonly recovery_codes_left: number;
}

export interface Enrolment {
  readonly secret: string;
  readonly uri: string;
}

export interface RecoveryCodes {
  readonly recovery_codes: readonly string[];
}

/** An API key without its secret. */
export interface KeyRow {
  readonly id: string;
  readonly created_at: string;
  readonly account_id: string;
  readonly name: string;
  readonly prefix: string;
  readonly scopes: readonly string[];
  readonly expires_at: string;
  readonly last_used_at: string | null;
  readonly revoked_at: string | null;
}

export interface KeyMade extends KeyRow {
  readonly key: string;
}

export interface ProviderShape {
  readonly name: string;
  readonly title: string;
  readonly start: string;
}

export interface ProviderList {
  readonly items: readonly ProviderShape[];
}

export interface StaffShape {
  readonly id: string;
  readonly created_at: string;
  readonly account_id: string;
  readonly name: string;
  readonly may: readonly string[];
  readonly badge: string;
  readonly has_pin: boolean;
  readonly valid_to: string;
}

export interface CardShape {
  readonly id: string;
  readonly created_at: string;
  readonly uid: string;
  readonly account_id: string;
  readonly may: readonly string[];
  readonly valid_to: string | null;
  readonly blocked: boolean;
}

export interface VoucherShape {
  readonly id: string;
  readonly created_at: string;
  readonly account_id: string;
  readonly may: readonly string[];
  readonly stations: readonly string[];
  readonly not_before: string;
  readonly expires: string;
  readonly max_uses: number;
  readonly revoked_at: string | null;
}

export interface VoucherIssued extends VoucherShape {
  readonly text: string;
}

export interface BlockShape {
  readonly id: string;
  readonly created_at: string;
  readonly account_id: string;
  readonly case_id: string | null;
  readonly by: string | null;
  readonly why: string;
}

export interface SellerShape {
  readonly name: string;
}

/** An operator; several may share one hub, strictly apart. */
export interface OrganisationShape {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly seller: SellerShape | null;
  readonly created_at: string;
}
