/** Whether the server answers, and whether it lets us in. Set by lib/api and lib/live, shown by the shell. */
class Connection {
  online = $state(true);
  unauthorized = $state(false);
  /** How often we were let in: a refusal of something asked before the last time says nothing of now. */
  admissions = 0;

  lost(): void {
    this.online = false;
  }

  found(): void {
    this.online = true;
  }

  /** Refused, what was asked when `admissions` was this. */
  refused(asked: number): void {
    if (asked === this.admissions) this.unauthorized = true;
  }

  /** Let in: again, where another tab has signed in meanwhile. */
  admitted(): void {
    this.admissions++;
    this.unauthorized = false;
  }
}

export const connection = new Connection();
