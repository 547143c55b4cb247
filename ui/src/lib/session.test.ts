import { afterEach, describe, expect, it } from 'vitest';
import { authHeaders, setBearer } from './api';
import { takeToken } from './session.svelte';

afterEach(() => {
  sessionStorage.clear();
  setBearer(null);
  history.replaceState(null, '', location.pathname);
});

describe('takeToken', () => {
  it('takes the token out of the address, and keeps it for the tab', () => {
    history.replaceState(null, '', '?embed=1#token=abc%2B1&/chips?sort=newest');
    takeToken();
    expect(location.hash).toBe('#/chips?sort=newest');
    expect(authHeaders()).toEqual({ Authorization: 'Bearer abc+1' });
    setBearer(null);
    takeToken();
    expect(authHeaders()).toEqual({ Authorization: 'Bearer abc+1' });
  });

  it('leaves a usual address alone', () => {
    history.replaceState(null, '', '#/chips?filter=a');
    takeToken();
    expect(location.hash).toBe('#/chips?filter=a');
    expect(authHeaders()).toEqual({});
  });
});
