/** STS for the gateway, in its form-encoded protocol: who am I, and sessions of other roles. */
import { AwsError, notServed } from '../errors.ts';
import { readBody } from '../json-service.ts';
import type { Principal, Principals } from '../principals.ts';
import type { Service, WireRequest, WireResponse } from '../service.ts';
import { element, type XmlMembers } from '../xml.ts';

const namespace = 'https://sts.amazonaws.com/doc/2011-06-15/';
const maxFormBytes = 256 * 1024;

/** Every principal of the twin is a role's session already, and a session made from a session lasts an hour at most. */
const maxChainedSeconds = 3600;
const minSeconds = 900;

/** Parameters of AssumeRole that are lists: `Tags.member.1.Key`. */
const listParameters = ['Tags', 'TransitiveTagKeys'];
const assumeRoleParameters = [
  'Action',
  'Version',
  'RoleArn',
  'RoleSessionName',
  'DurationSeconds',
  'Policy',
  'SourceIdentity',
  'ExternalId',
];

function xml(operation: string, result: XmlMembers, requestId: string): WireResponse {
  const members = { [`${operation}Result`]: result, ResponseMetadata: { RequestId: requestId } };
  const body = element(`${operation}Response`, members, namespace);
  return { status: 200, headers: { 'content-type': 'text/xml' }, body };
}

function roleId(principal: Principal): string {
  return `AROALOCALTWIN:${principal.sessionName}`;
}

function getCallerIdentity({ principal, id }: WireRequest): WireResponse {
  const result = { Arn: principal.arn, UserId: roleId(principal), Account: principal.accountId };
  return xml('GetCallerIdentity', result, id);
}

function invalid(message: string): AwsError {
  return new AwsError('ValidationError', message);
}

/** The members of a list parameter in their order: `X.member.1`, or one field of each, `X.member.1.Key`. */
function members(form: URLSearchParams, list: string, field?: string): string[] {
  const found: string[] = [];
  for (let index = 1; ; index++) {
    const value = form.get(`${list}.member.${index}${field === undefined ? '' : `.${field}`}`);
    if (value === null) return found;
    found.push(value);
  }
}

function sessionTags(form: URLSearchParams, caller: Principal) {
  const keys = members(form, 'Tags', 'Key');
  const values = members(form, 'Tags', 'Value');
  const transitive = members(form, 'TransitiveTagKeys');
  const inherited = caller.transitiveTags.map((key): [string, string] => [key, caller.tags[key] ?? '']);
  for (const key of keys) {
    if (!caller.transitiveTags.includes(key)) continue;
    throw invalid(`The tag ${key} is transitive in the calling session and cannot be set again.`);
  }
  const own = keys.map((key, index): [string, string] => [key, values[index] ?? '']);
  return {
    tags: Object.fromEntries([...inherited, ...own]),
    transitiveTags: [...caller.transitiveTags, ...transitive],
  };
}

/** The session name STS accepts: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
const sessionNamePattern = /^[\w+=,.@-]{2,64}$/;
const roleArnPattern = /^arn:aws[\w-]*:iam::\d{12}:role\/.+$/;

function assumeRole(request: WireRequest, form: URLSearchParams, principals: Principals): WireResponse {
  for (const name of form.keys()) {
    const isList = listParameters.some((list) => name.startsWith(`${list}.member.`));
    if (!isList && !assumeRoleParameters.includes(name))
      throw notServed('sts', `the parameter "${name}" of AssumeRole`);
  }
  const roleArn = form.get('RoleArn') ?? '';
  const sessionName = form.get('RoleSessionName') ?? '';
  const durationSeconds = Number(form.get('DurationSeconds') ?? maxChainedSeconds);
  if (!roleArnPattern.test(roleArn)) throw invalid(`${roleArn} is invalid: it is not the ARN of a role.`);
  if (!sessionNamePattern.test(sessionName))
    throw invalid(`The RoleSessionName "${sessionName}" is invalid.`);
  if (!(durationSeconds >= minSeconds)) throw invalid(`DurationSeconds must be at least ${minSeconds}.`);
  if (durationSeconds > maxChainedSeconds) {
    const message =
      'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining';
    throw invalid(message);
  }
  const { tags, transitiveTags } = sessionTags(form, request.principal);
  const externalId = form.get('ExternalId');
  const conditions: Record<string, string> = externalId === null ? {} : { 'sts:ExternalId': externalId };
  for (const [key, value] of Object.entries(tags)) conditions[`aws:RequestTag/${key}`] = value;
  request.authorize({ action: 'sts:AssumeRole', resource: roleArn, conditions });
  if (Object.keys(tags).length > 0)
    request.authorize({ action: 'sts:TagSession', resource: roleArn, conditions });
  const policy = form.get('Policy');
  const sourceIdentity = form.get('SourceIdentity') ?? request.principal.sourceIdentity;
  const session = principals.openSession(roleArn, {
    sessionName,
    durationSeconds,
    tags,
    transitiveTags,
    sessionPolicies: policy === null ? [] : [policy],
    ...(sourceIdentity === undefined ? {} : { sourceIdentity }),
  });
  const { accessKeyId, secretAccessKey, sessionToken, expiresAt } = session.credentials;
  const result = {
    Credentials: {
      AccessKeyId: accessKeyId,
      SecretAccessKey: secretAccessKey,
      SessionToken: sessionToken,
      Expiration: new Date(expiresAt).toISOString(),
    },
    AssumedRoleUser: { AssumedRoleId: roleId(session), Arn: session.arn },
    SourceIdentity: sourceIdentity,
  };
  return xml('AssumeRole', result, request.id);
}

/** STS over the twin's principals. */
export function stsService(principals: Principals): Service {
  return {
    name: 'sts',
    errors: 'query',
    async handle(request) {
      const form = new URLSearchParams((await readBody(request.body, maxFormBytes)).toString('utf8'));
      const action = form.get('Action') ?? '';
      if (action === 'GetCallerIdentity') return getCallerIdentity(request);
      if (action === 'AssumeRole') return assumeRole(request, form, principals);
      throw notServed('sts', `the operation "${action}"`);
    },
  };
}
