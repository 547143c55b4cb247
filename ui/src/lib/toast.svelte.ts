/** Short messages that come and go; read out by screen readers (aria-live in shell/Toasts). */
export type ToastKind = 'info' | 'ok' | 'warn' | 'danger';

export interface ToastAction {
  title: string;
  run: () => void;
}

export interface ToastOptions {
  kind?: ToastKind;
  action?: ToastAction;
  /** Milliseconds; 0 stays until it is closed. */
  stay?: number;
}

export interface Toast {
  id: number;
  text: string;
  kind: ToastKind;
  action: ToastAction | null;
}

const STAY = 6000;
let last = 0;

class Toasts {
  list = $state<Toast[]>([]);

  close(id: number): void {
    this.list = this.list.filter((one) => one.id !== id);
  }
}

export const toasts = new Toasts();

export function toast(text: string, options: ToastOptions = {}): number {
  const one: Toast = { id: ++last, text, kind: options.kind ?? 'info', action: options.action ?? null };
  toasts.list = [...toasts.list.filter((old) => old.text !== text).slice(-3), one];
  const stay = options.stay ?? (one.kind === 'danger' ? 2 * STAY : STAY);
  if (stay > 0) setTimeout(() => toasts.close(one.id), stay);
  return one.id;
}
