import type { FindingPlace } from './services/integrity/verify/findings.js';
import { PROBLEMS, type ProblemKind } from './services/integrity/verify/problems.js';
import type { VerifyReport } from './services/integrity/verify/verify.js';

/** What a run of `npm run verify` came to. */
export interface VerifyOutcome extends VerifyReport {
  readonly storage: string;
  readonly seconds: number;
  /** The name that the data has now; with `--restored` a new one. */
  readonly epoch: string;
  readonly restored: boolean;
}

/** Places of one kind that a person is shown; `--json` has more. */
const PLACES = 10;

/** The report for people. Ids only: nothing that anyone wrote is in it. */
export function verifyLines(outcome: VerifyOutcome): readonly string[] {
  const { checked, problems, pendingBodies, undecided, backupUntil } = outcome;
  const kinds = (Object.keys(PROBLEMS) as ProblemKind[]).filter((kind) => problems[kind].count > 0);
  return [
    `${outcome.storage}: ${checked.chats} chats, ${checked.messages} messages, ${checked.bodies} bodies in ${outcome.seconds} s`,
    ...(outcome.restored ? [`new epoch ${outcome.epoch}: every client reads afresh`] : []),
    ...kinds.flatMap((kind) => problemLines(kind, problems[kind])),
    ...(pendingBodies > 0 ? [`${pendingBodies} bodies are too young to be called orphans (no problem)`] : []),
    ...(undecided > 0
      ? [`${undecided} messages or bodies could not be judged: their chat's lock was not to be had, run it again`]
      : []),
    ...(backupUntil === null
      ? []
      : [`a backup holds its lease until ${backupUntil.toISOString()}: nothing is erased or removed before`]),
    verdictOf(outcome, kinds.length),
  ];
}

/** The same for programs, on one line. */
export function verifyJson(outcome: VerifyOutcome): string {
  const { storage, epoch, restored, clean, checked, seconds, pendingBodies, undecided, backupUntil, problems } =
    outcome;
  const told = Object.entries(problems).map(([kind, { count, repaired, places }]) => {
    return [kind, { count, repaired, places: places.map(placeJson) }];
  });
  return JSON.stringify({
    clean,
    storage,
    epoch,
    restored,
    seconds,
    checked,
    pending_bodies: pendingBodies,
    undecided,
    backup_until: backupUntil,
    problems: Object.fromEntries(told) as object,
  });
}

function placeJson({ chatId, messageId, seq, bodyId }: FindingPlace): object {
  return { chat_id: chatId, message_id: messageId, seq, body_id: bodyId };
}

function problemLines(
  kind: ProblemKind,
  { count, repaired, places }: VerifyReport['problems'][ProblemKind],
): readonly string[] {
  const { text, repair } = PROBLEMS[kind];
  const mended = repaired > 0 && repair !== null ? `, ${repaired} ${repair}` : '';
  const shown = places.slice(0, PLACES).map(placeText);
  const named = shown.filter((place) => place !== '').map((place) => `    ${place}`);
  return [`${kind}: ${count} ${text}${mended}`, ...named, ...(places.length > PLACES ? ['    ...'] : [])];
}

function placeText({ chatId, messageId, seq, bodyId }: FindingPlace): string {
  const parts = { chat: chatId, message: messageId, seq, body: bodyId };
  return Object.entries(parts)
    .flatMap(([name, value]) => (value === undefined ? [] : [`${name} ${value}`]))
    .join(', ');
}

function verdictOf({ clean, problems, undecided }: VerifyOutcome, kinds: number): string {
  if (clean && kinds === 0) return 'clean';
  if (clean) return 'clean now: everything that was found has been mended';
  const open = (Object.keys(PROBLEMS) as ProblemKind[]).filter(
    (kind) => problems[kind].count > problems[kind].repaired,
  );
  if (open.length === 0) return `not clean: ${undecided} undecided`;
  const mendable = open.filter((kind) => PROBLEMS[kind].repair !== null);
  const hint = mendable.length > 0 ? `; --repair mends ${mendable.join(', ')}` : '';
  return `problems: ${open.join(', ')}${hint}`;
}
