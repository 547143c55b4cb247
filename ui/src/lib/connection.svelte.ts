/** Whether the server answers, and whether it lets us in. Set by lib/api and lib/live, shown by the shell. */
class Connection {
  online = $state(true);
  unauthorized = $state(false);

  lost(): void {
    this.online = false;
  }

  found(): void {
    this.online = true;
  }

  refused(): void {
    this.unauthorized = true;
  }

  /** Let in: again, where another tab has signed in meanwhile. */
  admitted(): void {
    this.unauthorized = false;
  }
}

export const connection = new Connection();
