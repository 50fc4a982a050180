/** Check runs and suites: only for Apps. https://docs.github.com/en/rest/checks */
import { notFound, paged, type RestAnswer, unprocessable } from '../answers.ts';
import type { CheckRun, CheckRunInput } from '../checks.ts';
import { commitId, type Place, type RepositoryCall, type Routes } from './route.ts';

const shown = (
  { url, app }: Place,
  { repository }: Pick<RepositoryCall, 'repository'>,
  run: CheckRun,
): object => {
  const { annotations, suite, output, actions: _, repository: __, ...rest } = run;
  const html = `${url}/${repository.owner}/${repository.name}`;
  return {
    ...rest,
    url: `${url}/api/v3/repos/${repository.owner}/${repository.name}/check-runs/${run.id}`,
    html_url: `${html}/runs/${run.id}`,
    details_url: html,
    output: { title: null, summary: null, text: null, ...output, annotations_count: annotations.length },
    check_suite: { id: suite },
    app: { id: app.id, slug: 'belay', name: 'Belay' },
  };
};

const answer = (
  place: Place,
  call: RepositoryCall,
  done: CheckRun | RestAnswer,
  status: number,
): RestAnswer => {
  if (!('id' in done)) return done;
  place.changed();
  return { status, body: shown(place, call, done) };
};

const runOf = ({ checks }: Place, { repository, values }: RepositoryCall): CheckRun | undefined =>
  checks.byId(repository.id, Number(values.check_run_id));

export const checkRoutes: Routes = {
  'POST /repos/{owner}/{repo}/check-runs': {
    needs: 'checks:write',
    appOnly: true,
    inRepository: async (place, call) => {
      const { head_sha, ...input } = call.body as CheckRunInput & { head_sha: string };
      const isFullId = /^[0-9a-f]{40}$/.test(head_sha);
      const sha = isFullId ? await commitId(call.bare, head_sha) : undefined;
      if (sha === undefined) return unprocessable(`No commit found for SHA: ${head_sha}`);
      return answer(place, call, place.checks.create({ repository: call.repository.id, sha }, input), 201);
    },
  },
  'PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}': {
    needs: 'checks:write',
    appOnly: true,
    inRepository: (place, call) => {
      const run = runOf(place, call);
      if (run === undefined) return notFound;
      return answer(place, call, place.checks.update(run, call.body as CheckRunInput), 200);
    },
  },
  'GET /repos/{owner}/{repo}/check-runs/{check_run_id}': {
    needs: 'checks:read',
    inRepository: (place, call) => {
      const run = runOf(place, call);
      return run === undefined ? notFound : { status: 200, body: shown(place, call, run) };
    },
  },
  'GET /repos/{owner}/{repo}/check-runs/{check_run_id}/annotations': {
    needs: 'checks:read',
    inRepository: (place, call) => {
      const run = runOf(place, call);
      return run === undefined ? notFound : paged(call.query, run.annotations);
    },
  },
  'GET /repos/{owner}/{repo}/commits/{ref}/check-runs': {
    needs: 'checks:read',
    inRepository: async (place, call) => {
      const { repository, query, values, bare } = call;
      const sha = await commitId(bare, values.ref ?? '');
      if (sha === undefined) return unprocessable(`No commit found for SHA: ${values.ref}`);
      const filter = query.get('filter') === 'all' ? 'all' : 'latest';
      const runs = place.checks
        .of({ repository: repository.id, sha }, filter)
        .filter(
          ({ name, status }) =>
            name === (query.get('check_name') ?? name) && status === (query.get('status') ?? status),
        );
      return paged(query, runs, (items) => ({
        total_count: runs.length,
        check_runs: items.map((run) => shown(place, call, run)),
      }));
    },
  },
  'GET /repos/{owner}/{repo}/commits/{ref}/check-suites': {
    needs: 'checks:read',
    inRepository: async (place, { repository, query, values, bare }) => {
      const sha = await commitId(bare, values.ref ?? '');
      if (sha === undefined) return unprocessable(`No commit found for SHA: ${values.ref}`);
      const suites = place.checks.suites({ repository: repository.id, sha });
      return paged(query, suites, (items) => ({
        total_count: suites.length,
        check_suites: items.map(suiteJson),
      }));
    },
  },
  'GET /repos/{owner}/{repo}/check-suites/{check_suite_id}': {
    needs: 'checks:read',
    inRepository: (place, { repository, values }) => {
      const suite = place.checks.suite(repository.id, Number(values.check_suite_id));
      return suite === undefined ? notFound : { status: 200, body: suiteJson(suite) };
    },
  },
};

const suiteJson = ({ id, head_sha }: { readonly id: number; readonly head_sha: string }) => ({
  id,
  head_sha,
});
