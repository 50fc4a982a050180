/** The ancestry gate: may a commit be deployed after what was last attempted of its branch? Called by `open`. */

/** How two commits lie to each other, seen from the one last attempted. */
export interface GateQuestion {
  readonly branch: string;
  /** The commit last let through. */
  readonly attempted: string;
  readonly ancestry: 'identical' | 'ahead' | 'behind' | 'diverged' | 'unknown';
  /** Is the commit the head of its branch now? Asked only after a force push. */
  isHead(): Promise<boolean>;
}

/**
 * Undefined when the commit may go on; else why not, for people. An older push or an old release redriven never rolls an
 * environment back silently; a rewritten history is followed only to the branch's present head.
 */
export async function gateProblem(question: GateQuestion): Promise<string | undefined> {
  const { branch, attempted, ancestry } = question;
  if (ancestry === 'identical' || ancestry === 'ahead') return undefined;
  if (ancestry === 'behind') return `a newer commit of ${branch}, ${attempted.slice(0, 7)}, came before it`;
  if (await question.isHead()) return undefined;
  return `the history of ${branch} was rewritten and this commit is not its head`;
}
