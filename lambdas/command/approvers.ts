/** Who may decide about a change, by the policy's approvers: GitHub logins and teams. Called by `decide`. */
import type { GitHub } from '../github-ports.ts';

/**
 * Undefined when the person may; else who may. Without approvers anybody may who can ask at all. A name without a slash is a login
 * or a team of the repository's organisation; `org/team` is a team.
 */
export async function approverProblem(
  by: string,
  approvers: readonly string[],
  { organisation, github }: { readonly organisation: string; readonly github: GitHub },
): Promise<string | undefined> {
  if (approvers.length === 0) return undefined;
  const wanted = by.toLowerCase();
  if (approvers.some((name) => name.toLowerCase() === wanted)) return undefined;
  for (const name of approvers) {
    const [first = '', second] = name.split('/');
    const [org, team] = second === undefined ? [organisation, first] : [first, second];
    if (await github.isTeamMember(org, team, by)) return undefined;
  }
  return `${by} is not among the approvers: ${approvers.join(', ')} may decide`;
}
