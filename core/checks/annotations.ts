/** Annotations: problems and dangers at their line of the code. Called by `git-status` with the results it has read. */
import type { Diagnostic, PlanSummary } from '../contracts/job.ts';
import type { CheckAnnotation } from './check-run.ts';
import { shortened } from './markdown.ts';

const MAX_TITLE = 255;
/** GitHub takes 64 KB; nobody reads that at a line of code. Characters. */
const MAX_MESSAGE = 4000;

const annotation = (
  { file, line = 1 }: { readonly file: string; readonly line?: number | undefined },
  annotation_level: CheckAnnotation['annotation_level'],
  { title, message }: { readonly title: string; readonly message: string },
): CheckAnnotation => ({
  path: file,
  start_line: line,
  end_line: line,
  annotation_level,
  title: shortened(title, MAX_TITLE),
  message: message.slice(0, MAX_MESSAGE).replace(/[\ud800-\udbff]$/, '') || shortened(title, MAX_TITLE),
});

/** What the tool reported, where it named a place in the repository. */
export function problemAnnotations(diagnostics: readonly Diagnostic[]): CheckAnnotation[] {
  return diagnostics.flatMap(({ severity, summary, detail, file, line }) => {
    const isInside = file !== undefined && !file.startsWith('/') && !file.startsWith('../');
    const level = severity === 'error' ? 'failure' : 'warning';
    return isInside ? [annotation({ file, line }, level, { title: summary, message: detail.trim() })] : [];
  });
}

/** Protected resources that a plan would destroy or replace. `types` are those protected. */
export function removalAnnotations(
  target: string,
  removals: PlanSummary['removals'],
  types: readonly string[],
): CheckAnnotation[] {
  return removals.flatMap(({ address, type, replace, place }) => {
    if (place === undefined || !types.includes(type)) return [];
    const act = replace ? 'replace' : 'destroy';
    return [
      annotation(place, 'warning', {
        title: `${target} would ${act} ${address}`,
        message: `${type} is protected: its data would be gone. A person must approve this.`,
      }),
    ];
  });
}

/** Problems of the manifest, one a line: `belay.yaml:3:5 unknown key`. */
export function manifestAnnotations(reason: string): CheckAnnotation[] {
  return reason.split('\n').flatMap((problem) => {
    const [, file, line, message] = /^([^\s:]+):(\d+):\d+ (.*)$/.exec(problem) ?? [];
    if (file === undefined || message === undefined) return [];
    return [annotation({ file, line: Number(line) }, 'failure', { title: message, message })];
  });
}
