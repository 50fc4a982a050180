/**
 * Cuts the operations Belay uses out of GitHub's own OpenAPI description, for the twin's GitHub to validate against:
 *
 *   npm pack @octokit/openapi && tar xzf octokit-openapi-*.tgz
 *   node scripts/cut-github-api.mjs package/generated/api.github.com.json VERSION
 *   npx biome format --write local/github/api/slice.json
 *
 * Only what validates is kept: parameters, request bodies, bodies of good answers, and the schemas those refer to.
 */
import { readFileSync, writeFileSync } from 'node:fs';

const OPERATIONS = [
  'POST /app-manifests/{code}/conversions',
  'GET /app/hook/deliveries',
  'GET /app/hook/deliveries/{delivery_id}',
  'POST /app/hook/deliveries/{delivery_id}/attempts',
  'POST /app/installations/{installation_id}/access_tokens',
  'GET /orgs/{org}/installation',
  'GET /orgs/{org}/teams/{team_slug}/memberships/{username}',
  'GET /repos/{owner}/{repo}',
  'GET /repos/{owner}/{repo}/branches',
  'GET /repos/{owner}/{repo}/branches/{branch}',
  'POST /repos/{owner}/{repo}/check-runs',
  'GET /repos/{owner}/{repo}/check-runs/{check_run_id}',
  'PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}',
  'GET /repos/{owner}/{repo}/check-runs/{check_run_id}/annotations',
  'GET /repos/{owner}/{repo}/check-suites/{check_suite_id}',
  'GET /repos/{owner}/{repo}/collaborators/{username}/permission',
  'GET /repos/{owner}/{repo}/commits/{ref}',
  'GET /repos/{owner}/{repo}/commits/{ref}/check-runs',
  'GET /repos/{owner}/{repo}/commits/{ref}/check-suites',
  'GET /repos/{owner}/{repo}/commits/{ref}/status',
  'GET /repos/{owner}/{repo}/commits/{ref}/statuses',
  'GET /repos/{owner}/{repo}/compare/{basehead}',
  'GET /repos/{owner}/{repo}/deployments',
  'POST /repos/{owner}/{repo}/deployments',
  'GET /repos/{owner}/{repo}/deployments/{deployment_id}/statuses',
  'POST /repos/{owner}/{repo}/deployments/{deployment_id}/statuses',
  'POST /repos/{owner}/{repo}/git/commits',
  'GET /repos/{owner}/{repo}/git/commits/{commit_sha}',
  'GET /repos/{owner}/{repo}/git/ref/{ref}',
  'POST /repos/{owner}/{repo}/git/refs',
  'PATCH /repos/{owner}/{repo}/git/refs/{ref}',
  'POST /repos/{owner}/{repo}/git/trees',
  'GET /repos/{owner}/{repo}/installation',
  'GET /repos/{owner}/{repo}/issues/{issue_number}/comments',
  'POST /repos/{owner}/{repo}/issues/{issue_number}/comments',
  'PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}',
  'POST /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions',
  'GET /repos/{owner}/{repo}/pulls',
  'GET /repos/{owner}/{repo}/pulls/{pull_number}',
  'POST /repos/{owner}/{repo}/statuses/{sha}',
];

/** Words for people, and links between operations: nothing that validates. */
const LEFT_OUT = new Set([
  'description',
  'example',
  'examples',
  'title',
  'default',
  'deprecated',
  'externalDocs',
]);

/** `isNames`: the members are names of properties or schemas, and a property may be called `description`. */
function cut(value, isNames = false) {
  if (Array.isArray(value)) return value.map((one) => cut(one));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => isNames || !(LEFT_OUT.has(key) || key.startsWith('x-')))
      .map(([key, member]) => [
        key,
        key === '$ref' && !isNames
          ? member.replace('#/components/schemas/', '#/definitions/')
          : cut(member, !isNames && key === 'properties'),
      ]),
  );
}

const [file = '', version = ''] = process.argv.slice(2);
const whole = JSON.parse(readFileSync(file, 'utf8'));
const at = (ref) =>
  ref
    .slice(2)
    .split('/')
    .reduce((found, key) => found?.[key], whole);
const resolved = (one) => (one.$ref === undefined ? one : at(one.$ref));

function operation(name) {
  const [method, path] = name.split(' ');
  const { parameters = [], requestBody, responses } = whole.paths[path][method.toLowerCase()];
  const answers = Object.entries(responses).filter(([status]) => status.startsWith('2'));
  return {
    parameters: parameters.map(resolved).map(({ name, in: place, required = false, schema }) => ({
      name,
      in: place,
      required,
      schema: cut(schema),
    })),
    ...(requestBody && { body: cut(requestBody.content['application/json'].schema) }),
    answers: Object.fromEntries(
      answers.map(([status, answer]) => {
        const schema = resolved(answer).content?.['application/json']?.schema;
        return [status, schema === undefined ? null : cut(schema)];
      }),
    ),
  };
}

const operations = Object.fromEntries(OPERATIONS.map((name) => [name, operation(name)]));
const schemas = {};
/** Schemas that refer to others bring those along. */
function collect(value) {
  if (typeof value !== 'object' || value === null) return;
  const name = typeof value.$ref === 'string' ? value.$ref.split('/').at(-1) : undefined;
  if (name !== undefined && schemas[name] === undefined) {
    schemas[name] = cut(whole.components.schemas[name]);
    collect(schemas[name]);
  }
  for (const member of Object.values(value)) collect(member);
}
collect(operations);

const source = `@octokit/openapi ${version}, made from github/rest-api-description (MIT); cut by scripts/cut-github-api.mjs`;
const lines = (members) =>
  Object.entries(members)
    .map(([name, member]) => `    ${JSON.stringify(name)}: ${JSON.stringify(member)}`)
    .join(',\n');
writeFileSync(
  new URL('../local/github/api/slice.json', import.meta.url),
  `{\n  "source": ${JSON.stringify(source)},\n  "operations": {\n${lines(operations)}\n  },\n  "schemas": {\n${lines(schemas)}\n  }\n}\n`,
);
