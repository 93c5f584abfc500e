// Where a person's codes come from: the development inbox, and the secret of their authenticator.
import { createHmac } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';

const PERSIAN = '۰۱۲۳۴۵۶۷۸۹';

/** The code of the first message to an identity that isn't among the `known` ids; waits up to 10 s for it. */
export async function codeFor(base, identity, known) {
  for (let tries = 0; tries < 50; tries += 1) {
    const message = (await inboxOf(base, identity)).find(({ id }) => !known.has(id));
    const code = message?.text.replace(/[۰-۹]/g, (digit) => PERSIAN.indexOf(digit)).match(/(?<!\d)\d{6,8}(?!\d)/)?.[0];
    if (code) return code;
    await wait(200);
  }
  throw new Error(`no code came for ${identity}`);
}

/** Ids of the messages that an identity already has. */
export const messagesOf = async (base, identity) => new Set((await inboxOf(base, identity)).map(({ id }) => id));

/** Messages sent to an identity, newest first. */
async function inboxOf(base, identity) {
  const response = await fetch(`${base}/dev/inbox.json?to=${encodeURIComponent(identity)}`);
  return (await response.json()).messages;
}

/** The present code of an authenticator; waits out one about to change, so that it is still good when it arrives. */
export async function authenticatorCode(secret) {
  const left = 30_000 - (Date.now() % 30_000);
  if (left < 4000) await wait(left + 100);
  return totp(secret);
}

/** RFC 6238 code of a base32 secret for a moment in milliseconds: SHA-1, 30 s, 6 digits. */
function totp(secret, at = Date.now()) {
  const bits = [...secret.replace(/=+$/, '').toUpperCase()].map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(at / 30_000)));
  const digest = createHmac('sha1', key).update(counter).digest();
  const offset = digest.at(-1) & 15;
  return String((digest.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}
