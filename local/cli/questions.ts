/** What a release asks people, and how they answer; shown under the live view and at the end of a push that does not wait. */
import type { ReleaseView } from './release-view.ts';

/** Two lines per question: what is asked, and the command to give. `stateOption` is `--state-dir` as it was given. */
export function questionLines(view: ReleaseView, stateOption: string): string[] {
  return view.environments
    .flatMap(({ targets }) => targets)
    .filter(({ outcome, progress }) => outcome === null && progress === 'approving')
    .flatMap(({ environment, component, reason }) => [
      `${environment}/${component} waits for approval: ${reason}`,
      `  npm run local -- approve --release ${view.id} --target ${environment}/${component}${stateOption}   (or reject)`,
    ]);
}
