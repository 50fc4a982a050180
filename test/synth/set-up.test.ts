/** How people get to the set-up page, and what the function behind it may do, as deployed. */
import { expect, test } from '@jest/globals';
import { idleCost } from '../../core/cost/idle.ts';
import { synthesized, text } from '../support/assembly.ts';
import { synthesize } from '../support/synthesize.ts';

const entries = Object.entries(synthesized().Resources);
const ofType = (type: string) => entries.filter(([, { Type }]) => Type === type);
const idOfSecret = (name: string) =>
  ofType('AWS::SecretsManager::Secret').find(([, { Properties }]) => Properties.Name === name)?.[0];
const [functionId, setUp] =
  entries.find(([, { Properties }]) => Properties?.ImageConfig?.Command?.[0] === 'set-up.handler') ?? [];
const secret = (name: string) => `<${idOfSecret(`belay-pipeline/${name}`)}>`;

/** What the function's own role is allowed, by action. */
const statements = ofType('AWS::IAM::Policy')
  .filter(([, { Properties }]) =>
    Properties.Roles.some(
      (role: unknown) => text(role) === text(setUp?.Properties.Role).replace('.Arn>', '>'),
    ),
  )
  .flatMap(([, { Properties }]) => Properties.PolicyDocument.Statement);
const resourcesOf = (action: string) =>
  statements
    .filter(({ Action }) => [Action].flat().includes(action))
    .flatMap(({ Resource }) => [Resource].flat().map(text))
    .sort();

test('it reads its own secret, writes that and the two it fills, and does nothing else', () => {
  expect(resourcesOf('secretsmanager:GetSecretValue')).toEqual([secret('set-up')]);
  expect(resourcesOf('secretsmanager:PutSecretValue')).toEqual(
    [secret('set-up'), secret('github-token'), secret('webhook-secret')].sort(),
  );
  const actions = new Set(statements.flatMap(({ Action }) => [Action].flat() as string[]));
  const others = [...actions].filter((action) => !action.startsWith('xray:'));
  expect(others.sort()).toEqual([
    'kms:Decrypt',
    'kms:GenerateDataKey',
    'logs:CreateLogStream',
    'logs:PutLogEvents',
    'secretsmanager:GetSecretValue',
    'secretsmanager:PutSecretValue',
  ]);
});

test('its environment names those three', () => {
  const { SET_UP_SECRET, SET_UP_APP_SECRET, SET_UP_WEBHOOK_SECRET } =
    setUp?.Properties.Environment.Variables ?? {};
  expect([SET_UP_SECRET, SET_UP_APP_SECRET, SET_UP_WEBHOOK_SECRET].map(text)).toEqual([
    secret('set-up'),
    secret('github-token'),
    secret('webhook-secret'),
  ]);
});

test('the one-time code is made by CloudFormation, long and without what an address would have to escape', () => {
  const [, { Properties }] = entries.find(([id]) => id === idOfSecret('belay-pipeline/set-up')) ?? [
    '',
    {} as never,
  ];
  expect(Properties.GenerateSecretString).toEqual({ PasswordLength: 48, ExcludePunctuation: true });
  expect(Properties.KmsKeyId).toBeDefined();
});

test('the API has three routes, and two of them lead to the page', () => {
  const targets = new Map(
    ofType('AWS::ApiGatewayV2::Route').map(([, { Properties }]) => [
      Properties.RouteKey,
      text(Properties.Target),
    ]),
  );
  expect([...targets.keys()].sort()).toEqual(['GET /set-up', 'GET /set-up/done', 'POST /webhook']);
  const behind = (route: string) => {
    const id = targets.get(route)?.replace(/^integrations\/<|>$/g, '');
    const [, integration] = entries.find(([one]) => one === id) ?? [];
    return text(integration?.Properties.IntegrationUri);
  };
  expect([behind('GET /set-up'), behind('GET /set-up/done')]).toEqual([
    `<${functionId}.Arn>`,
    `<${functionId}.Arn>`,
  ]);
  expect(behind('POST /webhook')).not.toBe(`<${functionId}.Arn>`);
});

test('nobody but the API, on those routes, may call it', () => {
  const permissions = ofType('AWS::Lambda::Permission')
    .map(([, { Properties }]) => Properties)
    .filter(({ FunctionName }) => text(FunctionName) === `<${functionId}.Arn>`);
  expect(
    permissions.map(({ Principal, SourceArn }) => [Principal, text(SourceArn).split('/*/')[1]]).sort(),
  ).toEqual([
    ['apigateway.amazonaws.com', '*/set-up'],
    ['apigateway.amazonaws.com', '*/set-up/done'],
  ]);
});

test('once the App is made the stack can do without page, function and secret, and idles for less than two dollars a month', () => {
  const resources = synthesize({ github: { setUpPage: false } }).Resources;
  const left = Object.values(resources).map(({ Type, Properties }) => `${Type} ${Properties?.Name ?? ''}`);
  expect(left).not.toContain('AWS::SecretsManager::Secret belay-pipeline/set-up');
  expect(JSON.stringify(resources)).not.toContain('set-up');
  expect(idleCost({ Resources: resources }).usd).toBeLessThan(2);
});

test('with the page it is the one secret more, and there is a price for everything', () => {
  const { usd, lines, unknown } = idleCost({ Resources: Object.fromEntries(entries) });
  const page = lines.find(({ what }) => what.includes('set-up page'));
  expect(page?.usd).toBe(0.4);
  expect(usd - 0.4).toBeLessThan(2);
  expect(unknown).toEqual([]);
});
