import { expect, it } from 'vitest';
import { troubled } from '../../e2e/staff_fixtures.mjs';
import { needsPerson, newId, possible, REASONS } from './deeds';

const docks = troubled();
const can = (no: number) =>
  docks
    .filter((dock) => dock.dock_no === no)
    .flatMap((dock) => possible(dock))
    .filter((one) => one.can)
    .map((one) => one.deed);

it('offers no order to a dock that does not answer, or that somebody is opening', () => {
  expect(can(1)).toEqual(['unlock', 'lock', 'restart', 'out_of_service']);
  expect(can(4)).toEqual(['out_of_service']);
  expect(can(6)).toEqual(['out_of_service']);
});

it('offers to put back what is out of service', () => {
  expect(can(5)).toContain('in_service');
});

it('knows which docks need a person', () => {
  expect(docks.filter(needsPerson).map((dock) => dock.dock_no)).toEqual([2, 5, 6]);
});

it('has reasons for everything, and always room for another one', () => {
  expect(Object.values(REASONS).filter((reasons) => reasons.at(-1) !== 'other')).toEqual([]);
});

it('makes ids that the station takes, without crypto.randomUUID', () => {
  const ids = Array.from({ length: 50 }, newId);
  expect(new Set(ids).size).toBe(50);
  expect(
    ids.filter((id) => !/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id)),
  ).toEqual([]);
});
