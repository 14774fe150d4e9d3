import type { ExchangeEvent, ExchangeEventType } from './types';

export type EventDetails = Partial<Omit<ExchangeEvent, 'type' | 'direction' | 'at'>>;
export type Emit = (type: ExchangeEventType, details?: EventDetails) => void;

/**
 * A way to report what happens to one exchange. A listener that throws must not change the course of the exchange
 * (law 8), so its error is dropped.
 * @param known what every event of this exchange says
 */
export function emitterFor(
  onEvent: ((event: ExchangeEvent) => void) | undefined,
  direction: ExchangeEvent['direction'],
  known: EventDetails = {},
): Emit {
  return (type, details = {}) => {
    try {
      onEvent?.({ type, direction, at: new Date().toISOString(), ...known, ...details });
    } catch {
      // See above.
    }
  };
}
