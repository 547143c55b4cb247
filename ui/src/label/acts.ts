/**
 * Acts: what a person does in one go, for one chip or many, and takes back in one go.
 *
 * An act is kept and sent as one record; its events are made from it, always the same ones: their ids count up from the
 * act's own, so that an act sent again, by whichever tab, doubles nothing.
 */
import { plural } from '../lib/format';
import type { AnnotationIn } from '../lib/types';

export type AnswerValue = 'positive' | 'negative' | 'unsure' | 'not-applicable' | 'unlabelled';
export type AttributeValue = boolean | number | string | null;
export type ActKind = 'answer' | 'training' | 'attribute' | 'undo';
type Payload = Record<string, unknown>;

export interface Act {
  /** UUID of its first event: the answer, the bulk event over many, the undo. */
  id: string;
  kind: ActKind;
  task: string | null;
  chips: string[];
  /** What is said of each of the chips; all of it. */
  payloads: Payload[];
  /** The event that an undo takes back. */
  undoes: string | null;
  /** Who did it: it is sent under this name or not at all. */
  actor: string;
  /** In words: `Water: positive, 12 chips`. */
  says: string;
}

/** An answer that the server did not take. */
export interface Refusal {
  chip: string | null;
  error: string;
}

/** A UUID whose last eight digits are zero: those of its members count up from it. `crypto.randomUUID` needs https. */
export function newId(random = (into: Uint8Array<ArrayBuffer>): unknown => crypto.getRandomValues(into)): string {
  const bytes = new Uint8Array(16);
  random(bytes);
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  bytes.fill(0, 12);
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

function memberId(id: string, member: number): string {
  return id.slice(0, -8) + (member + 1).toString(16).padStart(8, '0');
}

/** Events that the act is made of. */
export function sizeOf(act: Act): number {
  const members = act.chips.length * act.payloads.length;
  return act.kind === 'undo' || members === 1 ? 1 : members + 1;
}

/** One of its events, by its number from 0. */
export function eventOf(act: Act, number: number): AnnotationIn {
  const { id, kind, task } = act;
  if (kind === 'undo') return { id, kind, undoes: act.undoes, payload: {} };
  const about = task === null ? {} : { task };
  if (sizeOf(act) === 1) return { id, kind, ...about, chip_id: act.chips[0]!, payload: act.payloads[0]! };
  if (number === 0) return { id, kind: 'bulk', ...about, payload: { says: act.says, chips: act.chips.length } };
  const member = number - 1;
  const chip_id = act.chips[Math.floor(member / act.payloads.length)]!;
  const payload = act.payloads[member % act.payloads.length]!;
  return { id: memberId(id, member), kind, ...about, chip_id, payload, bulk: id };
}

/** The chip that an event of the act is about. */
export function chipOf(act: Act, number: number): string | null {
  if (act.kind === 'undo') return null;
  if (sizeOf(act) === 1) return act.chips[0] ?? null;
  return number === 0 ? null : (act.chips[Math.floor((number - 1) / act.payloads.length)] ?? null);
}

/** `Water: positive, 12 chips`. */
export function inWords(what: string, chips: readonly string[]): string {
  return `${what}, ${plural(chips.length, 'chip')}`;
}

/** Events of one request. */
export const MOST = 2_000;

/** What the outbox has to know of acts. */
export const EVENTS = { sizeOf, eventOf, chipOf, tells: (act: Act): boolean => act.kind !== 'undo', most: MOST };
