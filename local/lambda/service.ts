/** Lambda's endpoint: Invoke, for jobs and functions that call functions with the SDK. */
import { arnOf, type Place } from '../assembly/resource.ts';
import { notServed } from '../wire/errors.ts';
import { readBody } from '../wire/json-service.ts';
import type { Service } from '../wire/service.ts';
import type { Functions } from './functions.ts';

const invokePath = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/;

/** https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html; synchronous invocations only. */
export function lambdaService(functions: Functions, place: Place): Service {
  return {
    name: 'lambda',
    errors: 'json',
    async handle(request) {
      const [, encoded] = invokePath.exec(request.path) ?? [];
      if (request.method !== 'POST' || encoded === undefined) {
        throw notServed('lambda', `"${request.method} ${request.path}"`);
      }
      const type = request.headers['x-amz-invocation-type'] ?? 'RequestResponse';
      if (type !== 'RequestResponse') throw notServed('lambda', `the invocation type "${String(type)}"`);
      if (request.query.size > 0) throw notServed('lambda', 'a version or alias (Qualifier)');
      const name = decodeURIComponent(encoded);
      const resource = name.startsWith('arn:') ? name : arnOf(place, 'lambda', `function:${name}`);
      request.authorize({ action: 'lambda:InvokeFunction', resource });
      const body = (await readBody(request.body)).toString('utf8');
      const { payload, failed } = await functions.invoke(name, body === '' ? '{}' : body);
      return {
        status: 200,
        headers: {
          'content-type': 'application/json',
          'x-amz-executed-version': '$LATEST',
          ...(failed ? { 'x-amz-function-error': 'Unhandled' } : {}),
        },
        body: payload,
      };
    },
  };
}
