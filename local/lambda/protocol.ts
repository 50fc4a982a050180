/** What a function's process (`runtime.mjs`) and the twin tell each other. */

/** Handed to a new process, as JSON, as its one argument. */
export interface Setup {
  /** File URL of the bundle. */
  readonly module: string;
  /** Name of the exported handler. */
  readonly export: string;
  /** Folder of compiled code: the second start of a bundle need not compile it again. */
  readonly compileCache: string;
}

/** One invocation. */
export interface InvokeMessage {
  readonly requestId: string;
  /** JSON text. */
  readonly payload: string;
  /** For `_X_AMZN_TRACE_ID`. */
  readonly traceHeader: string;
  readonly functionName: string;
  readonly functionArn: string;
  readonly memoryMb: number;
  readonly logStream: string;
  /** Milliseconds since 1970 when the invocation times out. */
  readonly deadline: number;
}

/** An error in the shape that Lambda's Node.js runtime answers. */
export interface ErrorDocument {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace: readonly string[];
}

/** From the process: it is loaded, can serve no more, or an invocation has ended. */
export type Answer =
  | { readonly kind: 'loaded' }
  | { readonly kind: 'broken'; readonly error: ErrorDocument }
  | { readonly kind: 'succeeded'; readonly requestId: string; readonly payload: string }
  | { readonly kind: 'failed'; readonly requestId: string; readonly error: ErrorDocument };
