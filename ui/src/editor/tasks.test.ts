import { describe, expect, it } from 'vitest';
import type { SeriesInfo, Task } from '../lib/types';
import { keptAt } from './tasks';

const dates = ['a_1', 'b'].map((scene_id) => ({ scene_id, datetime: '2020-01-01T00:00:00Z' }));
const all: SeriesInfo[] = [{ name: 'pond', dates }];
const task = (about: Task['about'], series: string | null = null): Task => ({ about, series }) as Task;

describe('the chip that an answer is kept with', () => {
  it('is that of the first date, where the task asks about a place', () => {
    expect(keptAt('b_0_2_3', task('change'), all)).toBe('a_1_0_2_3');
    expect(keptAt('a_1_0_2_3', task('period'), all)).toBe('a_1_0_2_3');
    expect(keptAt('b_0_2_3', task('date'), all)).toBe('b_0_2_3');
    expect(keptAt('c_0_2_3', task('change'), all)).toBe('c_0_2_3');
    expect(keptAt('b_0_2_3', task('change', 'lake'), all)).toBe('b_0_2_3');
    expect(keptAt('', task('change'), all)).toBe('');
  });
});
