import { describe, expect, it } from 'vitest';
import type { AttachedColumn, ChipRow } from '../lib/types';
import { USUAL, chosenOf, columnsOf, saidOf, spelled } from './columns';

const attached = [
  { name: 'roads_distance', title: 'Metres to roads', kind: 'number' },
  { name: 'land_kind', title: 'kind of land', kind: 'text' },
] as AttachedColumn[];
const all = columnsOf([], 'none', false, attached);

describe('columns from outside', () => {
  it('are there before anybody chooses, and may be chosen one by one', () => {
    const named = (chosen: readonly string[]): string[] =>
      chosenOf(all, chosen)
        .map((one) => one.id)
        .filter((id) => id.startsWith('attached:'));
    expect(named(USUAL)).toEqual(['attached:roads_distance', 'attached:land_kind']);
    expect(spelled(all, ['label', 'attached:land_kind'])).toEqual(['label', 'attached:land_kind']);
    expect(named(['attached:land_kind'])).toEqual(['attached:land_kind']);
    expect(named(['label'])).toEqual([]);
  });

  it('say their value as people read it', () => {
    const chip = { attached: { roads_distance: 12345.678, land_kind: 'forest' } } as unknown as ChipRow;
    const said = chosenOf(all, ['attached']).map((one) => one.text(chip, { classOf: () => undefined }));
    expect(said).toEqual(['12,346', 'forest']);
    expect([saidOf(0.123456), saidOf(true), saidOf(undefined), saidOf(0)]).toEqual(['0.1235', 'yes', '', '0']);
  });
});
