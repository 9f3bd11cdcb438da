/** Codes of the fleet that people choose from. */
export const KINDS = ['scooter', 'moped', 'bicycle', 'car'] as const;
export const FORM_FACTORS = [
  'scooter_standing',
  'scooter_seated',
  'moped',
  'bicycle',
  'cargo_bicycle',
  'car',
  'other',
] as const;
export const PROPULSIONS = ['electric', 'electric_assist'] as const;
export const DOCK_KINDS = ['latch', 'bay'] as const;
export const SERVICES = ['deployed', 'removed', 'missing'] as const;
export const PAPERS = ['registration', 'insurance', 'inspection', 'other'] as const;
