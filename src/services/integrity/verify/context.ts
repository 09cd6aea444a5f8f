import type { BodyReferences } from '../../../ports/body-references.js';
import type { BodyStore } from '../../../ports/body-store.js';
import type { Inspection } from '../../../ports/inspection.js';
import type { Leases } from '../../../ports/leases.js';
import type { OldBodyStore } from '../../../ports/old-body-store.js';
import type { Findings } from './findings.js';

export interface VerifyDeps {
  readonly inspection: Inspection;
  readonly references: BodyReferences;
  readonly bodies: BodyStore;
  readonly oldBodies: OldBodyStore;
  readonly leases: Leases;
}

/** Where a long run is. */
export interface Progress {
  readonly step: 'chats' | 'messages' | 'bodies';
  readonly done: number;
  /** Share of the step, from 0 to 1, as far as ids tell; null where nothing is known of the rest. */
  readonly share: number | null;
}

export interface VerifyContext extends VerifyDeps {
  readonly findings: Findings;
  readonly repair: boolean;
  readonly orphanAfterMs: number;
  readonly onProgress: (progress: Progress) => void;
}

export function hexOf(id: Uint8Array): string {
  return Buffer.from(id.buffer, id.byteOffset, id.byteLength).toString('hex');
}
