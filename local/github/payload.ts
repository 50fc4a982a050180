/** The push payload GitHub would send. https://docs.github.com/en/webhooks/webhook-events-and-payloads#push */
import { git, gitAnswer } from './git.ts';
import { type BranchUpdate, type LocalRepository, NO_COMMIT } from './repositories.ts';

/** More commits are left out of the payload. */
const MAX_COMMITS = 20;

/** The JSON of a push, for a person called `login`. */
export async function pushPayload(
  bare: string,
  {
    repository,
    update,
    login,
    url,
  }: { repository: LocalRepository; update: BranchUpdate; login: string; url: string },
): Promise<object> {
  const { ref, before, after } = update;
  const deleted = after === NO_COMMIT;
  const created = before === NO_COMMIT;
  const forced = !created && !deleted && !(await isAncestor(bare, before, after));
  const html = `${url}/${repository.owner}/${repository.name}`;
  const commits = deleted
    ? []
    : await commitsOf(bare, created || forced ? after : `${before}..${after}`, html);
  return {
    ref,
    before,
    after,
    repository: repositoryJson(repository, html),
    pusher: { name: login, email: `${login}@localhost` },
    sender: { login, id: 1, type: 'User', site_admin: false, html_url: `${url}/${login}` },
    created,
    deleted,
    forced,
    base_ref: null,
    compare: `${html}/compare/${before.slice(0, 12)}...${after.slice(0, 12)}`,
    commits: created ? [] : commits,
    head_commit: commits.at(-1) ?? null,
  };
}

/** Whether `ancestor` is reached from `commit` by its parents. */
export async function isAncestor(bare: string, ancestor: string, commit: string): Promise<boolean> {
  return (await gitAnswer(bare, 'merge-base', '--is-ancestor', ancestor, commit)) !== undefined;
}

/** The repository as every payload has it. */
export function repositoryJson({ id, owner, name, defaultBranch }: LocalRepository, html: string): object {
  return {
    id,
    node_id: `R_${id}`,
    name,
    full_name: `${owner}/${name}`,
    private: true,
    owner: { login: owner, name: owner, id: 1, type: 'Organization' },
    html_url: html,
    url: html,
    clone_url: `${html}.git`,
    fork: false,
    default_branch: defaultBranch,
    master_branch: defaultBranch,
    pushed_at: Math.floor(Date.now() / 1000),
  };
}

const FIELDS = ['%H', '%T', '%an', '%ae', '%cn', '%ce', '%cI', '%B'].join('%x1f');

/** Commits in the order GitHub lists them, oldest first, with the files they touched. */
async function commitsOf(bare: string, range: string, html: string): Promise<object[]> {
  const limits = [`--max-count=${MAX_COMMITS}`, '--first-parent', '--root', '--no-renames'];
  const output = await git(
    bare,
    'log',
    ...limits,
    '-z',
    '--name-status',
    `--format=%x01${FIELDS}%x1f`,
    range,
  );
  const records = output.split('\u0001').slice(1);
  return records.map((record) => commitJson(record.split('\u001f'), html)).toReversed();
}

function commitJson(fields: string[], html: string): object {
  const [id, tree_id, author, authorEmail, committer, committerEmail, timestamp, message, files] = fields;
  const words = (files ?? '').split('\u0000').filter((word) => word.trim() !== '');
  const touched = (status: string) =>
    words.filter((_, index) => index % 2 === 1 && words[index - 1]?.trim().startsWith(status));
  return {
    id,
    tree_id,
    distinct: true,
    message: message?.trimEnd(),
    timestamp,
    url: `${html}/commit/${id}`,
    author: { name: author, email: authorEmail },
    committer: { name: committer, email: committerEmail },
    added: touched('A'),
    removed: touched('D'),
    modified: touched('M'),
  };
}
