/** What the doctor has to say, one finding a check, and how people read it. */

/**
 * `ok`: as it should be. `advice`: it works, but somebody should know. `problem`: nothing works, or not as configured, until something
 * is done. `unchecked`: it could not be looked at.
 */
export type Verdict = 'ok' | 'advice' | 'problem' | 'unchecked';

export interface Finding {
  /** What was looked at, in a word or two. */
  readonly check: string;
  readonly verdict: Verdict;
  /** What was found. */
  readonly message: string;
  /** What to do about it; with every problem and advice. */
  readonly todo?: string;
}

const MARKS: Readonly<Record<Verdict, string>> = { ok: '✓', advice: '!', problem: '✗', unchecked: '–' };

/** All findings for a terminal, and how many of what. */
export function asText(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ check }) => check.length));
  const lines = findings.flatMap(({ check, verdict, message, todo }) => [
    `${MARKS[verdict]} ${check.padEnd(width)}  ${message}`,
    ...(todo === undefined ? [] : [`  ${' '.repeat(width)}  → ${todo}`]),
  ]);
  const count = (verdict: Verdict) => findings.filter((one) => one.verdict === verdict).length;
  const [problems, advice, unchecked] = [count('problem'), count('advice'), count('unchecked')];
  const summary = `${problems} to put right, ${advice} to know, ${unchecked} not checked`;
  return `${[...lines, '', summary].join('\n')}\n`;
}
