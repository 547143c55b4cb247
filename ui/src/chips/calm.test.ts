import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Calm } from './calm';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('does once what is asked for many times', async () => {
  const work = vi.fn(() => Promise.resolve());
  const calm = new Calm(100, work);
  for (let i = 0; i < 5; i++) {
    calm.soon();
    await vi.advanceTimersByTimeAsync(50);
  }
  expect(work).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(100);
  expect(work).toHaveBeenCalledTimes(1);
});

it('never does two at a time; what was asked for meanwhile comes after', async () => {
  let done = (): void => undefined;
  let running = 0;
  const calm = new Calm(10, async () => {
    expect(++running).toBe(1);
    await new Promise<void>((resolve) => (done = resolve));
    running--;
  });
  calm.soon();
  await vi.advanceTimersByTimeAsync(20);
  expect(calm.busy).toBe(true);
  calm.soon();
  calm.soon();
  await vi.advanceTimersByTimeAsync(50);
  done();
  await vi.advanceTimersByTimeAsync(50);
  expect(calm.busy).toBe(true);
  done();
  await vi.advanceTimersByTimeAsync(50);
  expect(calm.busy).toBe(false);
});

it('is given up when it is stopped', async () => {
  let signal: AbortSignal | null = null;
  const calm = new Calm(10, (one) => ((signal = one), new Promise<void>(() => undefined)));
  calm.soon();
  await vi.advanceTimersByTimeAsync(20);
  calm.stop();
  expect(signal!.aborted).toBe(true);
  expect(calm.busy).toBe(false);
});
