/** How people get to the set-up page, and what the function behind it may do, as deployed. */
import { expect, test } from '@jest/globals';
import { idleCost } from '../../core/cost/idle.ts';
import { synthesized, text } from '../support/assembly.ts';

const { Resources, Outputs } = synthesized();
const entries = Object.entries(Resources);
const ofType = (type: string) => entries.filter(([, { Type }]) => Type === type);
const idOfSecret = (name: string) =>
  ofType('AWS::SecretsManager::Secret').find(([, { Properties }]) => Properties.Name === name)?.[0];
const [functionId, setUp] =
  entries.find(([, { Properties }]) => Properties?.ImageConfig?.Command?.[0] === 'set-up.handler') ?? [];
const secret = (name: string) => `<${idOfSecret(`belay-pipeline/${name}`)}>`;

/** What the function's own role is allowed. */
const statements = ofType('AWS::IAM::Policy')
  .filter(([, { Properties }]) =>
    Properties.Roles.some(
      (role: unknown) => text(role) === text(setUp?.Properties.Role).replace('.Arn>', '>'),
    ),
  )
  .flatMap(([, { Properties }]) => Properties.PolicyDocument.Statement);
const [[tableId, table] = []] = ofType('AWS::DynamoDB::Table');

test('it has its own item of the ledger, writes the two secrets it fills, and does nothing else', () => {
  const granted = (service: string) =>
    statements
      .filter(({ Action }) => [Action].flat().some((action: string) => action.startsWith(`${service}:`)))
      .map(({ Effect, Action, Resource, Condition }) => {
        const resources = [Resource].flat().map(text).sort();
        return { Effect, actions: [Action].flat(), resources, Condition };
      });
  expect(granted('dynamodb')).toEqual([
    {
      Effect: 'Allow',
      actions: ['dynamodb:GetItem', 'dynamodb:PutItem'],
      resources: [`<${tableId}.Arn>`],
      Condition: { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': ['set-up'] } },
    },
  ]);
  expect(granted('secretsmanager')).toEqual([
    {
      Effect: 'Allow',
      actions: ['secretsmanager:PutSecretValue'],
      resources: [secret('github-token'), secret('webhook-secret')].sort(),
      Condition: undefined,
    },
  ]);
  const services = statements.flatMap(({ Action }) => [Action].flat()).map((one) => one.split(':')[0]);
  expect([...new Set(services)].sort()).toEqual(['dynamodb', 'kms', 'logs', 'secretsmanager', 'xray']);
  const kms = granted('kms').flatMap(({ actions }) => actions);
  expect([...new Set(kms)].sort()).toEqual(['kms:Decrypt', 'kms:GenerateDataKey']);
});

test('its environment names the ledger and those two', () => {
  const { LEDGER_TABLE, SET_UP_APP_SECRET, SET_UP_WEBHOOK_SECRET } =
    setUp?.Properties.Environment.Variables ?? {};
  expect([LEDGER_TABLE, SET_UP_APP_SECRET, SET_UP_WEBHOOK_SECRET].map(text)).toEqual([
    `<${tableId}>`,
    secret('github-token'),
    secret('webhook-secret'),
  ]);
  expect(table?.Properties.TimeToLiveSpecification).toEqual({ AttributeName: 'expiresAt', Enabled: true });
});

test('the output is the command that opens the page, whole', () => {
  const api = `<${ofType('AWS::ApiGatewayV2::Api')[0]?.[0]}.ApiEndpoint>`;
  expect(text(Outputs.OpenSetUp?.Value)).toBe(
    `aws lambda invoke --function-name <${functionId}> --cli-binary-format raw-in-base64-out --payload '{"open":"${api}/set-up"}' /dev/stdout`,
  );
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

test('the stack idles for less than two dollars a month with the page, and there is a price for everything', () => {
  const { usd, unknown } = idleCost({ Resources });
  expect(usd).toBeCloseTo(1.92, 2);
  expect(unknown).toEqual([]);
});
