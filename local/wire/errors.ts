/** The one error of the local AWS endpoints and how each AWS protocol spells it; thrown by services, written by the gateway. */
import { element } from './xml.ts';

/** How a service writes its errors: `json` (json-1.0, json-1.1, REST-JSON), `query` (STS) or `s3` (REST-XML). */
export type ErrorShape = 'json' | 'query' | 's3';

/** What an AwsError may carry besides its code, message and status. */
export interface AwsErrorDetails {
  /** Further members of the error document, for example S3's `Key`. */
  readonly members?: Readonly<Record<string, string>>;
  /** Further response headers. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer of AWS that is an error: `code` is the exception name clients switch on, `status` the HTTP status. */
export class AwsError extends Error {
  readonly code: string;
  readonly status: number;
  readonly details: AwsErrorDetails;

  constructor(code: string, message: string, status = 400, details: AwsErrorDetails = {}) {
    super(message);
    this.name = code;
    this.code = code;
    this.status = status;
    this.details = details;
  }
}

/** The refusal of an operation or parameter the twin does not serve: AWS would act on it, so it must not be ignored. */
export function notServed(service: string, what: string): AwsError {
  const code = service === 's3' ? 'NotImplemented' : 'UnknownOperationException';
  const status = service === 's3' ? 501 : 400;
  return new AwsError(code, `The local twin does not serve ${what} of the service "${service}".`, status);
}

/** The body and headers of an error in a service's protocol. */
export function renderError(shape: ErrorShape, error: AwsError, requestId: string) {
  const headers: Record<string, string> = { ...error.details.headers };
  const members = error.details.members ?? {};
  if (shape === 'json') {
    headers['content-type'] = 'application/x-amz-json-1.1';
    headers['x-amzn-errortype'] = error.code;
    const body = JSON.stringify({ __type: error.code, message: error.message, ...members });
    return { status: error.status, headers, body };
  }
  headers['content-type'] = shape === 's3' ? 'application/xml' : 'text/xml';
  const document = { Code: error.code, Message: error.message, ...members };
  const body =
    shape === 's3'
      ? element('Error', { ...document, RequestId: requestId })
      : element('ErrorResponse', { Error: { Type: 'Sender', ...document }, RequestId: requestId });
  return { status: error.status, headers, body };
}
