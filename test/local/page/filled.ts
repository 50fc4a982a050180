/** A recording GitHub with something of everything its page shows, and who hears its deliveries; used by the tests of the page. */
import { Webhooks } from '@octokit/webhooks';
import type { PageRequest } from '../../../local/page/exchange.ts';
import { pageAnswer } from '../../../local/page/page.ts';
import { Progress } from '../../../local/world/progress.ts';
import { appWorld, clock } from '../github/app-world.ts';
import { commit, git } from '../github/support.ts';

export const ID = 100000001;

export const SUMMARY = `waiting for approval: every change must be approved

| | |
|---|---|
| **release** | \`20261121-1a2b3c4-1\` |
| **change** | 1 to add, 1 to destroy |
`;

export const TEXT = `### Destroy (1)
\`\`\`\`diff
- aws_db_instance.main
-   engine = "postgres"
! aws_lb.web
+ aws_s3_bucket.logs
\`\`\`\`

<details><summary>More</summary>

the *rest* of it <script>document.title = 'taken'</script>

</details>`;

const BUTTONS = [
  { label: 'Approve', description: 'Apply this change as planned', identifier: 'approve:0123456789ab' },
  { label: 'Reject', description: 'Apply nothing of this change', identifier: 'reject:0123456789ab' },
  { label: 'Cancel', description: 'Stop the whole release', identifier: 'cancel' },
];

/**
 * The repository local/shop: pull request 1 from `bigger`, whose check waits for an answer, and checks on the head of `main`.
 * `change` makes one check of the pull request succeed, and says that to who listens.
 */
export async function filledGitHub() {
  const world = await appWorld({ checks: 'write', issues: 'write', pull_requests: 'read' });
  const { github, call, head: main, delivered } = world;
  const repository = github.repositories.byFullName('local/shop');
  if (repository === undefined) throw new Error('nothing was pushed');
  const { directory } = repository;
  git(directory, 'switch', '--quiet', '--create', 'bigger');
  const head = commit(directory, 'A bigger <machine>\n\nbecause of the load', { 'a/main.tf': '2' });
  await github.receivePull({ directory, ref: 'bigger' });
  git(directory, 'switch', '--quiet', 'main');
  const run = async (name: string, more: object): Promise<number> => {
    const order = { name, head_sha: head, external_id: `r1/${name}`, ...more };
    return (await call('POST', '/repos/local/shop/check-runs', order)).body.id;
  };
  const times = { started_at: '2026-11-21T10:00:00Z', completed_at: '2026-11-21T10:01:05Z' };
  const going = await run('belay', {
    status: 'in_progress',
    output: { title: '0 of 1 targets done', summary: 'going on' },
  });
  const annotation = { path: 'a/main.tf', start_line: 3, end_line: 3, annotation_level: 'warning' };
  const asking = await run('belay/dev/app', {
    ...{ status: 'completed', conclusion: 'action_required', ...times, actions: BUTTONS },
    output: {
      title: 'waiting for approval: every change must be approved',
      ...{ summary: SUMMARY, text: TEXT },
      annotations: [
        { ...annotation, title: 'dev/app would destroy it', message: 'Its data <b>would</b> be gone.' },
      ],
    },
  });
  await call('POST', '/repos/local/shop/check-runs', {
    ...{
      name: 'belay',
      head_sha: main,
      external_id: 'r0',
      status: 'completed',
      conclusion: 'success',
      ...times,
    },
    output: { title: '2 targets: 2 applied', summary: 'well' },
  });
  await call('POST', '/repos/local/shop/issues/1/comments', {
    body: '### What merging this would change\n\n| target | change |\n|---|---|\n| `dev/app` | 1 to add |\n\n<!-- belay plans this -->',
  });
  await call('POST', '/repos/local/shop/issues/comments/1/reactions', { content: 'eyes' });

  const progress = new Progress();
  const twin = {
    page: (request: PageRequest) => pageAnswer(github, request, clock.now + 125_000),
    onProgress: progress.on.bind(progress),
  };
  const change = async (more: object = {}) => {
    await call('PATCH', `/repos/local/shop/check-runs/${going}`, {
      ...{ status: 'completed', conclusion: 'success', completed_at: '2026-11-21T10:02:00Z' },
      output: { title: '1 target: 1 planned', summary: 'well' },
      ...more,
    });
    progress.changed('status');
  };
  /** The newest delivery: its event and payload. @throws Error when it is not signed as GitHub signs. */
  const heard = async () => {
    const { headers, body } = delivered.at(-1) ?? { headers: {}, body: '' };
    const signature = String(headers['x-hub-signature-256']);
    if (!(await new Webhooks({ secret: 'webhook secret' }).verify(body, signature)))
      throw new Error('the delivery is not signed');
    return { event: headers['x-github-event'], payload: JSON.parse(body) };
  };
  return {
    ...world,
    directory,
    bare: github.repositories.bare(repository),
    main,
    head,
    going,
    asking,
    run,
    twin,
    change,
    heard,
  };
}
