/**
 * Makes reads of dynalite's files quick; imported by `dynalite-server.ts` before it starts one. LevelDB has what it is asked for in
 * memory and answers in microseconds, but `get` has a thread do it and waits to be woken, which takes a fifth of a millisecond, and
 * every call to DynamoDB reads twice. `getSync` is the same without the thread:
 * https://github.com/Level/abstract-level#dbgetsynckey-options
 */
import { ClassicLevel } from 'classic-level';

const { get } = ClassicLevel.prototype;

ClassicLevel.prototype.get = async function (this: ClassicLevel, key: string, options = {}) {
  // While the files are being opened, only the other one waits.
  return this.status === 'open' ? this.getSync(key, options) : get.call(this, key, options);
};
