/** The server's own picture of a chip: shown until the pixels are there, or where they cannot be drawn. */
import { needsHeaders, request, url } from '../lib/api';

export class StandIn {
  address = $state<string | null>(null);

  /** Called while a component is made. `wanted` is null while no picture is needed; the last one stays. */
  constructor(wanted: () => { id: string; layer: string } | null) {
    $effect(() => {
      const now = wanted();
      if (now) return this.bring(now.id, now.layer);
    });
  }

  private bring(id: string, layer: string): (() => void) | undefined {
    const path = `/chips/${encodeURIComponent(id)}/quicklook`;
    if (!needsHeaders()) {
      this.address = url(path, { layer });
      return;
    }
    const stop = new AbortController();
    let made: string | null = null;
    request(path, { layer }, { signal: stop.signal })
      .then((response) => response.blob())
      .then((blob) => (this.address = made = URL.createObjectURL(blob)))
      .catch(() => undefined);
    return () => {
      stop.abort();
      if (made) URL.revokeObjectURL(made);
    };
  }
}
