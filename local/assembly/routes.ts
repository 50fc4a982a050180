/** Reads the routes of the HTTP APIs and the functions behind them. */
import { z } from 'zod';
import type { RouteDefinition } from './model.ts';
import type { Resolver } from './resolve.ts';
import { ignored, readAll, referenceTo } from './schema.ts';

const apiSchema = z.strictObject({
  Name: ignored,
  Description: ignored,
  ProtocolType: z.literal('HTTP'),
  DisableExecuteApiEndpoint: z.literal(false).optional(),
  Tags: ignored,
});
const stageSchema = z.strictObject({
  ApiId: z.string(),
  StageName: z.literal('$default', 'only the $default stage is served'),
  AutoDeploy: z.literal(true),
  AccessLogSettings: ignored,
  DefaultRouteSettings: ignored,
  RouteSettings: ignored,
  Tags: ignored,
});
const integrationSchema = z.strictObject({
  ApiId: z.string(),
  IntegrationType: z.literal('AWS_PROXY'),
  IntegrationUri: z.string(),
  PayloadFormatVersion: z.literal('2.0'),
  TimeoutInMillis: z.int().max(30_000).default(30_000),
});
const routeSchema = z.strictObject({
  ApiId: z.string(),
  RouteKey: z.string(),
  Target: z.string(),
  AuthorizationType: z.literal('NONE').optional(),
});

/** The routes. */
export function readRoutes(resolver: Resolver): RouteDefinition[] {
  readAll(resolver, { type: 'AWS::ApiGatewayV2::Api', schema: apiSchema }, () => undefined);
  readAll(resolver, { type: 'AWS::ApiGatewayV2::Stage', schema: stageSchema }, () => undefined);
  const integrations = new Map<string, z.output<typeof integrationSchema>>(
    readAll(
      resolver,
      { type: 'AWS::ApiGatewayV2::Integration', schema: integrationSchema },
      (properties, resource) => [`integrations/${referenceTo(resolver, resource)}`, properties] as const,
    ),
  );
  return readAll(
    resolver,
    { type: 'AWS::ApiGatewayV2::Route', schema: routeSchema },
    (properties, resource) => {
      const integration = integrations.get(properties.Target);
      if (integration === undefined) {
        throw new Error(`reading route "${resource.logicalId}": the template has no ${properties.Target}`);
      }
      return {
        key: properties.RouteKey,
        apiId: properties.ApiId,
        functionArn: integration.IntegrationUri,
        timeoutMs: integration.TimeoutInMillis,
      };
    },
  );
}
