import type { ListenerOptions } from '../../ports/listener.js';
import type { Report } from '../report.js';
import type { WaitingAnswers } from '../waiting-answers.js';
import type { UwsConnection } from './connection.js';

/** What an exchange needs of its listener. */
export interface ExchangeHost {
  readonly options: ListenerOptions;
  readonly report: Report;
  readonly waiting: WaitingAnswers;
  /** A record for the rest of a connection of which nothing is known. */
  unknownConnection(): UwsConnection;
  /** True: no further request on any connection. */
  readonly draining: boolean;
}
