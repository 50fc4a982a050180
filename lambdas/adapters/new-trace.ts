/** The ids of a trace that begins here, or goes on from what called this function: used where events are published and releases begin. */
import { randomBytes } from 'node:crypto';
import type { TracePlace } from '../../core/trace/trace-header.ts';

const hex = (bytes: number) => randomBytes(bytes).toString('hex');

/** `now` is part of the id: https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html#xray-api-traceids */
export function newTrace(now: Date): TracePlace {
  const began = Math.floor(now.getTime() / 1000).toString(16);
  return { root: `1-${began.padStart(8, '0')}-${hex(12)}`, parent: hex(8) };
}

/** What Lambda says of this invocation: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html */
export function callersTrace(variable = process.env._X_AMZN_TRACE_ID): TracePlace | undefined {
  const [, root] = /\bRoot=(1-[0-9a-f]{8}-[0-9a-f]{24})\b/.exec(variable ?? '') ?? [];
  const [, parent] = /\bParent=([0-9a-f]{16})\b/.exec(variable ?? '') ?? [];
  return root === undefined || parent === undefined ? undefined : { root, parent };
}
