/** The interface between the gateway and an AWS service it serves; every endpoint of the twin implements Service. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type { ErrorShape } from './errors.ts';
import type { Principal } from './principals.ts';

/** What a request is about to do, in IAM's words. */
export interface Permission {
  /** IAM action, for example `sqs:SendMessage`. */
  readonly action: string;
  /** ARN the action is done to; undefined for actions without a resource. */
  readonly resource?: string | undefined;
  /** Condition keys of this request, for example `s3:prefix`. */
  readonly conditions?: Readonly<Record<string, string>>;
}

/**
 * IAM evaluation, put in by the twin: undefined allows, a text refuses and is the reason ("no identity-based policy
 * allows …"). Synchronous, so that nothing can happen between the decision and the act.
 */
export type Authorize = (question: Permission & { readonly principal: Principal }) => string | undefined;

/** A question that was decided; `refusal` is undefined where it was allowed. */
export interface Decided extends Permission {
  readonly principal: Principal;
  readonly refusal: string | undefined;
}

/** One authenticated request. */
export interface WireRequest {
  /** Unique; goes back as the request id header. */
  readonly id: string;
  readonly method: string;
  /** Path as it was sent, still percent-encoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** The operation in X-Amz-Target; empty for services told apart by path or form. */
  readonly operation: string;
  readonly principal: Principal;
  /** Region the client signed for. */
  readonly region: string;
  /** The raw body; may be read once. */
  readonly body: Readable;
  /** Fires when the caller hangs up or the gateway closes: long polls end then. */
  readonly signal: AbortSignal;
  /** Throws the service's AccessDenied error unless the caller may do this. */
  authorize(permission: Permission): void;
}

/** What goes back; a stream is piped and destroyed when the caller hangs up. */
export interface WireResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer | Readable;
}

/** An AWS service: found by the prefix of X-Amz-Target or else by the signing name in the credential scope. */
export interface Service {
  /** Signing name, which is also the prefix of IAM actions: `s3`, `sqs`, `states`, `events`, `batch`, `lambda`. */
  readonly name: string;
  /** What stands before the dot in X-Amz-Target: `AmazonSQS`, `AWSStepFunctions`. */
  readonly target?: string;
  readonly errors: ErrorShape;
  /** Answers one request; throws AwsError for AWS's own errors, anything else becomes a 500 InternalFailure. */
  handle(request: WireRequest): Promise<WireResponse>;
}
